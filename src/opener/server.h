// The questions of the desk, one after the other (link/opener.h). A search through thousands of
// files goes on in small steps, so that a picture that somebody is looking at does not wait for it.
#pragma once

#include "opener/guard.h"

struct scrim_opener_server;

// `fd` is the connection to the desk, taken over; `guard` must outlive it.
struct scrim_opener_server *scrim_opener_server_create(int fd, struct scrim_guard *guard);
void scrim_opener_server_destroy(struct scrim_opener_server *server); // NULL is fine

SCRIM_MUST_CHECK int scrim_opener_server_hello(struct scrim_opener_server *server,
                                               const uint8_t *proof, struct scrim_error *error);
int scrim_opener_server_fd(const struct scrim_opener_server *server);
// Takes every question that is there. SCRIM_ENETWORK: the desk is gone. SCRIM_EFORMAT: it asked
// what nobody may ask.
SCRIM_MUST_CHECK int scrim_opener_server_take(struct scrim_opener_server *server);
// One step of what takes long: 1 if there is more, 0 if nothing is under way.
SCRIM_MUST_CHECK int scrim_opener_server_step(struct scrim_opener_server *server);

// One datagram as it came, for the fuzz target too. SCRIM_EFORMAT: it is no question.
SCRIM_MUST_CHECK int scrim_opener_question_check(const struct scrim_opener_question *question);
