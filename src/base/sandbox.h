// Giving up rights for good: no core dumps, Landlock for files, seccomp for system calls, rlimits.
// A program opens what it needs first and then locks itself in; nothing here can be undone.
#pragma once

#include "base/error.h"

#include <stdint.h>

// No core dump, not readable by ptrace of the same user, no new privileges. Always the first call.
SCRIM_MUST_CHECK int scrim_sandbox_begin(struct scrim_error *error);

enum scrim_sandbox_right {
    SCRIM_MAY_READ = 1,    // open files for reading, list directories
    SCRIM_MAY_APPEND = 2,  // open existing files for writing (not reading)
    SCRIM_MAY_CREATE = 4,  // create files and directories
    SCRIM_MAY_REMOVE = 8,  // unlink, rmdir, rename away
};

struct scrim_sandbox_path {
    const char *path;
    unsigned rights; // of enum scrim_sandbox_right, for everything below `path`
};

// From here on the process reaches only these paths. On a kernel without Landlock it returns
// SCRIM_EUNSUPPORTED and changes nothing; the program says so aloud and goes on.
SCRIM_MUST_CHECK int scrim_sandbox_files(const struct scrim_sandbox_path *paths, size_t count,
                                         struct scrim_error *error);

// From here on any system call outside `names` (NULL-terminated, libseccomp names) kills the
// process. Names this kernel does not know are skipped. Applies to all threads.
SCRIM_MUST_CHECK int scrim_sandbox_calls(const char *const *names, struct scrim_error *error);

// From here on the named calls return EPERM and all others stay: for programs whose libraries use
// too many calls to list. Stacks with scrim_sandbox_calls.
SCRIM_MUST_CHECK int scrim_sandbox_deny(const char *const *names, struct scrim_error *error);

// The calls that every C program with threads makes: memory, futex, clocks, signals, read, write,
// close, poll, exit. A list to put before a program's own in scrim_sandbox_calls2.
SCRIM_MUST_CHECK int scrim_sandbox_calls2(const char *const *base, const char *const *more,
                                          struct scrim_error *error);
extern const char *const scrim_sandbox_base_calls[];
