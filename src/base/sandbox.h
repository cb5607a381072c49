// Giving up rights for good: no core dumps, Landlock for files, seccomp for system calls.
// A program opens what it needs first and then locks itself in; nothing here can be undone.
// Call all of it before the first thread starts: Landlock binds the caller and what it creates
// later.
#pragma once

#include "base/error.h"

#include <stdint.h>

// No core dump, not readable by ptrace of the same user, no new privileges. Always the first call.
SCRIM_MUST_CHECK int scrim_sandbox_begin(struct scrim_error *error);

// Keeps what the process has in memory, now and later, out of swap. False if that is not allowed
// (LimitMEMLOCK).
SCRIM_MUST_CHECK bool scrim_sandbox_lock_memory(void);

// At most `more_memory` bytes of address space beyond what is mapped now, so many descriptors, and
// no process or thread besides those that are there.
SCRIM_MUST_CHECK int scrim_sandbox_limits(uint64_t more_memory, unsigned descriptors,
                                          struct scrim_error *error);

// Leaves the network, the mounts, and every name of this machine behind: namespaces of its own with
// an empty root that cannot be written to, and no capability over anything outside. What is open
// stays usable; children would be numbered afresh. SCRIM_EUNSUPPORTED, and a sentence, where that
// is not permitted: nothing is changed then.
SCRIM_MUST_CHECK int scrim_sandbox_isolate(struct scrim_error *error);

enum scrim_sandbox_right {
    SCRIM_MAY_READ = 1,   // open files for reading, list directories
    SCRIM_MAY_APPEND = 2, // open existing files for writing (not reading)
    SCRIM_MAY_CREATE = 4, // create files and directories
    SCRIM_MAY_REMOVE = 8, // unlink, rmdir, rename away
    SCRIM_MAY_LIST = 16,  // list and flush directories, but read no file
};

struct scrim_sandbox_path {
    const char *path;
    unsigned rights; // of enum scrim_sandbox_right, for everything below `path`
};

// From here on the process opens only what lies below these paths, and executes nothing. A path
// that does not exist is an error. On a kernel without Landlock it returns SCRIM_EUNSUPPORTED and
// changes nothing; the program says so aloud and goes on.
SCRIM_MUST_CHECK int scrim_sandbox_files(const struct scrim_sandbox_path *paths, size_t count,
                                         struct scrim_error *error);

// From here on only the calls that work on memory, time, signals and descriptors already open, plus
// `more` (NULL-terminated libseccomp names; NULL for none), are possible; any other kills the
// process. No call of the base set opens, connects, names whom it sends to, signals anybody else,
// creates a process or reaches another one, and no memory becomes code.
SCRIM_MUST_CHECK int scrim_sandbox_calls(const char *const *more, struct scrim_error *error);

// From here on no process can be started (threads can) and the named calls (NULL-terminated) fail
// with EPERM; all others stay. For programs
// whose libraries use too many calls to list. Stacks with scrim_sandbox_calls.
SCRIM_MUST_CHECK int scrim_sandbox_deny(const char *const *names, struct scrim_error *error);

// Like scrim_sandbox_deny, but processes may be started.
SCRIM_MUST_CHECK int scrim_sandbox_forbid(const char *const *names, struct scrim_error *error);

// From here on a socket can only be one of this machine (AF_UNIX); what is open stays usable.
SCRIM_MUST_CHECK int scrim_sandbox_no_network(struct scrim_error *error);

// What no program of ours needs once it runs: starting programs, looking into others, mounting,
// modules, clocks, keyrings. For scrim_sandbox_deny.
extern const char *const scrim_sandbox_never[];
