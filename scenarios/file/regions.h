/* regions.h - networks of regions: measured ones from a CSV file, generated ones from a seed.
 *
 * A measured matrix is a text file:
 *
 *     # round trip times between AWS regions, ms; source ...
 *     rtt_ms,    eu-west-1, us-west-1
 *     eu-west-1,     0.154,   135.900
 *     us-west-1,   135.902,     0.143
 *
 * The first line that is not blank or a comment (#) names the regions, after the word rtt_ms; then
 * comes one row for each region, in the same order: round trip times in ms, above 0, from the
 * region of the row to that of the column. A SimGrid latency is one-way: half of that. The matrix
 * is complete and need not be symmetric. Names begin with a letter.
 *
 * Generated regions are points on a plane, spread by best-candidate sampling (Mitchell, "Spectrally
 * optimal sampling for distribution ray tracing", SIGGRAPH 1991), so that no two fall together;
 * latency is distance, scaled so that the two farthest regions are `across` apart. Same arguments,
 * same latencies, everywhere.
 */
#ifndef OXBOW_SCENARIOS_FILE_REGIONS_H
#define OXBOW_SCENARIOS_FILE_REGIONS_H

#include "model/world.h"
#include "scenarios/file/errors.h"

#define OX_REGIONS_MAX 5000u

/* Reads the text of a matrix file. True with names and latencies in `regions` (bandwidths are left
 * alone); false after adding errors with the file's own lines. */
bool ox_regions_read(const char *file, const char *text, size_t size, struct ox_regions *regions,
                     struct ox_errors *errors);
/* `count` regions r1, r2, ...; `inside_ns` within a region. */
void ox_regions_generate(uint32_t count, uint64_t inside_ns, uint64_t across_ns, uint64_t seed,
                         struct ox_regions *regions);
/* The index of a name, or UINT32_MAX. */
uint32_t ox_regions_named(const struct ox_regions *regions, const char *name);
void ox_regions_clear(struct ox_regions *regions);

#endif
