// A whole age file through `scrim open`'s decryption. If the first byte is odd, the rest is the
// payload after a header that is right, or no mutation would ever get past the MAC.
#include "age/age.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[1][32] = {{1, 2, 3}};

static int make_input(const uint8_t *data, size_t size)
{
    static struct scrim_buf header;
    if (!header.data) {
        const uint8_t file_key[SCRIM_AGE_FILE_KEY] = "YELLOW SUBMARINE";
        uint8_t recipient[32];
        struct scrim_age_stanza stanza = {0};
        scrim_buf_init(&header, SCRIM_AGE_HEADER_MAX);
        crypto_scalarmult_base(recipient, secret[0]);
        if (scrim_age_x25519_wrap(recipient, file_key, &stanza) < 0 ||
            scrim_age_header_write(&stanza, 1, file_key, &header) < 0)
            abort();
        scrim_age_stanza_finish(&stanza);
    }
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    if (size > 0 && data[0] & 1 && write(fd, header.data, header.len) != (ssize_t)header.len)
        abort();
    if (size > 1 && write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    lseek(fd, 0, SEEK_SET);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int out = -1;
    struct scrim_error error;
    if (out < 0)
        out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    SCRIM_AUTO(scrim_close_fd) int in = make_input(data, size);
    (void)!scrim_age_decrypt(in, out, secret, 1, "fuzz", "null", &error);
    return 0;
}
