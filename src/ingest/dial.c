#include "ingest/dial.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sandbox.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES (256U << 10) // the resolver is not frugal
#define PORT_TRIES 64            // for two neighbouring ports
#define UDP_BUFFER (1 << 20)     // bytes: a key frame arrives in one burst

struct call {
    int reply_fd;
    sem_t *places;
    struct scrim_control request;
    int fds[SCRIM_DATAGRAM_FDS];
};

static void fail(struct scrim_control *answer, int code, const char *text)
{
    answer->code = code;
    snprintf(answer->text, sizeof answer->text, "%s", text);
}

static void fail_because(struct scrim_control *answer, enum scrim_dial_why why, int code,
                         const char *text)
{
    answer->why = (uint32_t)why;
    fail(answer, code, text);
}

static void fail_connecting(struct scrim_control *answer, int why)
{
    switch (why) {
    case ECONNREFUSED:
        fail_because(answer, SCRIM_DIAL_WHY_REFUSED, SCRIM_EBUSY, "connection refused");
        break;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
        fail_because(answer, SCRIM_DIAL_WHY_UNREACHABLE, SCRIM_ENETWORK,
                     "the host cannot be reached");
        break;
    case ETIMEDOUT:
        fail_because(answer, SCRIM_DIAL_WHY_SILENT, SCRIM_ETIMEOUT, "no answer in time");
        break;
    default: fail(answer, SCRIM_ENETWORK, "the connection failed"); break;
    }
}

// IPv4 as IPv4-mapped (RFC 4291, 2.5.5.2), so that there is one shape of address.
static struct sockaddr_in6 mapped(const struct sockaddr *address)
{
    struct sockaddr_in6 ret = {.sin6_family = AF_INET6};
    if (address->sa_family == AF_INET6) {
        memcpy(&ret, address, sizeof ret);
        return ret;
    }
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    ret.sin6_addr.s6_addr[10] = ret.sin6_addr.s6_addr[11] = 0xff;
    memcpy(ret.sin6_addr.s6_addr + 12, &v4.sin_addr, 4);
    ret.sin6_port = v4.sin_port;
    return ret;
}

static int connect_by(int fd, const struct addrinfo *address, int64_t deadline_us)
{
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    for (;;) {
        const int64_t left_us = deadline_us - scrim_clock_mono_us();
        const int ready = left_us > 0 ? poll(&wait, 1, (int)(left_us / 1000) + 1) : 0;
        if (ready == 0)
            return ETIMEDOUT;
        if (ready > 0)
            break;
        if (errno != EINTR)
            return errno;
    }
    int why = 0;
    socklen_t size = sizeof why;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0 ? errno : why;
}

// Tries the addresses in the resolver's order (RFC 6724), each with its share of the time that is
// left.
static int dial_addresses(const struct addrinfo *list, int64_t deadline_us,
                          struct scrim_control *answer)
{
    unsigned left = 0;
    for (const struct addrinfo *at = list; at; at = at->ai_next)
        left++;
    for (const struct addrinfo *at = list; at; at = at->ai_next, left--) {
        const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
            fail_connecting(answer, errno);
            continue;
        }
        const int64_t now_us = scrim_clock_mono_us();
        const int why = connect_by(fd, at, now_us + (deadline_us - now_us) / left);
        if (why == 0) {
            answer->code = SCRIM_OK;
            answer->address = mapped(at->ai_addr);
            return fd;
        }
        close(fd);
        fail_connecting(answer, why);
    }
    return -1;
}

static void dial_tcp(const struct scrim_control *request, struct scrim_control *answer, int fds[])
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    char port[8];
    const int64_t deadline_us = scrim_clock_mono_us() + (int64_t)request->timeout_ms * 1000;
    snprintf(port, sizeof port, "%u", request->port);
    const int failed = getaddrinfo(request->host, port, &hints, &list);
    if (failed == EAI_AGAIN)
        fail_because(answer, SCRIM_DIAL_WHY_NAME_SERVER, SCRIM_ENETWORK,
                     "the name server does not answer");
    else if (failed)
        fail_because(answer, SCRIM_DIAL_WHY_NAME_UNKNOWN, SCRIM_ENETWORK,
                     "the host name has no address");
    else
        fds[0] = dial_addresses(list, deadline_us, answer);
    if (list)
        freeaddrinfo(list);
}

static int bound_socket(uint16_t port, uint16_t *ret_port)
{
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    socklen_t size = sizeof address;
    const int off = 0, buffer = UDP_BUFFER;
    if (fd < 0)
        return -1;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        close(fd);
        return -1;
    }
    // As large as the kernel may grant: with the privilege, or else up to net.core.rmem_max.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    *ret_port = ntohs(address.sin6_port);
    return fd;
}

static void open_udp(struct scrim_control *answer, int fds[])
{
    for (unsigned i = 0; i < PORT_TRIES; i++) {
        uint16_t port, next;
        fds[0] = bound_socket(0, &port);
        if (fds[0] < 0)
            break;
        if (port % 2 == 0)
            fds[1] = bound_socket((uint16_t)(port + 1), &next);
        if (fds[1] >= 0) {
            answer->code = SCRIM_OK;
            answer->rtp_port = port;
            return;
        }
        close(fds[0]);
        fds[0] = -1;
    }
    fail(answer, SCRIM_EBUSY, "no pair of UDP ports is free");
}

// Only datagrams of the camera's own address and ports get in from here on.
static void connect_udp(const struct scrim_control *request, struct scrim_control *answer,
                        const int fds[])
{
    struct sockaddr_in6 address = request->address;
    const uint16_t ports[2] = {request->rtp_port, request->rtcp_port};
    answer->code = SCRIM_OK;
    for (unsigned i = 0; i < 2; i++) {
        address.sin6_port = htons(ports[i]);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&address, sizeof address) < 0)
            fail(answer, SCRIM_ENETWORK, "the camera's UDP ports cannot be used");
    }
}

static void *serve(void *pointer)
{
    struct call *call = pointer;
    struct scrim_control answer = {.kind = call->request.kind, .stream = call->request.stream};
    int fds[SCRIM_DATAGRAM_FDS] = {-1, -1};
    switch (call->request.kind) {
    case SCRIM_DIAL_TCP: dial_tcp(&call->request, &answer, fds); break;
    case SCRIM_DIAL_UDP: open_udp(&answer, fds); break;
    case SCRIM_DIAL_UDP_PEER: connect_udp(&call->request, &answer, call->fds); break;
    default: fail(&answer, SCRIM_EINVAL, "unknown request"); break;
    }
    const unsigned count = (fds[0] >= 0 ? 1U : 0U) + (fds[1] >= 0 ? 1U : 0U);
    // If nobody hears it, the recorder has ended, which the dialer itself notices.
    (void)!scrim_datagram_send_all(call->reply_fd, &answer, sizeof answer, fds, count);
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        if (call->fds[i] >= 0)
            close(call->fds[i]);
    }
    sem_post(call->places);
    free(call);
    return NULL;
}

static bool start_call(struct call *call)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    const int failed = pthread_create(&thread, &attributes, serve, call);
    pthread_attr_destroy(&attributes);
    return failed == 0;
}

// All calls but the one whose place the caller holds.
static void wait_for_calls(sem_t *places)
{
    for (unsigned i = 1; i < SCRIM_DIALS_MAX;)
        i += sem_wait(places) == 0; // or EINTR
}

int scrim_dial_run(int fd)
{
    sem_t places;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    sem_init(&places, 0, SCRIM_DIALS_MAX);
    for (;;) {
        while (sem_wait(&places) < 0)
            ; // EINTR
        struct call *call = scrim_new(struct call);
        call->reply_fd = fd;
        call->places = &places;
        int got;
        while ((got = scrim_control_receive(fd, &call->request, call->fds)) == 0)
            poll(&wait, 1, -1);
        if (got > 0 && start_call(call))
            continue;
        free(call);
        wait_for_calls(&places);
        return got == SCRIM_ENETWORK ? 0 : 1; // the recorder ended, or we cannot go on
    }
}
