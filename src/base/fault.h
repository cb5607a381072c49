// Fault injection. Every write, fsync, rename, unlink and larger allocation asks here first;
// a test installs a function that decides which of them fails, and how. NULL in production.
#pragma once

#include <stdbool.h>

enum scrim_fault_op {
    SCRIM_FAULT_ALLOC,
    SCRIM_FAULT_OPEN,
    SCRIM_FAULT_WRITE,
    SCRIM_FAULT_FSYNC,
    SCRIM_FAULT_RENAME,
    SCRIM_FAULT_UNLINK,
};

// Returns 0 to let the operation happen, or the errno it shall fail with.
typedef int (*scrim_fault_fn)(void *context, enum scrim_fault_op op, const char *what);

void scrim_fault_set(scrim_fault_fn decide, void *context);

// True, with errno set, if the operation shall fail now. `what` is a path or NULL.
bool scrim_fault(enum scrim_fault_op op, const char *what);
