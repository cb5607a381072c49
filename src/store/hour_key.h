// Hour keys: one random key per camera and hour, mixed into every wrap of that hour. Deleting it
// shreds the hour everywhere, backups included. The recorder may create keys and, once locked in,
// read none back.
#pragma once

#include "store/layout.h"
#include "vault/vault.h"

// The key of (camera, hour): the existing one if there is, else a fresh one, durable before it
// returns. Only possible before the sandbox; afterwards use _create.
SCRIM_MUST_CHECK int scrim_hour_key_obtain(const char *dir, const char *camera, uint64_t hour,
                                           uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);
// A fresh key, durable before it returns; SCRIM_EEXIST if there is one already.
SCRIM_MUST_CHECK int scrim_hour_key_create(const char *dir, const char *camera, uint64_t hour,
                                           uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);
// SCRIM_ENOENT: shredded.
SCRIM_MUST_CHECK int scrim_hour_key_load(const char *dir, const char *camera, uint64_t hour,
                                         uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);
// Overwrites, unlinks, flushes. One that is gone already is fine.
SCRIM_MUST_CHECK int scrim_hour_key_shred(const char *dir, const char *camera, uint64_t hour,
                                          struct scrim_error *error);
