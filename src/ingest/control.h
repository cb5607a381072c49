// What an ingest process asks of its parent, and what the parent asks of the dialer: sockets, which
// neither of the processes that parse a camera's bytes can open. One message a datagram over a
// SOCK_SEQPACKET pair; descriptors go along as SCM_RIGHTS.
//
//     ingest → parent → dialer     SCRIM_DIAL_TCP, SCRIM_DIAL_UDP, SCRIM_DIAL_UDP_PEER (the parent
//                                  adds the two fds of the last SCRIM_DIAL_UDP)
//     ingest → parent              SCRIM_DIAL_ALIVE, every few seconds
//     dialer → parent → ingest     the answer; TCP: one fd, UDP: two
//     parent → ingest              SCRIM_DIAL_PASSWORD, once, first
#pragma once

#include "link/datagram.h"

#include <netinet/in.h>
#include <stdint.h>

#define SCRIM_HOST_MAX 256     // with NUL (RFC 1035, 2.3.4: 253 and an end)
#define SCRIM_PASSWORD_MAX 257 // with NUL

enum scrim_dial_kind {
    SCRIM_DIAL_ALIVE = 1,
    SCRIM_DIAL_PASSWORD,
    SCRIM_DIAL_TCP,      // connect to host:port
    SCRIM_DIAL_UDP,      // two sockets on neighbouring ports, the even one first (RFC 3550, 11)
    SCRIM_DIAL_UDP_PEER, // connect the two to the camera's ports
};

enum scrim_dial_why {
    SCRIM_DIAL_WHY_OTHER,
    SCRIM_DIAL_WHY_NAME_UNKNOWN,
    SCRIM_DIAL_WHY_NAME_SERVER,
    SCRIM_DIAL_WHY_REFUSED,
    SCRIM_DIAL_WHY_UNREACHABLE,
    SCRIM_DIAL_WHY_SILENT,
};

struct scrim_control {
    uint32_t kind;   // enum scrim_dial_kind
    uint32_t stream; // between parent and dialer: whose; 0 elsewhere
    // Requests. The parent lets a stream reach its own camera only (recorder/streams.c).
    char host[SCRIM_HOST_MAX];
    uint16_t port;                // TCP
    uint16_t rtp_port, rtcp_port; // UDP_PEER: of the camera; UDP, answered: rtp_port is ours
    uint32_t timeout_ms;          // TCP
    struct sockaddr_in6 address;  // TCP, answered, and then with UDP and UDP_PEER: of the camera,
                                  // an IPv4 one mapped
    // Answers.
    int32_t code;   // 0 or enum scrim_err
    uint32_t why;   // code < 0: enum scrim_dial_why
    char text[256]; // code < 0: a sentence without the address
    char password[SCRIM_PASSWORD_MAX];
};

// As scrim_datagram_send and _receive; what is received has its text fields NUL-terminated.
SCRIM_MUST_CHECK int scrim_control_send(int fd, const struct scrim_control *message, const int *fds,
                                        unsigned count);
SCRIM_MUST_CHECK int scrim_control_receive(int fd, struct scrim_control *ret,
                                           int ret_fds[SCRIM_DATAGRAM_FDS]);
