// Memory. Small fixed allocations abort when there is none (scrim_new): nothing sensible could
// follow. Anything sized by the network, a file or a frame uses scrim_alloc or a scrim_buf and
// handles the error. Tests make scrim_alloc fail through scrim_fault_set (fault.h).
#pragma once

#include <stddef.h>

void *scrim_alloc(size_t size); // uninitialised; NULL without memory
void *scrim_alloc_zero(size_t count, size_t size);
void *scrim_realloc(void *old, size_t size); // the old block stays valid on NULL
void *scrim_new_bytes(size_t size);          // zeroed, never NULL
char *scrim_strdup(const char *text);        // never NULL; NULL in gives NULL out

#define scrim_new(type) ((type *)scrim_new_bytes(sizeof(type)))
#define scrim_new_array(count, type) ((type *)scrim_new_bytes((count) * sizeof(type)))

// Frees a local when it leaves scope: SCRIM_AUTO(free_pointer) char *text = …;
#define SCRIM_AUTO(release) __attribute__((cleanup(release)))
void scrim_free_pointer(void *pointer_to_pointer); // for malloc'd locals
void scrim_close_fd(int *fd);                      // for descriptors; -1 is fine
