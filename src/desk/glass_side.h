// Break-glass as the desk knows it: what the keeper says of it (GLASS_STATE), and questions to the
// keeper, which alone decides (link/glass.h). Loop thread only.
#pragma once

#include "desk/peers.h"
#include "link/glass.h"

#include <jansson.h>
#include <uv.h>

struct scrim_glass_side;

struct scrim_glass_side *scrim_glass_side_create(uv_loop_t *loop, struct scrim_peers *peers);
void scrim_glass_side_close(struct scrim_glass_side *side); // the loop runs once more before _free
void scrim_glass_side_free(struct scrim_glass_side *side);  // both take NULL

// From the peers. False: not what a keeper says.
bool scrim_glass_side_state(struct scrim_glass_side *side, const void *text, size_t count);
bool scrim_glass_side_answer(struct scrim_glass_side *side, const void *body, size_t count);
void scrim_glass_side_lost(struct scrim_glass_side *side); // the keeper is gone

// What the keeper said last: {"on","active","due","next_us"}, docs/ref/formats/glass.md; NULL while
// there is no keeper. Every member is there, and of its kind.
const json_t *scrim_glass_side_now(const struct scrim_glass_side *side);
// Another number for each other state; 0 while there is no keeper.
int64_t scrim_glass_side_revision(const struct scrim_glass_side *side);
// "who" of the break under way; NULL: none is.
const char *scrim_glass_side_operator(const struct scrim_glass_side *side);
// The break of that number, under way or without a review; NULL.
const json_t *scrim_glass_side_entry(const struct scrim_glass_side *side, uint64_t number);

// `answer` is NULL if none comes: the keeper has gone, or is silent for 5 s.
typedef void (*scrim_glass_answered)(void *context, const struct scrim_glass_answer *answer);
// Gives the question its number. False, and no call: no keeper, or too many questions wait.
SCRIM_MUST_CHECK bool scrim_glass_side_ask(struct scrim_glass_side *side,
                                           struct scrim_glass_ask *ask,
                                           scrim_glass_answered answered, void *context);
