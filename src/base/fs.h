// Files: whole writes, atomic replacement, directories, the lock that keeps a second instance out.
// All of it passes the fault injection of fault.h.
#pragma once

#include "base/buf.h"

#include <sys/types.h>

#define SCRIM_PATH_MAX 1024

// Joins to "<a>/<b>"; SCRIM_EINVAL if it does not fit.
SCRIM_MUST_CHECK int scrim_path_join(char ret[SCRIM_PATH_MAX], const char *a, const char *b);
// What comes after the last slash; points into `path`.
const char *scrim_path_name(const char *path);

// Reads a whole file into `ret` (initialised by the caller; its ceiling bounds the size).
SCRIM_MUST_CHECK int scrim_fs_read(const char *path, struct scrim_buf *ret,
                                   struct scrim_error *error);

// open(2) with O_CLOEXEC and a sentence on failure; the descriptor is the caller's.
SCRIM_MUST_CHECK int scrim_fs_open(const char *path, int flags, mode_t mode,
                                   struct scrim_error *error);

// The same below an open directory: `name` is relative to it, `path` is what sentences call it.
// What was mounted when the directory was opened is what is written to, whatever lies at its path
// now.
SCRIM_MUST_CHECK int scrim_fs_open_at(int directory, const char *name, int flags, mode_t mode,
                                      const char *path, struct scrim_error *error);

// Writes every byte or fails; `path` is for the sentence only. EINTR is retried.
SCRIM_MUST_CHECK int scrim_fs_write(int fd, const void *bytes, size_t count, const char *path,
                                    struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_fs_pwrite(int fd, const void *bytes, size_t count, off_t offset,
                                     const char *path, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_fs_sync(int fd, const char *path, struct scrim_error *error);
// Flushes the whole file system that an open directory lies in.
SCRIM_MUST_CHECK int scrim_fs_sync_all(int directory, const char *path, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_fs_sync_dir(const char *directory, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_fs_unlink(const char *path, struct scrim_error *error);
// Replaces `to`, at once; durable after a flush of the directory.
SCRIM_MUST_CHECK int scrim_fs_rename(const char *from, const char *to, struct scrim_error *error);

// Replaces `path` as a whole: temporary file beside it, fsync, rename, fsync of the directory.
SCRIM_MUST_CHECK int scrim_fs_replace(const char *path, const void *bytes, size_t count,
                                      mode_t mode, struct scrim_error *error);
// The same, but refuses (SCRIM_EEXIST) to replace what is there.
SCRIM_MUST_CHECK int scrim_fs_create(const char *path, const void *bytes, size_t count, mode_t mode,
                                     struct scrim_error *error);

// Makes the directory and its parents; one that exists is fine.
SCRIM_MUST_CHECK int scrim_fs_make_dirs(const char *path, mode_t mode, struct scrim_error *error);

// The same below an open directory, which itself must exist.
SCRIM_MUST_CHECK int scrim_fs_make_dirs_at(int directory, const char *name, mode_t mode,
                                           const char *path, struct scrim_error *error);

// Takes an exclusive lock on the file (created if absent) for as long as the descriptor lives.
// SCRIM_EBUSY, with the holder's pid in the sentence, if another process has it.
SCRIM_MUST_CHECK int scrim_fs_lock(const char *path, struct scrim_error *error);

// Names in a directory, sorted, without "." and ".."; free with scrim_fs_free_names.
SCRIM_MUST_CHECK int scrim_fs_list(const char *directory, char ***ret_names, size_t *ret_count,
                                   struct scrim_error *error);
void scrim_fs_free_names(char **names, size_t count);
