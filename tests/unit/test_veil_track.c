// Boxes between detector runs: on the line between two, further along after the last, never for
// long.
#include "test.h"
#include "veil/track.h"

#define W 640
#define H 480
#define REACH_US 500000

static struct scrim_box box_at(float x, float y, float score)
{
    return (struct scrim_box){x, y, x + 30, y + 80, score, SCRIM_CLASS_PERSON};
}

static void see(struct scrim_tracks *tracks, int64_t at_us, struct scrim_box box, bool stands_out)
{
    CHECK(scrim_tracks_observe(tracks, at_us, &box, &stands_out, 1));
}

static void see_nobody(struct scrim_tracks *tracks, int64_t at_us)
{
    CHECK(scrim_tracks_observe(tracks, at_us, NULL, NULL, 0));
}

static bool holds(const struct scrim_place *place, float x, float y)
{
    return place->box.x0 <= x && place->box.x1 >= x + 30 && place->box.y0 <= y &&
           place->box.y1 >= y + 80;
}

static void between_two_boxes(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    see(tracks, 1000000, box_at(100, 100, 0.8F), true);
    see(tracks, 1400000, box_at(120, 110, 0.8F), true);
    CHECK_INT(scrim_tracks_at(tracks, 1200000, places, 8), 1);
    CHECK(holds(&places[0], 110, 105));
    CHECK(places[0].box.x1 - places[0].box.x0 < 40); // moved, not smeared
    CHECK_INT(scrim_tracks_at(tracks, 1600000, places, 8), 1);
    CHECK(holds(&places[0], 130, 115)); // further along
    CHECK_INT(scrim_tracks_at(tracks, 800000, places, 8), 1);
    CHECK(holds(&places[0], 90, 95)); // and back
    CHECK_INT(scrim_tracks_at(tracks, 1000000 - REACH_US - 1, places, 8), 0);
    scrim_tracks_destroy(tracks);
}

// More than a width between two runs is still one person, not two.
static void fast_walker(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    for (int i = 0; i < 5; i++)
        see(tracks, 1000000 + i * 400000, box_at(50 + 45.0F * (float)i, 100, 0.8F), true);
    CHECK_INT(scrim_tracks_at(tracks, 2400000, places, 8), 1);
    CHECK(holds(&places[0], 50 + 45 * 3.5F, 100));
    scrim_tracks_destroy(tracks);
}

// Weak boxes on plain ground say nothing for sure; standing out or a good score does.
static void sure_and_doubtful(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    see(tracks, 1000000, box_at(100, 100, 0.8F), false);
    CHECK_INT(scrim_tracks_at(tracks, 1000000, places, 8), 1);
    CHECK(places[0].sure);
    for (int i = 1; i < 4; i++)
        see(tracks, 1000000 + i * 300000, box_at(100, 100, 0.3F), false);
    CHECK_INT(scrim_tracks_at(tracks, 1100000, places, 8), 1);
    CHECK(places[0].sure); // beside the good one
    CHECK_INT(scrim_tracks_at(tracks, 1700000, places, 8), 1);
    CHECK(!places[0].sure && !places[0].lost);
    see(tracks, 2200000, box_at(100, 100, 0.3F), true);
    CHECK_INT(scrim_tracks_at(tracks, 2200000, places, 8), 1);
    CHECK(places[0].sure);
    see_nobody(tracks, 2500000);
    CHECK_INT(scrim_tracks_at(tracks, 2600000, places, 8), 1);
    CHECK(!places[0].sure && places[0].lost);
    scrim_tracks_destroy(tracks);
}

// A number is of one appearance: it stays while somebody is there, and comes back for nobody.
static void numbers(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    see(tracks, 1000000, box_at(100, 100, 0.8F), true);
    CHECK_INT(scrim_tracks_at(tracks, 1000000, places, 8), 1);
    const uint32_t first = places[0].number;
    CHECK(first != 0);
    see(tracks, 1300000, box_at(110, 100, 0.8F), true);
    CHECK_INT(scrim_tracks_at(tracks, 1300000, places, 8), 1);
    CHECK_INT(places[0].number, first);
    see_nobody(tracks, 2000000);
    see_nobody(tracks, 4000000);
    see(tracks, 4300000, box_at(110, 100, 0.8F), true); // the same place, perhaps the same person
    CHECK_INT(scrim_tracks_at(tracks, 4300000, places, 8), 1);
    CHECK(places[0].number != first);
    scrim_tracks_destroy(tracks);
}

static void trail_of_the_slow(void)
{
    struct scrim_tracks *slow = scrim_tracks_create(W, H, REACH_US);
    struct scrim_tracks *fast = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    for (int i = 0; i < 4; i++) {
        see(slow, 1000000 + i * 300000, box_at(100 + 4.0F * (float)i, 100, 0.8F), true);
        see(fast, 1000000 + i * 300000, box_at(100 + 20.0F * (float)i, 100, 0.8F), true);
    }
    CHECK_INT(scrim_tracks_trail(slow, 1900000, 600000, places, 8), 1);
    CHECK(holds(&places[0], 104, 100)); // where they were
    CHECK_INT(scrim_tracks_trail(fast, 1900000, 600000, places, 8), 0);
    scrim_tracks_destroy(slow);
    scrim_tracks_destroy(fast);
}

static void lost_and_ended(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    see(tracks, 1000000, box_at(100, 100, 0.8F), true);
    see(tracks, 1400000, box_at(100, 100, 0.8F), true);
    CHECK_INT(scrim_tracks_at(tracks, 9000000, places, 8), 1); // nobody has looked since
    CHECK(!places[0].lost);
    see_nobody(tracks, 1800000);
    CHECK_INT(scrim_tracks_at(tracks, 1300000, places, 8), 1);
    CHECK(!places[0].lost); // it was seen after that
    CHECK_INT(scrim_tracks_at(tracks, 1900000, places, 8), 1);
    CHECK(places[0].lost);
    CHECK_INT(scrim_tracks_at(tracks, 3000000, places, 8), 0);
    see(tracks, 4000000, box_at(300, 100, 0.8F), false);
    see_nobody(tracks, 4400000);
    CHECK_INT(scrim_tracks_at(tracks, 4400000, places, 8), 1);
    CHECK(!places[0].lost); // the background could not tell
    scrim_tracks_destroy(tracks);
}

static void weak_boxes_continue_only(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    see(tracks, 1000000, box_at(100, 100, 0.3F), true);
    CHECK_INT(scrim_tracks_at(tracks, 1000000, places, 8), 0);
    see(tracks, 1400000, box_at(100, 100, 0.8F), true);
    see(tracks, 1800000, box_at(104, 100, 0.3F), true);
    see_nobody(tracks, 2200000);
    CHECK_INT(scrim_tracks_at(tracks, 2800000, places, 8), 1); // held from the weak one on
    scrim_tracks_destroy(tracks);
}

static void classes_do_not_mix(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_place places[8];
    struct scrim_box car = box_at(100, 100, 0.8F);
    car.class = SCRIM_CLASS_VEHICLE;
    see(tracks, 1000000, box_at(100, 100, 0.8F), true);
    see(tracks, 1400000, car, true);
    CHECK_INT(scrim_tracks_at(tracks, 1400000, places, 8), 2);
    scrim_tracks_destroy(tracks);
}

static void full_house(void)
{
    struct scrim_tracks *tracks = scrim_tracks_create(W, H, REACH_US);
    struct scrim_box boxes[SCRIM_BOXES_MAX];
    bool stands_out[SCRIM_BOXES_MAX] = {0};
    struct scrim_place places[SCRIM_BOXES_MAX];
    for (int i = 0; i < SCRIM_BOXES_MAX; i++)
        boxes[i] = box_at((float)(i % 32) * 19, (float)(i / 32) * 25, 0.9F);
    CHECK(scrim_tracks_observe(tracks, 1000000, boxes, stands_out, SCRIM_BOXES_MAX));
    CHECK(scrim_tracks_observe(tracks, 1400000, boxes, stands_out, SCRIM_BOXES_MAX));
    CHECK_INT(scrim_tracks_at(tracks, 1400000, places, SCRIM_BOXES_MAX), SCRIM_BOXES_MAX);
    for (int i = 0; i < SCRIM_BOXES_MAX; i++)
        boxes[i].class = SCRIM_CLASS_VEHICLE; // all of them new
    CHECK(!scrim_tracks_observe(tracks, 1800000, boxes, stands_out, SCRIM_BOXES_MAX));
    CHECK_INT(scrim_tracks_at(tracks, 1800000, places, 5), 5);
    scrim_tracks_reset(tracks);
    CHECK_INT(scrim_tracks_at(tracks, 1800000, places, SCRIM_BOXES_MAX), 0);
    scrim_tracks_destroy(tracks);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"between two boxes", between_two_boxes},
                                    {"fast walker", fast_walker},
                                    {"sure and doubtful", sure_and_doubtful},
                                    {"numbers are of one appearance", numbers},
                                    {"the slow are trailed", trail_of_the_slow},
                                    {"lost and ended", lost_and_ended},
                                    {"weak boxes continue only", weak_boxes_continue_only},
                                    {"classes do not mix", classes_do_not_mix},
                                    {"full house", full_house},
                                    {0}});
}
