// Sealed segments: what goes in comes out, whatever the pieces; the tail; damage is seen.
#include "test.h"

#include "store_fixture.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "store/sealed_file.h"
#include "store/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

#define CHUNK ((size_t)SCRIM_AGE_CHUNK)

static void write_file(const char *path, const void *bytes, size_t count)
{
    unlink(path);
    CHECK_INT(scrim_fs_create(path, bytes, count, 0600, NULL), SCRIM_OK);
}

static void roundtrip(struct fixture *f, size_t count, size_t piece)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf sealed, opened;
    struct scrim_error error = {0};
    uint8_t *plain = scrim_new_bytes(count + 1);
    fixture_plain(plain, count, (unsigned)count);
    scrim_buf_init(&sealed, 8U << 20);
    scrim_buf_init(&opened, 8U << 20);
    struct scrim_seal *seal = fixture_seal(f, "quay", FIXTURE_START_US, &sealed);
    for (size_t at = 0; at < count; at += piece)
        CHECK_INT(
            scrim_seal_append(seal, plain + at, count - at < piece ? count - at : piece, &sealed),
            SCRIM_OK);
    CHECK_INT(scrim_seal_finish(seal, &sealed), SCRIM_OK);
    scrim_seal_destroy(seal);

    fixture_path(f, "segment", path);
    write_file(path, sealed.data, sealed.len);
    CHECK_INT(fixture_read(f, "quay", path, NULL, true, &opened, &error), SCRIM_OK);
    CHECK_INT(opened.len, count);
    CHECK(opened.len == count && (count == 0 || memcmp(opened.data, plain, count) == 0));
    scrim_buf_finish(&sealed);
    scrim_buf_finish(&opened);
    free(plain);
}

static void whole_segments(void)
{
    static const size_t counts[] = {0, 1, 65535, 65536, 65537, 131072, 200001};
    static const size_t pieces[] = {1000, 65536, 65537, 1U << 20};
    struct fixture f;
    fixture_create(&f);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++)
            roundtrip(&f, counts[i], pieces[j]);
    }
    fixture_destroy(&f);
}

// One segment of 2 chunks and a bit on disk, with its sealed bytes in `sealed`.
static void make_segment(struct fixture *f, struct scrim_buf *sealed, char path[SCRIM_PATH_MAX])
{
    const size_t count = 2 * CHUNK + 100;
    uint8_t *plain = scrim_new_bytes(count);
    fixture_plain(plain, count, 1);
    scrim_buf_init(sealed, 8U << 20);
    struct scrim_seal *seal = fixture_seal(f, "quay", FIXTURE_START_US, sealed);
    CHECK_INT(scrim_seal_append(seal, plain, count, sealed), SCRIM_OK);
    CHECK_INT(scrim_seal_finish(seal, sealed), SCRIM_OK);
    scrim_seal_destroy(seal);
    free(plain);
    fixture_path(f, "segment", path);
    write_file(path, sealed->data, sealed->len);
}

static void damage_is_seen(void)
{
    struct fixture f;
    struct scrim_buf sealed, opened;
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    fixture_create(&f);
    make_segment(&f, &sealed, path);
    const long head = (long)sealed.len - (long)(2 * SCRIM_AGE_SEALED_CHUNK + 116);
    for (long at = 0; at < (long)sealed.len; at += at < head + 20 ? 1 : 4999) {
        scrim_buf_init(&opened, 8U << 20);
        fixture_flip(path, at, 1);
        CHECK(fixture_read(&f, "quay", path, NULL, true, &opened, &error) < 0);
        fixture_flip(path, at, 1);
        scrim_buf_finish(&opened);
    }
    // Shorter, at every border and beside it: never a clean end.
    for (long cut = 1; cut < (long)sealed.len - head; cut += cut < 130 ? 1 : 6551) {
        scrim_buf_init(&opened, 8U << 20);
        write_file(path, sealed.data, sealed.len - (size_t)cut);
        CHECK(fixture_read(&f, "quay", path, NULL, true, &opened, &error) < 0);
        scrim_buf_finish(&opened);
    }
    scrim_buf_finish(&sealed);
    fixture_destroy(&f);
}

// Cut anywhere, a torn segment yields its whole chunks.
static void torn_segments(void)
{
    struct fixture f;
    struct scrim_buf sealed, opened;
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    fixture_create(&f);
    make_segment(&f, &sealed, path);
    const size_t head = sealed.len - (2 * SCRIM_AGE_SEALED_CHUNK + 116);
    for (size_t size = head; size <= sealed.len; size += size % 97 == 0 ? 1 : 1009) {
        const size_t payload = size - head;
        const size_t expected = size == sealed.len                      ? 2 * CHUNK + 100
                                : payload >= 2 * SCRIM_AGE_SEALED_CHUNK ? 2 * CHUNK
                                : payload >= SCRIM_AGE_SEALED_CHUNK     ? CHUNK
                                                                        : 0;
        scrim_buf_init(&opened, 8U << 20);
        write_file(path, sealed.data, size);
        CHECK_INT(fixture_read(&f, "quay", path, NULL, false, &opened, &error), SCRIM_OK);
        CHECK_INT(opened.len, expected);
        scrim_buf_finish(&opened);
    }
    scrim_buf_finish(&sealed);
    fixture_destroy(&f);
}

static void tail_continues_the_file(void)
{
    struct fixture f;
    struct scrim_buf sealed, tail, opened;
    char path[SCRIM_PATH_MAX], tail_path[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    bool changed;
    static uint8_t plain[100000];
    fixture_create(&f);
    fixture_plain(plain, sizeof plain, 3);
    scrim_buf_init(&sealed, 8U << 20);
    scrim_buf_init(&tail, 1U << 20);
    struct scrim_seal *seal = fixture_seal(&f, "quay", FIXTURE_START_US, &sealed);
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    CHECK(!changed && tail.len == 0);
    CHECK_INT(scrim_seal_append(seal, plain, sizeof plain, &sealed), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    CHECK(changed);
    const size_t once = tail.len;
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    CHECK(!changed && tail.len == once); // nothing new
    scrim_seal_destroy(seal);

    fixture_path(&f, "segment", path);
    fixture_path(&f, "tail", tail_path);
    write_file(path, sealed.data, sealed.len);
    write_file(tail_path, tail.data, tail.len);
    scrim_buf_init(&opened, 1U << 20);
    CHECK_INT(fixture_read(&f, "quay", path, tail_path, false, &opened, &error), SCRIM_OK);
    CHECK(opened.len == sizeof plain && memcmp(opened.data, plain, sizeof plain) == 0);
    scrim_buf_finish(&opened);

    // A tail that was torn, anywhere, costs the tail and nothing else.
    for (size_t size = 0; size < tail.len; size += size < 100 ? 1 : 331) {
        scrim_buf_init(&opened, 1U << 20);
        write_file(tail_path, tail.data, size);
        CHECK_INT(fixture_read(&f, "quay", path, tail_path, false, &opened, &error), SCRIM_OK);
        CHECK_INT(opened.len, CHUNK);
        scrim_buf_finish(&opened);
    }
    scrim_buf_finish(&sealed);
    scrim_buf_finish(&tail);
    fixture_destroy(&f);
}

static void slots(void)
{
    uint8_t key[SCRIM_TAIL_KEY] = {1}, nonce[SCRIM_AGE_NONCE] = {2}, other[SCRIM_AGE_NONCE] = {3};
    static uint8_t file[SCRIM_TAIL_FILE_MAX], plain[SCRIM_AGE_CHUNK], opened[SCRIM_AGE_CHUNK];
    struct scrim_buf slot;
    struct scrim_tail tail;
    fixture_plain(plain, sizeof plain, 5);
    scrim_buf_init(&slot, SCRIM_TAIL_SLOT);
    CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 4, &tail), SCRIM_ENOENT);
    CHECK_INT(scrim_tail_seal(key, nonce, 4, plain, 10, &slot), SCRIM_OK);
    memcpy(file, slot.data, slot.len);
    scrim_buf_clear(&slot);
    CHECK_INT(scrim_tail_seal(key, nonce, 4, plain, sizeof plain, &slot), SCRIM_OK);
    CHECK(slot.len <= SCRIM_TAIL_SLOT);
    memcpy(file + SCRIM_TAIL_SLOT, slot.data, slot.len);

    CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 4, &tail), SCRIM_OK);
    CHECK_INT(tail.length, sizeof plain); // the newer of the two
    CHECK_INT(scrim_tail_open(&tail, key, opened), SCRIM_OK);
    CHECK(memcmp(opened, plain, sizeof plain) == 0);
    CHECK_INT(scrim_tail_find(file, sizeof file, other, 4, &tail),
              SCRIM_ENOENT); // another segment's

    file[SCRIM_TAIL_SLOT + 5000] ^= 1; // the newer one is torn: the older one holds
    CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 4, &tail), SCRIM_OK);
    CHECK_INT(tail.length, 10);
    CHECK_INT(scrim_tail_open(&tail, key, opened), SCRIM_OK);
    key[0] ^= 1;
    CHECK_INT(scrim_tail_open(&tail, key, opened), SCRIM_EAUTH);

    // Each chunk has its own, in whichever slot; one that comes later says that there was more.
    for (int later = 0; later < 2; later++) {
        struct scrim_buf saved;
        scrim_buf_init(&saved, SCRIM_TAIL_FILE_MAX);
        for (int at = 0; at < 2; at++) {
            scrim_buf_clear(&slot);
            CHECK_INT(scrim_tail_seal(key, nonce, at == later ? 5 : 4, plain, at == later ? 3 : 60,
                                      &slot),
                      SCRIM_OK);
            memcpy(file + (size_t)at * SCRIM_TAIL_SLOT, slot.data, slot.len);
        }
        CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 5, &tail), SCRIM_OK);
        CHECK(tail.chunk == 5 && tail.length == 3);
        CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 4, &tail), SCRIM_OK);
        CHECK(tail.chunk == 4 && tail.length == 60);
        CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 3, &tail), SCRIM_EAGAIN);
        CHECK_INT(scrim_tail_find(file, sizeof file, nonce, 6, &tail), SCRIM_ENOENT);

        // Saved for a file of five chunks: both, the one that continues it first.
        CHECK_INT(scrim_tail_extract(file, sizeof file, nonce, 5, &saved), SCRIM_OK);
        CHECK_INT(scrim_tail_parse(saved.data, saved.len, &tail), SCRIM_OK);
        CHECK(tail.chunk == 5);
        CHECK_INT(scrim_tail_find(saved.data, saved.len, nonce, 4, &tail), SCRIM_OK);
        CHECK_INT(saved.len, SCRIM_TAIL_SLOT + tail.size);
        // Of four: the other alone.
        scrim_buf_clear(&saved);
        CHECK_INT(scrim_tail_extract(file, sizeof file, nonce, 4, &saved), SCRIM_OK);
        CHECK_INT(saved.len, tail.size);
        scrim_buf_clear(&saved);
        CHECK_INT(scrim_tail_extract(file, sizeof file, nonce, 3, &saved), SCRIM_OK);
        CHECK_INT(scrim_tail_extract(file, sizeof file, other, 9, &saved), SCRIM_OK);
        CHECK_INT(saved.len, 0);
        scrim_buf_finish(&saved);
    }
    scrim_buf_finish(&slot);
}

static void tail_is_strict(void)
{
    uint8_t key[SCRIM_TAIL_KEY] = {1}, nonce[SCRIM_AGE_NONCE] = {2}, plain[50] = {0};
    struct scrim_buf slot;
    struct scrim_tail tail;
    scrim_buf_init(&slot, SCRIM_TAIL_SLOT);
    CHECK_INT(scrim_tail_seal(key, nonce, 0, plain, sizeof plain, &slot), SCRIM_OK);
    CHECK_INT(slot.len, SCRIM_TAIL_HEAD + 50 + 16 + 32);
    CHECK(memcmp(slot.data, "SCRMTAIL\1\0\0\0\0\0\0\x32", 16) == 0);
    CHECK_INT(scrim_tail_parse(slot.data, slot.len, &tail), SCRIM_OK);
    for (size_t i = 0; i < slot.len; i++) {
        slot.data[i] ^= 0x40;
        CHECK_INT(scrim_tail_parse(slot.data, slot.len, &tail), SCRIM_EFORMAT);
        slot.data[i] ^= 0x40;
        CHECK_INT(scrim_tail_parse(slot.data, i, &tail), SCRIM_EFORMAT);
    }
    scrim_buf_finish(&slot);
}

static int failing_at;
static int fail_allocation(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context, (void)what;
    return op == SCRIM_FAULT_ALLOC && failing_at-- == 0 ? ENOMEM : 0;
}

static void without_memory(void)
{
    struct fixture f;
    struct scrim_error error;
    const struct scrim_vault_label label = {.site = "port",
                                            .camera = "quay",
                                            .start_utc_us = FIXTURE_START_US,
                                            .hour = scrim_hour_of(FIXTURE_START_US)};
    static const uint8_t hour_key[SCRIM_HOUR_KEY], plain[70000];
    fixture_create(&f);
    int result = SCRIM_ENOMEM;
    for (int at = 0; result < 0 && at < 100; at++) {
        struct scrim_buf out;
        struct scrim_seal *seal = NULL;
        scrim_buf_init(&out, 1U << 20);
        failing_at = at;
        scrim_fault_set(fail_allocation, NULL);
        result = scrim_seal_create(&f.vault, &label, hour_key, NULL, &seal, &out, &error);
        if (result >= 0)
            result = scrim_seal_append(seal, plain, sizeof plain, &out);
        scrim_fault_set(NULL, NULL);
        CHECK(result == SCRIM_OK || result == SCRIM_ENOMEM);
        scrim_seal_destroy(seal);
        scrim_buf_finish(&out);
    }
    CHECK_INT(result, SCRIM_OK);
    fixture_destroy(&f);
}

// A header of these stanzas and a nonce, as a segment begins.
static int head_of(const struct scrim_age_stanza *stanzas, size_t count)
{
    static const uint8_t file_key[SCRIM_AGE_FILE_KEY], nonce[SCRIM_AGE_NONCE] = {1};
    struct scrim_sealed_head head;
    struct scrim_error error;
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 1U << 16);
    CHECK_INT(scrim_age_header_write(stanzas, count, file_key, &bytes), SCRIM_OK);
    CHECK_INT(scrim_buf_append(&bytes, nonce, sizeof nonce), SCRIM_OK);
    const int result = scrim_sealed_head_parse(bytes.data, bytes.len, "it", &head, &error);
    if (result >= 0)
        scrim_sealed_head_finish(&head);
    scrim_buf_finish(&bytes);
    return result;
}

static void with_break_glass(void)
{
    struct fixture f;
    struct scrim_error error;
    const struct scrim_vault_label label = {.site = "port",
                                            .camera = "quay",
                                            .start_utc_us = FIXTURE_START_US,
                                            .hour = scrim_hour_of(FIXTURE_START_US)};
    uint8_t hour_key[SCRIM_HOUR_KEY] = {0}, public[32], secret[32], other[32];
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    struct scrim_sealed_head head;
    struct scrim_seal *seal;
    struct scrim_buf out;
    fixture_create(&f);
    scrim_buf_init(&out, 1U << 20);
    crypto_box_keypair(public, secret);
    randombytes_buf(other, sizeof other);

    // Off: not a byte of it.
    CHECK_INT(scrim_seal_create(&f.vault, &label, hour_key, NULL, &seal, &out, &error), SCRIM_OK);
    REQUIRE(scrim_sealed_head_parse(out.data, out.len, "it", &head, &error) >= 0);
    CHECK_INT(head.header.stanzas_count, 1);
    scrim_sealed_head_finish(&head);
    scrim_seal_destroy(seal);

    // On: whoever has the secret of that quarter of an hour has the file key, and nobody else.
    scrim_buf_clear(&out);
    CHECK_INT(scrim_seal_create(&f.vault, &label, hour_key, public, &seal, &out, &error), SCRIM_OK);
    REQUIRE(scrim_sealed_head_parse(out.data, out.len, "it", &head, &error) >= 0);
    CHECK_INT(head.header.stanzas_count, 2);
    const struct scrim_age_stanza *stanzas = head.header.stanzas;
    CHECK_INT(scrim_age_x25519_unwrap(&stanzas[1], other, file_key), SCRIM_EAUTH);
    CHECK_INT(scrim_age_x25519_unwrap(&stanzas[1], secret, file_key), SCRIM_OK);
    CHECK_INT(scrim_age_header_verify(&head.header, file_key), SCRIM_OK);

    // The vault's first, one of X25519 after it, and nothing else.
    const struct scrim_age_stanza two[] = {stanzas[0], stanzas[1]},
                                  turned[] = {stanzas[1], stanzas[0]},
                                  twice[] = {stanzas[0], stanzas[0]},
                                  three[] = {stanzas[0], stanzas[1], stanzas[1]};
    char *args[] = {(char[]){"X25519"}, (char[]){"AAAA"}};
    const struct scrim_age_stanza wrong = {args, 2, stanzas[1].body, stanzas[1].body_len};
    const struct scrim_age_stanza malformed[] = {stanzas[0], wrong};
    CHECK_INT(head_of(two, 1), SCRIM_OK);
    CHECK_INT(head_of(two, 2), SCRIM_OK);
    CHECK(head_of(turned, 2) < 0);
    CHECK(head_of(turned, 1) < 0);
    CHECK_INT(head_of(twice, 2), SCRIM_EFORMAT);
    CHECK_INT(head_of(three, 3), SCRIM_EFORMAT);
    CHECK_INT(head_of(malformed, 2), SCRIM_EFORMAT);
    scrim_sealed_head_finish(&head);
    scrim_seal_destroy(seal);
    scrim_buf_finish(&out);
    fixture_destroy(&f);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"seal: whole segments of every size open again", whole_segments},
                        {"seal: damage and truncation are refused", damage_is_seen},
                        {"seal: a torn segment yields its whole chunks", torn_segments},
                        {"seal: the tail continues the file", tail_continues_the_file},
                        {"seal: two slots, the newer whole one counts", slots},
                        {"seal: tails are read strictly", tail_is_strict},
                        {"seal: a second stanza for break-glass", with_break_glass},
                        {"seal: out of memory anywhere is an error, not a crash", without_memory},
                        {0},
                    });
}
