/* Regions as SimGrid clusters.
 *
 *     host --h_i--+                         +--h_j-- host        h: half the latency inside
 *                 +== L_ij - h_i - h_j ===>+
 *     host --h_i--+   FATPIPE, one per way  +--h_j-- host
 *
 * Each host has an up and a down link of its own; inside a region two hosts are 2 h_i apart, which
 * is the diagonal of the matrix, and between regions exactly L_ij. Half nanoseconds are written
 * out, so every sum is exact to the nanosecond. A region whose inside would be slower than its way
 * out gets smaller halves: the way between regions is kept, the inside is then faster than asked.
 */
#include "model/platform/platform.h"

#include <assert.h>

static uint64_t latency(const struct ox_regions *regions, uint32_t from, uint32_t to) {
    return regions->latency_ns[(size_t)from * regions->count + to];
}

/* Twice h_i, in nanoseconds: at most every latency of the region, in either direction. */
static uint64_t inside(const struct ox_regions *regions, uint32_t region, uint32_t used) {
    uint64_t twice = latency(regions, region, region);
    for (uint32_t other = 0; other < used; other++) {
        if (other == region)
            continue;
        twice = MIN(twice, latency(regions, region, other));
        twice = MIN(twice, latency(regions, other, region));
    }
    return twice;
}

static void append_seconds(GString *xml, uint64_t half_ns) {
    uint64_t half_seconds = 2 * OX_SECOND_NS;
    g_string_append_printf(xml, "%" G_GUINT64_FORMAT ".%010" G_GUINT64_FORMAT "s",
                           half_ns / half_seconds, half_ns % half_seconds * 5);
}

/* Bytes per second in full precision, with a point whatever the locale. */
static void append_bandwidth(GString *xml, double bandwidth) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    assert(bandwidth > 0);
    g_string_append_printf(xml, "%sBps", g_ascii_dtostr(text, sizeof text, bandwidth));
}

static void append_cluster(GString *xml, const struct ox_regions *regions, uint32_t region,
                           uint32_t hosts, uint64_t twice) {
    g_string_append_printf(xml,
                           "<cluster id=\"r%u\" prefix=\"r%u-\" suffix=\"\" radical=\"0-%u\""
                           " speed=\"1Gf\" bw=\"",
                           region, region, hosts - 1);
    append_bandwidth(xml, regions->host_bandwidth);
    g_string_append(xml, "\" lat=\"");
    append_seconds(xml, twice);
    g_string_append_printf(xml, "\" router_id=\"r%u.gw\"/>\n", region);
}

static void append_link(GString *xml, const struct ox_regions *regions, uint32_t from, uint32_t to,
                        uint64_t half_ns) {
    g_string_append_printf(xml, "<link id=\"l%u-%u\" bandwidth=\"", from, to);
    append_bandwidth(xml, regions->region_bandwidth);
    g_string_append(xml, "\" latency=\"");
    append_seconds(xml, half_ns);
    g_string_append(xml, "\" sharing_policy=\"FATPIPE\"/>\n");
}

static void append_route(GString *xml, uint32_t from, uint32_t to) {
    g_string_append_printf(xml,
                           "<zoneRoute src=\"r%u\" dst=\"r%u\" gw_src=\"r%u.gw\" gw_dst=\"r%u.gw\""
                           " symmetrical=\"NO\"><link_ctn id=\"l%u-%u\"/></zoneRoute>\n",
                           from, to, from, to, from, to);
}

/* SimGrid wants all links before the first route. */
static void append_ways(GString *xml, const struct ox_regions *regions, uint32_t used,
                        const uint64_t *twice) {
    for (uint32_t i = 0; i < used; i++) {
        for (uint32_t j = 0; j < used; j++) {
            if (i != j)
                append_link(xml, regions, i, j, 2 * latency(regions, i, j) - twice[i] - twice[j]);
        }
    }
    for (uint32_t i = 0; i < used; i++) {
        for (uint32_t j = 0; j < used; j++) {
            if (i != j)
                append_route(xml, i, j);
        }
    }
}

void ox_platform_of_regions(const struct ox_regions *regions, uint32_t nodes, GString *xml) {
    assert(regions->count >= 1 && nodes >= 1);
    uint32_t used = MIN(regions->count, nodes); /* the others hold no node */
    uint64_t *twice = g_new(uint64_t, used);
    g_string_append(xml, "<?xml version='1.0'?>\n"
                         "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
                         "<platform version=\"4.1\"><zone id=\"oxbow\" routing=\"Full\">\n"
                         "<zone id=\"oxbow-control\" routing=\"None\">"
                         "<host id=\"oxbow-control\" speed=\"1Gf\"/></zone>\n");
    for (uint32_t i = 0; i < used; i++) {
        twice[i] = inside(regions, i, used);
        uint32_t hosts = nodes / regions->count + (i < nodes % regions->count);
        append_cluster(xml, regions, i, hosts, twice[i]);
    }
    append_ways(xml, regions, used, twice);
    g_string_append(xml, "</zone></platform>\n");
    g_free(twice);
}
