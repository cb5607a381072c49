// The keeper's client: one link to scrim-keeper over which every camera's keys of this hour and the
// next are asked for, an hour ahead. While the keeper is away, what was fetched carries on, to the
// end of the next hour at most; the link is tried again every second. One thread, never waits but
// in _wait.
#pragma once

#include "recorder/emergency.h"
#include "recorder/hours.h"
#include "store/journal.h"

#include <poll.h>

struct scrim_keys;

// What the keeper says it destroyed before its time: a SCRIM_RECORD_PURGE for the camera's journal,
// without boot counter.
typedef void (*scrim_keys_purged)(void *context, const struct scrim_record *purge);

// `path`: the keeper's socket.
struct scrim_keys *scrim_keys_create(const char *path, scrim_keys_purged purged, void *context);
void scrim_keys_destroy(struct scrim_keys *keys); // NULL is fine; its cameras stay

// Where emergency keys go; NULL, as after _create: the site has no break-glass, and any that come
// are ignored.
void scrim_keys_emergency(struct scrim_keys *keys, struct scrim_emergency *emergency);

// Keys for one more camera. `hours` stays the caller's and must be removed before it goes.
void scrim_keys_add(struct scrim_keys *keys, struct scrim_hours *hours);
void scrim_keys_remove(struct scrim_keys *keys, const struct scrim_hours *hours);

// Fills `fd` if there is something to wait for: 1 or 0 entries. _serve takes it back after poll.
size_t scrim_keys_poll(const struct scrim_keys *keys, struct pollfd *fd);
void scrim_keys_serve(struct scrim_keys *keys, const struct pollfd *fd);
// Connects, asks, wipes. To be called again after so many µs, or when something came.
int64_t scrim_keys_tend(struct scrim_keys *keys);

// Serves until every camera has its keys, or the keeper has refused, or the time is over. True if
// all are there.
bool scrim_keys_wait(struct scrim_keys *keys, int64_t timeout_us);
// NULL while all is well, else a sentence for the log, new whenever it changes.
const char *scrim_keys_trouble(const struct scrim_keys *keys);
