// A disk that forgets, in memory: what the code under test asks of the file system below one
// directory is carried out and noted, and from the notes any state is made that a kill or a power
// cut at any of these operations may leave.
//
// The weakest reading of POSIX: bytes and size of a file are durable after fsync of that file or
// syncfs, a name after fsync of its directory or syncfs; rename is atomic, but pending like the
// rest; what is pending may be there or not, name by name and 512 bytes by 512 bytes. DIR/bay… are
// file systems of their own, as mounted disks are.
//
// A test that uses it is linked with -Wl,--wrap for the calls in power_log.c. Flushes are noted and
// not carried out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct power_log;

// From here on, everything below `root` is watched; what is there is durable. One at a time.
struct power_log *power_begin(const char *root);
void power_end(struct power_log *log); // watches no longer
// Operations from `at` on never happened.
void power_forget(struct power_log *log, size_t at);
// Watches again, what power_make made of the last operation with POWER_KILL: nothing that was
// pending has become durable in between.
void power_continue(struct power_log *log, const char *root);
void power_destroy(struct power_log *log);

size_t power_count(struct power_log *log); // operations so far
// Operation `at`: when it was, by scrim_clock_utc_us, and what.
int64_t power_time(const struct power_log *log, size_t at);
const char *power_text(const struct power_log *log, size_t at);

enum power_loss {
    POWER_KILL,   // the process died: all is there, of a write in progress a part
    POWER_LOST,   // nothing but what is durable
    POWER_SIZES,  // all names and sizes, as a journal of metadata keeps them; bytes not written are
                  // 0
    POWER_PREFIX, // the first of the pending names, and of each file's pending writes
    POWER_BLOCKS, // any of the pending names, any of the pending blocks, any size between
};
#define POWER_LOSSES 5
extern const char *const power_loss_names[POWER_LOSSES];

// Makes `directory` what operations before `at` left. `at` must not go down between calls.
void power_make(struct power_log *log, size_t at, enum power_loss loss, unsigned seed,
                const char *directory);
// True if nothing escaped: the directory that was watched is what the notes say, byte by byte.
bool power_agrees(struct power_log *log);
