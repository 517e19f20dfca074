/* units.h - numbers with units, read and printed.
 *
 * Units are written out: 30s, 512B, 1.5Gbps, 0.5%, 20/s. Only zero needs none. Everything that is
 * not exactly a number of the kind asked for is refused with a sentence that says what would be
 * right; nothing is negative, nothing overflows.
 *
 *     kind       units                        value
 *     count      -                            a whole number
 *     number     -                            a number
 *     duration   ns us ms s min h             nanoseconds
 *     size       B KB MB GB (1000) KiB MiB GiB (1024)   bytes
 *     bandwidth  kbps Mbps Gbps (bits, 1000)  bytes per second
 *     share      %, or a number up to 1       0..1
 *     rate       /s /min /h                   per second
 */
#ifndef OXBOW_SCENARIOS_FILE_UNITS_H
#define OXBOW_SCENARIOS_FILE_UNITS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Longest duration that is taken: about 31 years. */
#define OX_DURATION_MAX_NS UINT64_C(1000000000000000000)

/* Each of them: true with the value; false with `wrong`, a sentence to be freed. */
bool ox_read_count(const char *text, uint64_t *value, char **wrong);
bool ox_read_number(const char *text, double *value, char **wrong);
bool ox_read_duration(const char *text, uint64_t *ns, char **wrong);
bool ox_read_size(const char *text, double *bytes, char **wrong);
bool ox_read_bandwidth(const char *text, double *bytes_per_second, char **wrong);
bool ox_read_share(const char *text, double *share, char **wrong);
bool ox_read_rate(const char *text, double *per_second, char **wrong);

/* The shortest decimal that reads back as the same double; "inf" for infinity. To be freed. */
char *ox_print_number(double value);
/* As a scenario file would have it ("180s", "1.5s", "250ms"); reads back as the same. */
char *ox_print_duration(uint64_t ns);
char *ox_print_share(double share); /* "0.5%" */
char *ox_print_bandwidth(double bytes_per_second);

#endif
