#include "base/alloc.h"

#include "base/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic(scrim_fault_fn) fault_decide;
static _Atomic(void *) fault_context;

void scrim_fault_set(scrim_fault_fn decide, void *context)
{
    atomic_store(&fault_context, context);
    atomic_store(&fault_decide, decide);
}

bool scrim_fault(enum scrim_fault_op op, const char *what)
{
    const scrim_fault_fn decide = atomic_load(&fault_decide);
    const int wanted = decide ? decide(atomic_load(&fault_context), op, what) : 0;
    if (wanted != 0)
        errno = wanted;
    return wanted != 0;
}

void *scrim_alloc(size_t size)
{
    return scrim_fault(SCRIM_FAULT_ALLOC, NULL) ? NULL : malloc(size ? size : 1);
}

void *scrim_alloc_zero(size_t count, size_t size)
{
    return scrim_fault(SCRIM_FAULT_ALLOC, NULL) ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *scrim_realloc(void *old, size_t size)
{
    return scrim_fault(SCRIM_FAULT_ALLOC, NULL) ? NULL : realloc(old, size ? size : 1);
}

void *scrim_new_bytes(size_t size)
{
    void *block = calloc(1, size ? size : 1);
    if (!block)
        abort();
    return block;
}

char *scrim_strdup(const char *text)
{
    if (!text)
        return NULL;
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

void scrim_free_pointer(void *pointer_to_pointer)
{
    void *block;
    memcpy(&block, pointer_to_pointer, sizeof block);
    free(block);
}

void scrim_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
