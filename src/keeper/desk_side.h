// The keeper's connection to the desk: says what is said of the storage and of break-glass, answers
// whether a camera that is to change would still fit, and hears who breaks glass. No desk is no
// error: it starts after the keeper, or is being started again.
#pragma once

#include "base/fs.h"
#include "keeper/glass.h"
#include "keeper/storage.h"

#include <poll.h>

struct scrim_keeper_desk;

// `path`: run/desk.sock.
struct scrim_keeper_desk *scrim_keeper_desk_create(const char *path);
// Whom to ask for answers; NULL: nobody yet, and questions are not answered.
void scrim_keeper_desk_ask(struct scrim_keeper_desk *desk, struct scrim_storage *storage);
void scrim_keeper_desk_destroy(struct scrim_keeper_desk *desk); // NULL is fine

void scrim_keeper_desk_glass(struct scrim_keeper_desk *desk, struct scrim_glass *glass);

// Keeps the text until there is another, and says it, also to a desk that comes later. One that
// the desk is too slow for is dropped: the next says more.
void scrim_keeper_desk_tell(struct scrim_keeper_desk *desk, const char *json, size_t length);
// The same for break-glass; nothing of it is left out.
void scrim_keeper_desk_tell_glass(struct scrim_keeper_desk *desk, const char *json, size_t length);
// Now and then: connects, and says what was not said.
void scrim_keeper_desk_tend(struct scrim_keeper_desk *desk);

// Fills at most one entry and returns how many; _serve takes it back after poll.
size_t scrim_keeper_desk_poll(const struct scrim_keeper_desk *desk, struct pollfd *fd);
void scrim_keeper_desk_serve(struct scrim_keeper_desk *desk, const struct pollfd *fd);
