// What scrim-camload sends is exact: stamps survive emulation prevention, packets are those of
// RFC 6184 and RFC 7798. The matching of a soak rests on it.
#include "../../sim/load/clip.h"
#include "../../sim/load/stamp.h"
#include "base/fs.h"
#include "test.h"

static void stamp_roundtrip(void)
{
    static const struct stamp stamps[] = {
        {0, 0, 0},
        {1, 2, 3},
        {0x00000300, 0x0000000000000100, 0x0000010000000001},
        {UINT32_MAX, UINT64_MAX, INT64_MAX},
        {7, 65536, INT64_C(1795428001000000)},
    };
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        for (enum scrim_codec codec = SCRIM_CODEC_H264; codec <= SCRIM_CODEC_H265; codec++) {
            const struct stamp *in = &stamps[i];
            struct stamp out = {0};
            uint8_t nal[STAMP_MAX];
            const size_t size = stamp_write(codec, in->camera, in->unit, in->utc_us, nal);
            CHECK(size <= sizeof nal);
            for (size_t at = 2; at < size; at++) // no start code, nothing to be escaped
                CHECK(nal[at] > 3 || nal[at - 1] != 0 || nal[at - 2] != 0 ||
                      (nal[at] == 3 && at + 1 < size));
            const uint8_t *uuid = memmem(nal, size, stamp_uuid, STAMP_UUID);
            REQUIRE(uuid);
            CHECK(stamp_read(uuid, (size_t)(nal + size - uuid), &out));
            CHECK_INT(out.camera, in->camera);
            CHECK(out.unit == in->unit);
            CHECK_INT(out.utc_us, in->utc_us);
            CHECK(!stamp_read(uuid, STAMP_UUID + 4, &out));
        }
    }
}

static void append_nal(struct scrim_buf *file, uint8_t header, size_t size)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    CHECK_INT(scrim_buf_append(file, start_code, sizeof start_code), 0);
    CHECK_INT(scrim_buf_append_u8(file, header), 0);
    for (size_t i = 1; i < size; i++)
        CHECK_INT(scrim_buf_append_u8(file, (uint8_t)(0x80 | i)), 0);
}

// A P picture before the first key frame, then SPS, PPS, IDR of 4,000 bytes, and P.
static const struct clip *load(void)
{
    static struct clip clip; // lives as long as the process
    struct scrim_buf file;
    struct scrim_error error = {0};
    char dir[256], path[SCRIM_PATH_MAX];
    if (clip.units_count > 0)
        return &clip;
    test_make_dir(dir);
    scrim_buf_init(&file, 1 << 20);
    append_nal(&file, 0x41, 100);
    append_nal(&file, 0x67, 20);
    append_nal(&file, 0x68, 8);
    append_nal(&file, 0x65, 4000);
    append_nal(&file, 0x41, 1400);
    snprintf(path, sizeof path, "%s/clip.h264", dir);
    CHECK_INT(scrim_fs_replace(path, file.data, file.len, 0600, &error), 0);
    CHECK_INT(clip_load(path, &clip, &error), 0);
    scrim_buf_finish(&file);
    test_remove_dir(dir);
    return &clip;
}

static const uint8_t *packet(const struct clip *clip, uint32_t at)
{
    return clip->bytes + clip->packets[at].at;
}

static void units_and_packets(void)
{
    const struct clip *clip = load();
    REQUIRE(clip->units_count == 2);
    CHECK_INT(clip->sets_count, 2);
    const struct clip_unit *key = &clip->units[0], *next = &clip->units[1];
    CHECK(key->random && !next->random);
    CHECK_INT(key->lead, 2);
    CHECK_INT(key->count, 5); // SPS, PPS, three fragments
    CHECK_INT(next->count, 1);
    CHECK_INT(next->lead, 0);
    for (uint32_t i = 0; i < key->count; i++) {
        const uint8_t *bytes = packet(clip, key->first + i);
        const uint32_t size = clip->packets[key->first + i].size;
        CHECK_INT(bytes[0], '$');
        CHECK_INT(bytes[2] << 8 | bytes[3], size - 4);
        CHECK_INT(bytes[5] >> 7, i == key->count - 1); // marker
        CHECK(size <= CLIP_PACKET_HEAD + CLIP_PAYLOAD_MAX);
    }
    CHECK_INT(packet(clip, next->first)[5] >> 7, 1);
}

static void fragments(void)
{
    const struct clip *clip = load();
    REQUIRE(clip->units_count == 2);
    const struct clip_unit *key = &clip->units[0];
    uint8_t nal[4000] = {0x65};
    size_t size = 1;
    for (uint32_t i = key->lead; i < key->count; i++) {
        const uint8_t *payload = packet(clip, key->first + i) + CLIP_PACKET_HEAD;
        const size_t more = clip->packets[key->first + i].size - CLIP_PACKET_HEAD - 2;
        CHECK_INT(payload[0], 0x60 | 28);
        CHECK_INT(payload[1], 5 | (i == key->lead ? 0x80 : 0) | (i == key->count - 1 ? 0x40 : 0));
        REQUIRE(size + more <= sizeof nal);
        memcpy(nal + size, payload + 2, more);
        size += more;
    }
    CHECK_INT(size, 4000);
    CHECK_INT(nal[3999], (uint8_t)(0x80 | 3999));
}

static void no_clip(void)
{
    struct clip clip;
    struct scrim_error error = {0};
    char dir[256], path[SCRIM_PATH_MAX];
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/empty.h265", dir);
    CHECK_INT(scrim_fs_replace(path, "nothing", 7, 0600, &error), 0);
    CHECK_INT(clip_load(path, &clip, &error), SCRIM_EFORMAT);
    test_remove_dir(dir);
    CHECK_INT(clip_load("clip.mp4", &clip, &error), SCRIM_EINVAL);
    CHECK(strstr(error.text, "clip.mp4"));
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"stamps come back as they were", stamp_roundtrip},
                                    {"a clip is cut into units and packets", units_and_packets},
                                    {"fragments make the NAL unit again", fragments},
                                    {"what is no clip is refused", no_clip},
                                    {0}});
}
