// Overload, with a modelled worker: cameras that send, one core that works off what waits.
#include "base/clock.h"
#include "test.h"
#include "veil/load.h"

#define TICK_US (SCRIM_SECOND / 5)
#define MINUTE_US (60 * SCRIM_SECOND)
#define CAMERAS 12

struct model {
    struct scrim_load *load;
    int64_t now_us, waiting_us; // waiting: work that has arrived and is not done
    int64_t worst_us;           // the most that it was
    int64_t dark_us[CAMERAS];
    int64_t begun_us; // of the figures
};

// What the cameras ask of the core, permille: decoding goes on for every camera that is lit, the
// rest is done for one picture in `divisor`.
struct demand {
    int decode, rest;
};

static void run(struct model *model, struct demand demand, int64_t how_long_us)
{
    const int64_t until_us = model->now_us + how_long_us;
    for (; model->now_us < until_us; model->now_us += TICK_US) {
        scrim_load_report(model->load, model->now_us, model->waiting_us);
        int lit = 0;
        for (unsigned i = 0; i < CAMERAS; i++) {
            const bool dark = scrim_load_dark(model->load, i);
            lit += !dark;
            model->dark_us[i] += dark ? TICK_US : 0;
            CHECK(!dark || scrim_load_divisor(model->load) == 4); // the rate goes first
        }
        const int asked = demand.decode + demand.rest / (int)scrim_load_divisor(model->load);
        model->waiting_us += TICK_US * asked * lit / CAMERAS / 1000 - TICK_US;
        model->waiting_us = model->waiting_us > 0 ? model->waiting_us : 0;
        if (model->waiting_us > model->worst_us)
            model->worst_us = model->waiting_us;
    }
}

static struct model new_model(void)
{
    return (struct model){.load = scrim_load_create(CAMERAS)};
}

static void forget_figures(struct model *model)
{
    model->begun_us = model->now_us;
    model->worst_us = 0;
    memset(model->dark_us, 0, sizeof model->dark_us);
}

static int64_t dark_of_all(const struct model *model)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < CAMERAS; i++)
        sum += model->dark_us[i];
    return sum;
}

static void enough(void)
{
    struct model model = new_model();
    run(&model, (struct demand){200, 700}, 10 * MINUTE_US);
    CHECK_INT(scrim_load_steps(model.load), 0);
    scrim_load_destroy(model.load);
}

// Twice too much, of which decoding is little: every second or fourth picture is enough. What has
// gathered meanwhile may cost some cameras half a minute, once.
static void rate_is_enough(void)
{
    struct model model = new_model();
    run(&model, (struct demand){300, 1700}, 10 * MINUTE_US);
    CHECK(dark_of_all(&model) < MINUTE_US);
    CHECK(model.worst_us < 8 * SCRIM_SECOND);
    forget_figures(&model);
    run(&model, (struct demand){300, 1700}, 10 * MINUTE_US);
    CHECK_INT(dark_of_all(&model), 0);
    CHECK(model.worst_us < 3 * SCRIM_SECOND);
    scrim_load_destroy(model.load);
}

// Twice too much after all rate is shed: half of the cameras at a time, each for as long.
static void dark_in_turn(void)
{
    struct model model = new_model();
    run(&model, (struct demand){1500, 2000}, 5 * MINUTE_US);
    forget_figures(&model);
    run(&model, (struct demand){1500, 2000}, 60 * MINUTE_US);
    int64_t least = INT64_MAX, most = 0;
    for (unsigned i = 0; i < CAMERAS; i++) {
        least = model.dark_us[i] < least ? model.dark_us[i] : least;
        most = model.dark_us[i] > most ? model.dark_us[i] : most;
    }
    const int64_t share = dark_of_all(&model) * 100 / CAMERAS / (model.now_us - model.begun_us);
    CHECK(share >= 40 && share <= 75); // percent; half would be just enough
    CHECK(most - least < 5 * MINUTE_US);
    CHECK(least > 20 * MINUTE_US);
    CHECK(model.worst_us < 20 * SCRIM_SECOND);
    scrim_load_destroy(model.load);
}

// Whatever it was, it is over.
static void recovers(void)
{
    struct model model = new_model();
    run(&model, (struct demand){9000, 30000}, 10 * MINUTE_US);
    CHECK(dark_of_all(&model) > 0);
    run(&model, (struct demand){100, 300}, 2 * MINUTE_US);
    forget_figures(&model);
    run(&model, (struct demand){100, 300}, MINUTE_US);
    CHECK_INT(dark_of_all(&model), 0);
    CHECK_INT(scrim_load_divisor(model.load), 1);
    CHECK_INT(model.worst_us, 0);
    scrim_load_destroy(model.load);
}

// Even if nothing is enough, the rest of the machine is not waited for without end: all are dark.
static void hopeless(void)
{
    struct model model = new_model();
    run(&model, (struct demand){50000, 50000}, 5 * MINUTE_US);
    forget_figures(&model);
    run(&model, (struct demand){50000, 50000}, MINUTE_US);
    CHECK(dark_of_all(&model) > CAMERAS * MINUTE_US * 9 / 10);
    scrim_load_destroy(model.load);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"enough", enough},
                                    {"rate is enough", rate_is_enough},
                                    {"dark in turn", dark_in_turn},
                                    {"recovers", recovers},
                                    {"hopeless", hopeless},
                                    {0}});
}
