// A socket below run/ on which scrimd listens for one program of the site, and believes what it
// says there because it has shown a proof: the content of a file that scrimd makes and no other
// program may read. Being able to connect is not enough. Connections that show nothing are ended in
// time, and there are only a few of them. Loop thread only.
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <uv.h>

#define SCRIM_BELIEVED_PROOF 32 // bytes

struct scrim_believed_socket;
struct scrim_believed_peer; // one connection

struct scrim_believed_config {
    const char *program;           // for sentences: "scrim-oidc"
    const char *socket;            // below the site directory, as the next two
    const char *directory, *proof; // the proof's file, and the directory that it alone lies in
    int type;                      // SOCK_STREAM or SOCK_SEQPACKET
};

// What the program's side does with a connection. `line` is what _open made of the descriptor.
struct scrim_believed_handler {
    void *(*open)(int fd); // takes `fd` over; never NULL
    void (*close)(void *line);
    bool (*wants_write)(const void *line); // NULL: never
    // `events` of uv_poll_t. Returns less than 0 to end the connection: SCRIM_EFORMAT, with a line
    // in the log, for one that says what it must not.
    int (*ready)(void *context, struct scrim_believed_peer *peer, void *line, int events);
    void (*gone)(void *context);                 // the believed one
    void (*tick)(void *context, int64_t now_us); // each second, monotonic
};

// Makes the proof's file if there is none, and the socket, for the directory's group too; before
// the desk locks itself in. The config's texts must outlive it.
SCRIM_MUST_CHECK int scrim_believed_open(const char *dir,
                                         const struct scrim_believed_config *config,
                                         struct scrim_believed_socket **ret,
                                         struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_believed_start(struct scrim_believed_socket *place, uv_loop_t *loop,
                                          const struct scrim_believed_handler *handler,
                                          void *context, struct scrim_error *error);
// _close ends every connection; the loop must run once more before _free. Both take NULL.
void scrim_believed_close(struct scrim_believed_socket *place);
void scrim_believed_free(struct scrim_believed_socket *place);

// The line of the one that is believed, or NULL while there is none.
void *scrim_believed_line(const struct scrim_believed_socket *place);
bool scrim_believed_is(const struct scrim_believed_peer *peer);
// False if this is not the proof. From now on this connection is the believed one; one that was
// before has not noticed yet that it is dead, and is ended.
SCRIM_MUST_CHECK bool scrim_believed_show(struct scrim_believed_peer *peer,
                                          const uint8_t proof[SCRIM_BELIEVED_PROOF]);
// The believed one has something to write, or no longer.
void scrim_believed_watch(struct scrim_believed_socket *place);
