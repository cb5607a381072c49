#include "store/tail.h"

#include "age/hkdf.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

// Layout of a slot, big-endian:
//      0  8  "SCRMTAIL"
//      8  1  version, 1
//      9  3  reserved, 0
//     12  4  plaintext length n
//     16  8  chunk index
//     24 16  payload nonce of the age file
//     40 24  nonce of this write
//     64  n  ciphertext, XChaCha20-Poly1305 with bytes 0 … 63 as associated data
//   64+n 16  tag
//   80+n 32  SHA-256 of everything before it: tells a torn write without any key
static const uint8_t magic[12] = {'S', 'C', 'R', 'M', 'T', 'A', 'I', 'L', 1, 0, 0, 0};
#define CHECKSUM 32

void scrim_tail_key(const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                    const uint8_t payload_nonce[SCRIM_AGE_NONCE], uint8_t ret[SCRIM_TAIL_KEY])
{
    static const char info[] = "scrim tail/v1";
    scrim_hkdf_sha256(file_key, SCRIM_AGE_FILE_KEY, payload_nonce, SCRIM_AGE_NONCE, info,
                      sizeof info - 1, ret);
}

int scrim_tail_seal(const uint8_t key[SCRIM_TAIL_KEY], const uint8_t payload_nonce[SCRIM_AGE_NONCE],
                    uint64_t chunk, const uint8_t *plain, size_t count, struct scrim_buf *out)
{
    const size_t start = out->len;
    int result = scrim_buf_reserve(out, SCRIM_TAIL_HEAD + count + SCRIM_AGE_TAG + CHECKSUM);
    if (result < 0)
        return result;
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    randombytes_buf(nonce, sizeof nonce);
    // The room is there: none of these can fail.
    result = scrim_buf_append(out, magic, sizeof magic);
    if (result >= 0)
        result = scrim_buf_append_u32(out, (uint32_t)count);
    if (result >= 0)
        result = scrim_buf_append_u64(out, chunk);
    if (result >= 0)
        result = scrim_buf_append(out, payload_nonce, SCRIM_AGE_NONCE);
    if (result >= 0)
        result = scrim_buf_append(out, nonce, sizeof nonce);
    if (result < 0)
        return result;

    // OpenSSL's SHA-256 is five times as fast as libsodium's, and this is a hot path.
    uint8_t *head = out->data + start, *sealed = head + SCRIM_TAIL_HEAD;
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plain, count, head, SCRIM_TAIL_HEAD,
                                               NULL, nonce, key);
    out->len += count + SCRIM_AGE_TAG;
    if (EVP_Digest(head, out->len - start, out->data + out->len, NULL, EVP_sha256(), NULL) != 1)
        return SCRIM_ENOMEM;
    out->len += CHECKSUM;
    return SCRIM_OK;
}

int scrim_tail_parse(const void *bytes, size_t count, struct scrim_tail *ret)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    struct scrim_tail tail = {.head = bytes};
    const uint8_t *start = scrim_read_view(&reader, sizeof magic);
    if (!start || memcmp(start, magic, sizeof magic) != 0 ||
        !scrim_read_u32(&reader, &tail.length) || !scrim_read_u64(&reader, &tail.chunk))
        return SCRIM_EFORMAT;
    if (tail.length == 0 || tail.length > SCRIM_AGE_CHUNK)
        return SCRIM_EFORMAT;
    tail.payload_nonce = scrim_read_view(&reader, SCRIM_AGE_NONCE);
    tail.nonce = scrim_read_view(&reader, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    tail.sealed = scrim_read_view(&reader, tail.length + SCRIM_AGE_TAG);
    const uint8_t *checksum = scrim_read_view(&reader, CHECKSUM);
    if (!tail.payload_nonce || !tail.nonce || !tail.sealed || !checksum)
        return SCRIM_EFORMAT;

    uint8_t expected[CHECKSUM];
    crypto_hash_sha256(expected, tail.head, (size_t)(checksum - tail.head));
    if (memcmp(expected, checksum, CHECKSUM) != 0)
        return SCRIM_EFORMAT;
    tail.size = (size_t)(checksum - tail.head) + CHECKSUM;
    *ret = tail;
    return SCRIM_OK;
}

// Slot `at` if it is whole and of this segment.
static bool slot_of(const void *file, size_t count, unsigned at,
                    const uint8_t payload_nonce[SCRIM_AGE_NONCE], struct scrim_tail *ret)
{
    const size_t offset = (size_t)at * SCRIM_TAIL_SLOT;
    return offset < count &&
           scrim_tail_parse((const uint8_t *)file + offset, count - offset, ret) >= 0 &&
           memcmp(ret->payload_nonce, payload_nonce, SCRIM_AGE_NONCE) == 0;
}

int scrim_tail_find(const void *file, size_t count, const uint8_t payload_nonce[SCRIM_AGE_NONCE],
                    uint64_t chunk, struct scrim_tail *ret)
{
    struct scrim_tail best = {0};
    bool later = false;
    for (unsigned at = 0; at < SCRIM_TAIL_SLOTS; at++) {
        struct scrim_tail tail;
        if (!slot_of(file, count, at, payload_nonce, &tail))
            continue;
        later |= tail.chunk > chunk;
        if (tail.chunk == chunk && tail.length > best.length)
            best = tail;
    }
    if (!best.head)
        return later ? SCRIM_EAGAIN : SCRIM_ENOENT;
    *ret = best;
    return SCRIM_OK;
}

// The latest chunk before `below` that a slot is of; false if there is none.
static bool latest_below(const void *file, size_t count,
                         const uint8_t payload_nonce[SCRIM_AGE_NONCE], uint64_t below,
                         uint64_t *ret)
{
    bool found = false;
    for (unsigned at = 0; at < SCRIM_TAIL_SLOTS; at++) {
        struct scrim_tail tail;
        if (!slot_of(file, count, at, payload_nonce, &tail) || tail.chunk >= below ||
            (found && tail.chunk <= *ret))
            continue;
        *ret = tail.chunk;
        found = true;
    }
    return found;
}

static int pad_to(struct scrim_buf *buf, size_t length)
{
    const int result = scrim_buf_reserve(buf, length - buf->len);
    if (result < 0)
        return result;
    if (length > buf->len)
        memset(buf->data + buf->len, 0, length - buf->len);
    buf->len = length;
    return SCRIM_OK;
}

int scrim_tail_extract(const void *file, size_t count, const uint8_t payload_nonce[SCRIM_AGE_NONCE],
                       uint64_t whole, struct scrim_buf *ret)
{
    const size_t start = ret->len;
    uint64_t chunk = whole + 1;
    int result = SCRIM_OK;
    for (size_t nth = 0; result >= 0 && latest_below(file, count, payload_nonce, chunk, &chunk);
         nth++) {
        struct scrim_tail tail;
        result = scrim_tail_find(file, count, payload_nonce, chunk, &tail);
        if (result >= 0)
            result = pad_to(ret, start + nth * SCRIM_TAIL_SLOT);
        if (result >= 0)
            result = scrim_buf_append(ret, tail.head, tail.size);
    }
    return result;
}

int scrim_tail_open(const struct scrim_tail *tail, const uint8_t key[SCRIM_TAIL_KEY],
                    uint8_t *plain)
{
    const int wrong = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, tail->sealed, tail->length + SCRIM_AGE_TAG, tail->head, SCRIM_TAIL_HEAD,
        tail->nonce, key);
    return wrong ? SCRIM_EAUTH : SCRIM_OK;
}
