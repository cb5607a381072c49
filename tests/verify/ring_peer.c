// The C side of the comparison with hour_ring.py.
//
//     ring_peer vectors          rings sealed under a fixed root key with a fixed salt, as JSON
//                                (tests/vectors/scrim-hour-ring.json)
//     ring_peer site             makes a site below $TMPDIR whose ring has grown and lost keys;
//                                prints its directory. The caller removes it.
//     ring_peer past [tpm]       the same with keys of the last five hours of camera quay, under a
//                                root key in a file or a TPM
//     ring_peer read ROOT FILE   opens a ring with a root key (hexadecimal) and prints its keys,
//                                one a line; exit status 1 if it refuses
#include "../unit/store_fixture.h"
#include "store/hour_ring_file.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "ring_peer: %s: %s\n", what, scrim_err_text(result));
    exit(1);
}

static json_t *hex(const uint8_t *bytes, size_t count)
{
    char text[4096];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, count));
}

// The content of a ring, as docs/ref/formats/hour-ring.md has it, with keys 00 00 …, 01 01 ….
static void content(struct scrim_hour_keys *ret, size_t cameras)
{
    static const char *const names[] = {"gate", "quay-2"};
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 4096);
    uint8_t next = 0;
    int result = scrim_buf_append_u32(&bytes, (uint32_t)cameras);
    for (size_t i = 0; i < cameras; i++) {
        char id[SCRIM_CAMERA_ID_MAX + 1] = {0};
        memcpy(id, names[i], strlen(names[i]));
        result |= scrim_buf_append(&bytes, id, sizeof id);
        result |= scrim_buf_append_u32(&bytes, (uint32_t)i + 1);
        for (uint32_t k = 0; k <= i; k++) {
            uint8_t key[SCRIM_HOUR_KEY];
            memset(key, next++, sizeof key);
            result |= scrim_buf_append_u32(&bytes, 498730 + k);
            result |= scrim_buf_append(&bytes, key, sizeof key);
        }
    }
    require(result, "content");
    uint8_t *block = sodium_malloc(bytes.len);
    memcpy(block, bytes.data, bytes.len);
    require(scrim_hour_keys_parse(block, bytes.len, ret), "parse");
    scrim_buf_finish(&bytes);
}

static void vectors(void)
{
    struct scrim_root_key root = {.generation = 7};
    uint8_t salt[SCRIM_HOUR_RING_SALT];
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof root.key; i++) {
        root.key[i] = (uint8_t)i;
        salt[i] = (uint8_t)(0x80 + i);
    }
    for (size_t cameras = 0; cameras <= 2; cameras++) {
        struct scrim_hour_keys keys;
        struct scrim_buf sealed;
        content(&keys, cameras);
        scrim_buf_init(&sealed, 4096);
        require(scrim_hour_ring_seal(&root, salt, &keys, &sealed), "seal");
        json_array_append_new(list, json_pack("{s:o, s:o}", "content", hex(keys.block, keys.len),
                                              "sealed", hex(sealed.data, sealed.len)));
        scrim_buf_finish(&sealed);
        scrim_hour_keys_finish(&keys);
    }
    json_t *all = json_pack("{s:s, s:i, s:o, s:o, s:o}", "format", "scrim-hour-ring1", "generation",
                            7, "root", hex(root.key, sizeof root.key), "salt",
                            hex(salt, sizeof salt), "rings", list);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void site(void)
{
    struct fixture f;
    fixture_create(&f);
    for (int hour = 0; hour < 5; hour++) {
        fixture_make_key(&f, "quay", FIXTURE_START_US + hour * 3600 * SCRIM_SECOND);
        fixture_make_key(&f, "gate", FIXTURE_START_US + hour * 3600 * SCRIM_SECOND);
    }
    fixture_shred(&f, "quay", FIXTURE_START_US);
    fixture_shred(&f, "gate", FIXTURE_START_US + 3600 * SCRIM_SECOND);
    fixture_make_key(&f, "quay", FIXTURE_START_US + 9 * 3600 * SCRIM_SECOND);
    puts(f.dir);
    fixture_keep(&f);
}

static void past(bool in_tpm)
{
    struct fixture f;
    fixture_create(&f);
    f.config.root_key = in_tpm ? SCRIM_ROOT_KEY_TPM : SCRIM_ROOT_KEY_FILE;
    for (int hour = 1; hour <= 5; hour++)
        fixture_make_key(&f, "quay", scrim_clock_utc_us() - hour * 3600 * SCRIM_SECOND);
    puts(f.dir);
    fixture_keep(&f);
}

static int read_ring(const char *root_text, const char *path)
{
    struct scrim_root_key root = {0};
    struct scrim_hour_keys keys;
    struct scrim_buf sealed;
    scrim_buf_init(&sealed, 1 << 20);
    if (sodium_hex2bin(root.key, sizeof root.key, root_text, strlen(root_text), NULL, NULL, NULL) <
        0)
        return 1;
    require(scrim_fs_read(path, &sealed, NULL), path);
    int result = SCRIM_EFORMAT;
    if (scrim_hour_ring_generation(sealed.data, sealed.len, &root.generation))
        result = scrim_hour_ring_unseal(&root, sealed.data, sealed.len, &keys);
    scrim_buf_finish(&sealed);
    if (result < 0)
        return 1;
    for (size_t i = 0; i < keys.groups_count; i++) {
        for (size_t k = 0; k < keys.groups[i].count; k++) {
            char text[2 * SCRIM_HOUR_KEY + 1];
            const uint64_t hour = scrim_hour_keys_hour(&keys.groups[i], k);
            sodium_bin2hex(text, sizeof text,
                           scrim_hour_keys_find(&keys, keys.groups[i].camera, hour),
                           SCRIM_HOUR_KEY);
            printf("%s %llu %s\n", keys.groups[i].camera, (unsigned long long)hour, text);
        }
    }
    scrim_hour_keys_finish(&keys);
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 2 && strcmp(argv[1], "vectors") == 0)
        vectors();
    else if (argc == 2 && strcmp(argv[1], "site") == 0)
        site();
    else if (argc >= 2 && strcmp(argv[1], "past") == 0)
        past(argc > 2 && strcmp(argv[2], "tpm") == 0);
    else if (argc == 4 && strcmp(argv[1], "read") == 0)
        return read_ring(argv[2], argv[3]);
    else
        return 2;
    return 0;
}
