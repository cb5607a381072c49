// The measuring core of `scrim bench veil`: annotations, masks from files, figures.
#include "cli/bench_masks.h"
#include "cli/bench_score.h"
#include "test.h"

static int parse(const char *text, struct bench_truth *ret)
{
    struct scrim_error error;
    return bench_truth_parse(text, strlen(text), ret, &error);
}

static void truth_rows(void)
{
    struct bench_truth truth;
    const struct bench_truth_box *boxes;
    REQUIRE(parse("2,7,10,20,30,40,1,-1,-1,-1\n" // MOT15: no class
                  "1,3,0.5,1.25,8,8,1,1,0.4\r\n" // MOT16: pedestrian
                  "1,4,0,0,8,8,1,9,1\n"          // MOT16: something else
                  "1,5,0,0,8,8,0,-4.1,-7.3,0",   // MOT15: not to be scored; no line break
                  &truth) == SCRIM_OK);
    CHECK_INT(truth.frames, 2);
    REQUIRE(bench_truth_of(&truth, 0, &boxes) == 3);
    CHECK_INT(boxes[0].id, 3);
    CHECK(boxes[0].scored && !boxes[1].scored && !boxes[2].scored);
    CHECK(boxes[0].x1 == 8.5F && boxes[0].y1 == 9.25F);
    REQUIRE(bench_truth_of(&truth, 1, &boxes) == 1);
    CHECK(boxes[0].scored && boxes[0].id == 7);
    CHECK_INT(bench_truth_of(&truth, 2, &boxes), 0);
    bench_truth_finish(&truth);
}

static void truth_refuses(void)
{
    static const char *const bad[] = {
        "",
        "\n",
        "1,1,0,0,8,8\n",           // too few columns
        "1,1,0,0,8,8,1,1,1,1,1\n", // too many
        "0,1,0,0,8,8,1\n",         // frames count from 1
        "1,1,0,0,0,8,1\n",         // no width
        "1,1,0,0,8,nan,1\n",
        "1,1,0,0,8,1e300,1\n",
        "1,1,0,0,8,8,1 \n",
        "1;1;0;0;8;8;1\n",
        "1,1,0,0,8,8,\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bench_truth truth;
        CHECK_INT(parse(bad[i], &truth), SCRIM_EFORMAT);
    }
}

#define FRAME_US 100000

// Scores ten frames a second of one person, 40×80 at (40, 40), in a picture of 160×160. A letter a
// frame: 'c' covered, 'l' left half only, '.' nothing masked, 'o' opaque, 'w' the whole picture by
// rectangle.
static struct bench_result score(const char *frames)
{
    struct bench_truth_box boxes[64];
    const size_t count = strlen(frames);
    for (size_t i = 0; i < count; i++)
        boxes[i] = (struct bench_truth_box){(uint32_t)i, 1, 40, 40, 80, 120, true};
    const struct bench_truth truth = {boxes, count, (uint32_t)count};
    static const struct scrim_region covered = {40, 40, 40, 80}, left = {40, 40, 20, 80},
                                     whole = {-8, -8, 500, 500};
    struct bench_score *score = NULL;
    struct bench_result result = {0};
    if (bench_score_create(&truth, 160, 160, &score, NULL) < 0)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct bench_frame_score each;
        struct bench_mask mask = {&covered, 1, frames[i] == 'o'};
        if (frames[i] == 'l')
            mask.rects = &left;
        else if (frames[i] == 'w')
            mask.rects = &whole;
        else if (frames[i] == '.')
            mask.count = 0;
        bench_score_frame(score, (int64_t)i * FRAME_US, &mask, &each);
        CHECK_INT(each.leaked, frames[i] == '.' || frames[i] == 'l');
    }
    CHECK_INT(bench_score_finish(score, &result, NULL), SCRIM_OK);
    bench_score_destroy(score);
    return result;
}

static bool near(double a, double b)
{
    return a > b - 1e-3 && a < b + 1e-3;
}

static void leaks(void)
{
    const struct bench_result result = score("cc.lcc");
    const struct bench_people *all = &result.people[BENCH_HEIGHT_ALL];
    CHECK_INT(all->person_frames, 6);
    CHECK_INT(all->leaked_95, 2);
    CHECK_INT(all->leaked_80, 2);
    CHECK_INT(all->tracks, 1);
    CHECK_INT(all->tracks_exposed, 0); // 0.2 s on end is still allowed
    CHECK(near(all->exposed_s, 0.2) && near(all->longest_s, 0.2));
    CHECK_INT(result.people[BENCH_HEIGHT_60_120].leaked_95, 2);
    CHECK_INT(result.people[BENCH_HEIGHT_OVER_120].person_frames, 0);
}

static void exposure_needs_a_run(void)
{
    CHECK_INT(score("c...c").people[BENCH_HEIGHT_ALL].tracks_exposed, 1);
    CHECK_INT(score("c..c..c..").people[BENCH_HEIGHT_ALL].tracks_exposed, 0);
    CHECK(near(score("c..c...c").people[BENCH_HEIGHT_ALL].longest_s, 0.3));
}

static void opaque_frames(void)
{
    char frames[41] = "oo";
    memset(frames + 2, 'c', 37);
    frames[39] = 'o';
    const struct bench_result result = score(frames);
    CHECK_INT(result.opaque, 3);
    CHECK_INT(result.frames_warm, 10);
    CHECK_INT(result.opaque_warm, 1);
    CHECK_INT(result.people[BENCH_HEIGHT_ALL].leaked_95, 0);
    CHECK(near(result.false_mask, 0));
}

static void false_masks(void)
{
    // The whole picture less the box grown to 48×96.
    const double share = (160.0 * 160 - 48 * 96) / (160 * 160);
    CHECK(near(score("cw").false_mask, share / 2));
    CHECK(near(score("wo").false_mask, share)); // an opaque frame does not count either way
}

static void outside_the_picture(void)
{
    struct bench_truth_box boxes[] = {
        {0, 1, 150, 40, 190, 120, true},  // a quarter inside, and that is covered
        {0, 2, 400, 400, 440, 480, true}, // nowhere
    };
    const struct bench_truth truth = {boxes, 2, 1};
    const struct scrim_region edge = {150, 40, 10, 80};
    const struct bench_mask mask = {&edge, 1, false};
    struct bench_frame_score frame;
    struct bench_result result;
    struct bench_score *score;
    REQUIRE(bench_score_create(&truth, 160, 160, &score, NULL) == SCRIM_OK);
    bench_score_frame(score, 0, &mask, &frame);
    CHECK_INT(bench_score_finish(score, &result, NULL), SCRIM_OK);
    CHECK_INT(result.people[BENCH_HEIGHT_ALL].person_frames, 1);
    CHECK_INT(result.people[BENCH_HEIGHT_ALL].leaked_95, 0);
    bench_score_destroy(score);
}

static void masks_that_end_early(void)
{
    struct bench_truth_box boxes[] = {{0, 1, 0, 0, 8, 8, true}, {5, 1, 0, 0, 8, 8, true}};
    const struct bench_truth truth = {boxes, 2, 6};
    const struct bench_mask mask = {NULL, 0, true};
    struct bench_frame_score frame;
    struct bench_result result;
    struct scrim_error error;
    struct bench_score *score;
    REQUIRE(bench_score_create(&truth, 160, 160, &score, NULL) == SCRIM_OK);
    bench_score_frame(score, 0, &mask, &frame);
    CHECK_INT(bench_score_finish(score, &result, &error), SCRIM_EFORMAT);
    CHECK_TEXT(error.text, "the masks end after 1 frames, the annotation after 6");
    bench_score_destroy(score);
}

static void masks_file(void)
{
    static const char text[] =
        "{\"frame\":0,\"pts\":0.040000,\"rects\":[[8,16,24,32],[-8,0,8,8]],\"opaque\":false}\n"
        "{\"frame\":1,\"pts\":1,\"rects\":[],\"opaque\":true,\"reason\":\"learning\"}\n";
    struct bench_masks *masks = bench_masks_of("masks", text, strlen(text));
    struct bench_mask mask;
    int64_t pts;
    REQUIRE(bench_masks_next(masks, &mask, &pts, NULL) == 1);
    CHECK_INT(pts, 40000);
    REQUIRE(mask.count == 2);
    CHECK(mask.rects[0].x == 8 && mask.rects[0].height == 32 && mask.rects[1].x == -8);
    CHECK(!mask.opaque);
    REQUIRE(bench_masks_next(masks, &mask, &pts, NULL) == 1);
    CHECK(mask.opaque && mask.count == 0);
    CHECK_INT(bench_masks_next(masks, &mask, &pts, NULL), 0);
    bench_masks_close(masks);
}

static void masks_file_refuses(void)
{
    static const char *const bad[] = {
        "{\"frame\":1,\"pts\":0,\"rects\":[],\"opaque\":false}\n", // does not start at 0
        "{\"frame\":0,\"pts\":0,\"rects\":[],\"opaque\":false}",   // cut off
        "{\"frame\":0,\"pts\":0,\"rects\":[]}\n",
        "{\"frame\":0,\"pts\":0,\"rects\":[[1,2,3]],\"opaque\":false}\n",
        "{\"frame\":0,\"pts\":0,\"rects\":[[1,2,-3,4]],\"opaque\":false}\n",
        "{\"frame\":0,\"pts\":0,\"rects\":[[1,2,3,99999999999]],\"opaque\":false}\n",
        "{\"frame\":0,\"pts\":0,\"rects\":7,\"opaque\":false}\n",
        "{\"frame\":0,\"pts\":1e30,\"rects\":[],\"opaque\":false}\n",
        "[]\n",
        "nonsense\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bench_masks *masks = bench_masks_of("masks", bad[i], strlen(bad[i]));
        struct bench_mask mask;
        struct scrim_error error;
        int64_t pts;
        CHECK_INT(bench_masks_next(masks, &mask, &pts, &error), SCRIM_EFORMAT);
        CHECK(strncmp(error.text, "masks: line 1: ", 15) == 0);
        bench_masks_close(masks);
    }
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"truth rows", truth_rows},
                                    {"truth refuses", truth_refuses},
                                    {"leaks", leaks},
                                    {"exposure needs a run", exposure_needs_a_run},
                                    {"opaque frames", opaque_frames},
                                    {"false masks", false_masks},
                                    {"people outside the picture", outside_the_picture},
                                    {"masks that end early", masks_that_end_early},
                                    {"masks file", masks_file},
                                    {"masks file refuses", masks_file_refuses},
                                    {0}});
}
