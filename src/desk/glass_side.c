#include "desk/glass_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "desk/peer_json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 16
#define PATIENCE_US (5 * SCRIM_SECOND)
#define LOOK_MS 1000
#define DUE_MAX 64
#define SEEN_MAX 1024

struct waiting {
    uint32_t number; // 0: this place is free
    int64_t until_us;
    scrim_glass_answered answered;
    void *context;
};

struct scrim_glass_side {
    struct scrim_peers *peers;
    uv_timer_t look;
    json_t *now; // NULL while there is no keeper
    int64_t revision;
    uint32_t last;
    struct waiting waiting[WAITING_MAX];
};

// ---- Questions.

static void end_waiting(struct waiting *waiting, const struct scrim_glass_answer *answer)
{
    const struct waiting ended = *waiting;
    *waiting = (struct waiting){0};
    ended.answered(ended.context, answer);
}

static void on_look(uv_timer_t *timer)
{
    struct scrim_glass_side *side = timer->data;
    const int64_t now_us = scrim_clock_mono_us();
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number && side->waiting[i].until_us <= now_us)
            end_waiting(&side->waiting[i], NULL);
}

bool scrim_glass_side_ask(struct scrim_glass_side *side, struct scrim_glass_ask *ask,
                          scrim_glass_answered answered, void *context)
{
    struct waiting *place = NULL;
    struct scrim_buf body;
    for (size_t i = 0; i < WAITING_MAX && !place; i++)
        if (!side->waiting[i].number)
            place = &side->waiting[i];
    if (!place)
        return false;
    if (++side->last == 0)
        side->last = 1;
    ask->number = side->last;
    scrim_buf_init(&body, sizeof *ask);
    const bool asked =
        scrim_glass_ask_format(ask, &body) >= 0 &&
        scrim_peers_ask_keeper(side->peers, SCRIM_LINK_GLASS_ASK, "", body.data, body.len);
    scrim_buf_finish(&body);
    if (asked)
        *place =
            (struct waiting){ask->number, scrim_clock_mono_us() + PATIENCE_US, answered, context};
    return asked;
}

bool scrim_glass_side_answer(struct scrim_glass_side *side, const void *body, size_t count)
{
    struct scrim_glass_answer answer;
    if (!scrim_glass_answer_parse(body, count, &answer))
        return false;
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (answer.number && side->waiting[i].number == answer.number) {
            end_waiting(&side->waiting[i], &answer);
            break;
        }
    return true;
}

// ---- The state.

static bool is_time(const json_t *object, const char *name)
{
    int64_t ignored;
    return scrim_peer_json_integer(object, name, 0, INT64_MAX, &ignored);
}

static bool is_entry(const json_t *entry)
{
    const json_t *seen = json_object_get(entry, "seen");
    bool fine = is_time(entry, "number") && is_time(entry, "since_us") &&
                is_time(entry, "until_us") && json_is_string(json_object_get(entry, "who")) &&
                json_is_string(json_object_get(entry, "reason")) && json_is_array(seen) &&
                json_array_size(seen) <= SEEN_MAX;
    for (size_t i = 0; fine && i < json_array_size(seen); i++)
        fine = json_is_string(json_array_get(seen, i));
    return fine;
}

static bool is_state(const json_t *state)
{
    const json_t *active = json_object_get(state, "active"), *due = json_object_get(state, "due");
    bool fine = json_is_boolean(json_object_get(state, "on")) && is_time(state, "next_us") &&
                (json_is_null(active) || is_entry(active)) && json_is_array(due) &&
                json_array_size(due) <= DUE_MAX;
    for (size_t i = 0; fine && i < json_array_size(due); i++)
        fine = is_entry(json_array_get(due, i));
    return fine;
}

// Never a number that was there before, also after a restart of the desk.
static void renew(struct scrim_glass_side *side, json_t *now)
{
    const int64_t ms = scrim_clock_utc_us() / 1000;
    json_decref(side->now);
    side->now = now;
    side->revision = ms > side->revision ? ms : side->revision + 1;
}

bool scrim_glass_side_state(struct scrim_glass_side *side, const void *text, size_t count)
{
    json_t *state = count <= SCRIM_GLASS_STATE_MAX
                        ? json_loadb(text, count, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;
    if (!is_state(state)) {
        json_decref(state);
        return false;
    }
    renew(side, state);
    return true;
}

void scrim_glass_side_lost(struct scrim_glass_side *side)
{
    renew(side, NULL);
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number)
            end_waiting(&side->waiting[i], NULL);
}

const json_t *scrim_glass_side_now(const struct scrim_glass_side *side)
{
    return side->now;
}

int64_t scrim_glass_side_revision(const struct scrim_glass_side *side)
{
    return side->now ? side->revision : 0;
}

const char *scrim_glass_side_operator(const struct scrim_glass_side *side)
{
    return json_string_value(json_object_get(json_object_get(side->now, "active"), "who"));
}

static bool has_number(const json_t *entry, uint64_t number)
{
    const json_t *given = json_object_get(entry, "number");
    return given && (uint64_t)json_integer_value(given) == number;
}

const json_t *scrim_glass_side_entry(const struct scrim_glass_side *side, uint64_t number)
{
    const json_t *active = json_object_get(side->now, "active");
    const json_t *due = json_object_get(side->now, "due");
    if (has_number(active, number))
        return active;
    for (size_t i = 0; i < json_array_size(due); i++)
        if (has_number(json_array_get(due, i), number))
            return json_array_get(due, i);
    return NULL;
}

// ---- Life.

struct scrim_glass_side *scrim_glass_side_create(uv_loop_t *loop, struct scrim_peers *peers)
{
    struct scrim_glass_side *side = scrim_new(struct scrim_glass_side);
    side->peers = peers;
    uv_timer_init(loop, &side->look);
    side->look.data = side;
    uv_timer_start(&side->look, on_look, LOOK_MS, LOOK_MS);
    return side;
}

// Whoever waits goes with the connections; what they keep is theirs to free.
void scrim_glass_side_close(struct scrim_glass_side *side)
{
    if (!side)
        return;
    uv_close((uv_handle_t *)&side->look, NULL);
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number)
            end_waiting(&side->waiting[i], NULL);
}

void scrim_glass_side_free(struct scrim_glass_side *side)
{
    if (!side)
        return;
    json_decref(side->now);
    free(side);
}
