/* profiles.h - the files that a SimGrid platform names in turn. */
#ifndef OXBOW_SCENARIOS_FILE_PROFILES_H
#define OXBOW_SCENARIOS_FILE_PROFILES_H

#include <glib.h>

/* The names in a platform's XML of its profiles (what a host or link does when: `state_file`,
 * `bandwidth_file`, ..., and `file` of a trace), each once, in order of first mention; comments say
 * nothing. To be freed by g_ptr_array_unref. */
GPtrArray *ox_profiles_of(const char *xml, gsize size);

#endif
