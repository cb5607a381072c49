// The keeper's socket: hands hour keys to the recorder and takes orders to shred.
//
// A connection may do what its user may (SO_PEERCRED): root and the keeper's own user everything,
// the recorder's user, to whom DIR/store belongs, ask for keys. Keys are given out for hours from
// two minutes ago to two hours ahead and no other: a recorder that was taken over cannot fetch what
// is needed to open yesterday. Whatever is asked for at the same time is made in one write of the
// ring, for all cameras of the site at once.
#pragma once

#include "keeper/glass.h"
#include "store/hour_ring.h"
#include "store/journal.h"

#include <poll.h>

#define SCRIM_KEY_CLIENTS_MAX 16

struct scrim_key_server;

// What happens on SHRED: destroys what of the range may be destroyed and says in `ret_done`, one
// sentence, what was; or refuses.
typedef int (*scrim_key_server_shred)(void *context, const struct scrim_hour_range *range,
                                      const char *reason, struct scrim_buf *ret_done,
                                      struct scrim_error *error);

struct scrim_key_server_setup {
    int listen_fd; // taken over
    const struct scrim_site *site;
    struct scrim_hour_ring *ring;
    scrim_key_server_shred shred;
    void *context;
    struct scrim_glass *glass; // NULL: nobody is told emergency keys
};

SCRIM_MUST_CHECK int scrim_key_server_create(const struct scrim_key_server_setup *setup,
                                             struct scrim_key_server **ret,
                                             struct scrim_error *error);
void scrim_key_server_destroy(struct scrim_key_server *server); // NULL is fine

// Fills at most SCRIM_KEY_CLIENTS_MAX + 1 entries; _serve takes them back after poll, whatever came
// of it. True: there is more to do at once.
size_t scrim_key_server_poll(const struct scrim_key_server *server, struct pollfd *fds);
bool scrim_key_server_serve(struct scrim_key_server *server, const struct pollfd *fds);

// The emergency keys are others: the recorder is told those that there are now, as it is when it
// first asks for hour keys.
void scrim_key_server_tell_glass(struct scrim_key_server *server);

// Tells the recorder what was destroyed before its time (a SCRIM_RECORD_PURGE), for the camera's
// journal. False: none is connected.
bool scrim_key_server_purged(struct scrim_key_server *server, const struct scrim_record *purge);
