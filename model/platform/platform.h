/* platform.h - from a network's description to SimGrid hosts.
 *
 *     regions (names, latencies)  --->  XML of clusters  --+
 *                                                          +--> SimGrid --> a host per node, and
 *     the user's own XML  --------->  the same, wrapped  --+                one more: control
 *
 * The control host is in a zone of its own, which nothing routes to: the actor that wakes at every
 * alarm lives there, so no fault of the scenario or profile of the user's platform reaches it.
 */
#ifndef OXBOW_MODEL_PLATFORM_PLATFORM_H
#define OXBOW_MODEL_PLATFORM_PLATFORM_H

#include "model/world.h"

#include <simgrid/host.h>

struct ox_platform {
    sg_host_t *hosts; /* [nodes], owned array; node i runs on hosts[i] */
    sg_host_t control;
};

/* Starts SimGrid and loads the network's platform: once per process. False with `error` (code 65)
 * when the user's file cannot be read or has too few hosts. What SimGrid itself refuses ends the
 * process: probe first. */
bool ox_platform_load(const struct ox_network *network, struct ox_platform *platform,
                      GError **error);
void ox_platform_clear(struct ox_platform *platform);

/* ---- the parts, for tests ---- */
/* The XML of a network of regions. */
void ox_platform_of_regions(const struct ox_regions *regions, uint32_t nodes, GString *xml);
/* The user's XML with its outermost zone put beside the control zone, on the same lines as before.
 * Text in which no outermost zone is found is left as it is: SimGrid says better what is wrong. */
void ox_platform_wrap(const char *text, GString *xml);
/* "n2" before "n10": runs of digits compare as numbers. */
int ox_natural_compare(const char *a, const char *b);

#endif
