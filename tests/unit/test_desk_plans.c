// Pictures that are taken and refused, places, headers of maps.
#include "desk/image_header.h"
#include "desk/place.h"
#include "desk/plans.h"
#include "desk/pmtiles.h"

#include "test.h"

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define WEBP(chunk) "RIFF\x20\0\0\0WEBP" chunk "\x0a\0\0\0"

struct picture {
    const char *bytes;
    size_t count;
    enum scrim_image_kind kind;
    unsigned width, height; // 0: refused
};
#define BYTES(text) text, sizeof(text) - 1

static void what_a_picture_says(void)
{
    static const struct picture cases[] = {
        {BYTES(PNG "\0\0\x09\x60\0\0\x06\x40"), SCRIM_IMAGE_PNG, 2400, 1600},
        {BYTES(PNG "\0\0\x20\x01\0\0\x06\x40"), SCRIM_IMAGE_PNG, 0, 0}, // 8193 wide
        {BYTES(PNG "\0\0\0\0\0\0\x06\x40"), SCRIM_IMAGE_PNG, 0, 0},
        {BYTES(PNG "\0\0\x09\x60\0\0\x06"), SCRIM_IMAGE_PNG, 0, 0}, // cut off
        {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rtEXt\0\0\0\1\0\0\0\1"), SCRIM_IMAGE_PNG, 0, 0},
        {BYTES("\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\x08\1\0\2\0"), SCRIM_IMAGE_JPEG, 512, 256},
        {BYTES("\xff\xd8\xff\xff\xff\xc2\0\x11\x08\1\0\2\0"), SCRIM_IMAGE_JPEG, 512, 256},
        {BYTES("\xff\xd8\xff\xc4\0\2\xff\xc1\0\x11\x08\0\7\0\x09"), SCRIM_IMAGE_JPEG, 9, 7},
        {BYTES("\xff\xd8\xff\xe0\xff\xff"
               "ab"),
         SCRIM_IMAGE_JPEG, 0, 0}, // a segment beyond the end
        {BYTES("\xff\xd8\xff\xe0\0\1ab\xff\xc0"), SCRIM_IMAGE_JPEG, 0, 0},
        {BYTES("\xff\xd8\xff\xd9"), SCRIM_IMAGE_JPEG, 0, 0}, // ends before a picture
        {BYTES("\xff\xd8\xff"), SCRIM_IMAGE_JPEG, 0, 0},
        {BYTES(WEBP("VP8X") "\0\0\0\0\x7f\x02\0\xdf\x01\0"), SCRIM_IMAGE_WEBP, 640, 480},
        {BYTES(WEBP("VP8X") "\2\0\0\0\x7f\x02\0\xdf\x01\0"), SCRIM_IMAGE_WEBP, 0, 0}, // moves
        {BYTES(WEBP("VP8L") "\x2f\x7f\xc2\x77\0\0\0\0\0\0"), SCRIM_IMAGE_WEBP, 640, 480},
        {BYTES(WEBP("VP8 ") "\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"), SCRIM_IMAGE_WEBP, 640, 480},
        {BYTES(WEBP("VP8 ") "\0\0\0\x9d\x01\x2b\x80\x02\xe0\x01"), SCRIM_IMAGE_WEBP, 0, 0},
        {BYTES("RIFF\x20\0\0\0WEBPVP8"), SCRIM_IMAGE_WEBP, 0, 0},
        {BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), SCRIM_IMAGE_PNG, 0, 0},
        {BYTES("GIF89a\1\0\1\0"), SCRIM_IMAGE_PNG, 0, 0},
        {BYTES(""), SCRIM_IMAGE_PNG, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_image_header head = {0};
        struct scrim_error error = {0};
        const int result = scrim_image_header_parse(cases[i].bytes, cases[i].count, &head, &error);
        if (cases[i].width == 0) {
            CHECK(result == SCRIM_EFORMAT);
            CHECK(error.text[0] != '\0');
        } else {
            CHECK(result == SCRIM_OK);
            CHECK(head.kind == cases[i].kind);
            CHECK(head.width == cases[i].width && head.height == cases[i].height);
        }
    }
}

static void places_are_checked_whole(void)
{
#define VIEW ",\"heading\":90,\"angle\":70,\"reach\":"
    static const struct {
        const char *text;
        bool fits;
    } cases[] = {
        {"{\"plan\":\"0123456789abcdef\",\"x\":0,\"y\":1" VIEW "0.2}", true},
        {"{\"lat\":53.5,\"lon\":10" VIEW "40}", true},
        {"{\"lat\":53.5,\"lon\":10" VIEW "40,\"x\":1}", false},
        {"{\"plan\":\"0123456789abcdef\",\"x\":0,\"y\":1.01" VIEW "0.2}", false},
        {"{\"plan\":\"0123456789abcdef\",\"x\":0,\"y\":1" VIEW "3}", false},
        {"{\"plan\":\"0123456789abcdef\",\"x\":0,\"y\":\"1\"" VIEW "1}", false},
        {"{\"plan\":\"../0123456789abc\",\"x\":0,\"y\":1" VIEW "0.2}", false},
        {"{\"plan\":7,\"x\":0,\"y\":1" VIEW "0.2}", false},
        {"{\"x\":0,\"y\":1" VIEW "0.2}", false},
        {"{\"lat\":53.5,\"lon\":181" VIEW "40}", false},
        {"{\"lat\":53.5,\"lon\":10,\"heading\":360,\"angle\":70,\"reach\":40}", false},
        {"{\"lat\":53.5,\"lon\":10,\"heading\":0,\"angle\":0,\"reach\":40}", false},
        {"{}", false},
        {"[]", false},
        {"null", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_error error = {0};
        json_t *place = json_loads(cases[i].text, JSON_DECODE_ANY, NULL);
        CHECK(place != NULL);
        CHECK((scrim_place_check(place, &error) >= 0) == cases[i].fits);
        CHECK(cases[i].fits || error.text[0] != '\0');
        json_decref(place);
    }
}

static void names_of_plans(void)
{
    char longest[SCRIM_PLAN_NAME_MAX + 2] = {0};
    memset(longest, 'a', SCRIM_PLAN_NAME_MAX);
    CHECK(scrim_plan_name_valid("Erdgeschoß <b>"));
    CHECK(scrim_plan_name_valid(longest));
    longest[SCRIM_PLAN_NAME_MAX] = 'a';
    CHECK(!scrim_plan_name_valid(longest));
    CHECK(!scrim_plan_name_valid(""));
    CHECK(!scrim_plan_name_valid("two\nlines"));
    CHECK(!scrim_plan_name_valid("\xff\xfe"));
}

static void the_header_of_a_map(void)
{
    uint8_t head[SCRIM_PMTILES_HEADER] = "PMTiles\3";
    static const uint8_t bounds[16] = {
        0x00, 0xe1, 0xf5, 0x05, // 10° east
        0x80, 0x43, 0xd9, 0x1f, // 53.43°
        0x80, 0x77, 0x8e, 0x06, // 11°
        0x00, 0x0f, 0x97, 0x20, // 54.67°
    };
    struct scrim_pmtiles_header found;
    struct scrim_error error;
    CHECK(scrim_pmtiles_parse(head, sizeof head, &found, &error) == SCRIM_EFORMAT);
    head[99] = 2;
    head[101] = 15;
    CHECK(scrim_pmtiles_parse(head, sizeof head, &found, &error) == SCRIM_EFORMAT); // no bounds
    memcpy(head + 102, bounds, sizeof bounds);
    CHECK(scrim_pmtiles_parse(head, sizeof head - 1, &found, &error) == SCRIM_EFORMAT);
    CHECK(scrim_pmtiles_parse(head, sizeof head, &found, &error) == SCRIM_OK);
    CHECK(strcmp(found.tiles, "png") == 0 && found.max_zoom == 15);
    CHECK(found.west == 10.0 && found.east == 11.0);
    head[7] = 2;
    CHECK(scrim_pmtiles_parse(head, sizeof head, &found, &error) == SCRIM_EFORMAT);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"what a picture says of itself", what_a_picture_says},
                                    {"places are checked whole", places_are_checked_whole},
                                    {"names of plans", names_of_plans},
                                    {"the header of a map", the_header_of_a_map},
                                    {0}});
}
