// For bench/desk.py: what sending the same bytes over TLS costs at the least. No HTTP, no
// WebSocket, no fan-out, no queue: OpenSSL and sockets.
//
//     tls_send CERT KEY CONNECTIONS FRAMES GOP KEY_BYTES OTHER_BYTES
//
// Prints "ready PORT", takes that many connections, then sends FRAMES to each, ten a second,
// KEY_BYTES for every GOP-th and OTHER_BYTES for the others. Prints the CPU seconds of the sending.
#include "base/alloc.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_US 100000
#define BYTES_MAX (1U << 20)

static void require(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "tls_send: %s\n", what);
    exit(1);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 512) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &length) == 0,
            "cannot listen");
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void wait_until(int64_t due_us)
{
    const int64_t left_us = due_us - scrim_clock_mono_us();
    const struct timespec time = {left_us / SCRIM_SECOND, left_us % SCRIM_SECOND * 1000};
    if (left_us > 0)
        nanosleep(&time, NULL);
}

static size_t number(const char *text, size_t max)
{
    const unsigned long long value = strtoull(text, NULL, 10);
    require(value > 0 && value <= max, "a number is out of range");
    return (size_t)value;
}

int main(int argc, char **argv)
{
    require(argc == 8, "usage: tls_send CERT KEY CONNECTIONS FRAMES GOP KEY_BYTES OTHER_BYTES");
    const size_t count = number(argv[3], 4096), frames = number(argv[4], 1U << 20);
    const size_t gop = number(argv[5], 1000), key_bytes = number(argv[6], BYTES_MAX);
    const size_t other_bytes = number(argv[7], BYTES_MAX);
    signal(SIGPIPE, SIG_IGN);

    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    require(context && SSL_CTX_use_certificate_file(context, argv[1], SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) == 1,
            "cannot read the certificate");
    const int listener = listen_anywhere();
    SSL **connections = scrim_new_array(count, SSL *);
    for (size_t i = 0; i < count; i++) {
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        connections[i] = fd >= 0 ? SSL_new(context) : NULL;
        require(connections[i] && SSL_set_fd(connections[i], fd) == 1 &&
                    SSL_accept(connections[i]) == 1,
                "a connection failed");
    }

    const uint8_t *bytes = scrim_new_bytes(BYTES_MAX);
    const double before = cpu_seconds();
    const int64_t begun_us = scrim_clock_mono_us();
    for (size_t n = 0; n < frames; n++) {
        wait_until(begun_us + (int64_t)n * FRAME_US);
        const size_t size = n % gop == 0 ? key_bytes : other_bytes;
        for (size_t i = 0; i < count; i++)
            require(SSL_write(connections[i], bytes, (int)size) == (int)size, "a client is gone");
    }
    printf("%.3f\n", cpu_seconds() - before);
    return 0; // the kernel takes back the rest
}
