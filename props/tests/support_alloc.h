/* support_alloc.h - allocations that fail, and how much is allocated.
 *
 * For tests that are linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
 * (props/tests/CMakeLists.txt): the libraries' calls come here first. In others nothing is counted
 * and alloc_wrapped() is false.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_ALLOC_H
#define OXBOW_PROPS_TESTS_SUPPORT_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

bool alloc_wrapped(void);
/* `left` more allocations succeed, then all fail; UINT64_MAX: none fails. */
void alloc_fail_after(uint64_t left);
uint64_t alloc_left(void);
/* Since the last call of alloc_count_from_zero: calls, and bytes asked for in all. */
void alloc_count_from_zero(void);
uint64_t alloc_calls(void);
uint64_t alloc_bytes(void);

#endif
