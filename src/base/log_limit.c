#include "base/log_limit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SETS 64
#define WAYS 4

struct bucket {
    uint64_t key; // 0: free
    int64_t filled_us, seen_us;
    unsigned tokens;
    struct scrim_log_held held;
};

struct table {
    unsigned burst;
    struct bucket buckets[SETS][WAYS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // leaf lock, protects all below
static struct table words = {.burst = SCRIM_LOG_BURST}, places = {.burst = SCRIM_LOG_VARIED};
static unsigned holding;      // buckets with held lines
static int64_t settle_due_us; // no bucket is due before

// FNV-1a, with the end of each text in it.
static uint64_t add_text(uint64_t hash, const char *text)
{
    for (;; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
        if (*text == '\0')
            return hash;
    }
}

static uint64_t key_of(const struct scrim_log_line *line, bool with_words)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)line->level;
    hash = add_text(add_text(hash, line->name), line->format);
    if (with_words)
        hash = add_text(hash, line->text);
    return hash != 0 ? hash : 1;
}

static void take_held(struct bucket *bucket, struct scrim_log_held *ret)
{
    *ret = bucket->held;
    bucket->held.count = 0;
    holding--;
}

static struct bucket *find(struct table *table, uint64_t key, int64_t now_us,
                           struct scrim_log_held *ret_gone)
{
    struct bucket *set = table->buckets[key % SETS], *oldest = set;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].seen_us < oldest->seen_us)
            oldest = &set[i];
    }
    if (oldest->held.count > 0)
        take_held(oldest, ret_gone);
    *oldest = (struct bucket){.key = key, .filled_us = now_us, .tokens = table->burst};
    return oldest;
}

static void fill(const struct table *table, struct bucket *bucket, int64_t now_us)
{
    const int64_t periods = (now_us - bucket->filled_us) / SCRIM_LOG_PERIOD_US;
    bucket->seen_us = now_us;
    if (periods <= 0)
        return;
    bucket->filled_us += periods * SCRIM_LOG_PERIOD_US;
    bucket->tokens = periods >= table->burst - bucket->tokens ? table->burst
                                                              : bucket->tokens + (unsigned)periods;
}

static void hold(struct bucket *bucket, const struct scrim_log_line *line)
{
    struct scrim_log_held *held = &bucket->held;
    if (held->count++ == 0)
        holding++;
    held->level = line->level;
    snprintf(held->name, sizeof held->name, "%s", line->name);
    snprintf(held->text, sizeof held->text, "%s", line->text);
}

static uint64_t take_count(struct bucket *bucket)
{
    struct scrim_log_held held = {0};
    if (bucket->held.count > 0)
        take_held(bucket, &held);
    return held.count;
}

static bool limit_locked(const struct scrim_log_line *line, int64_t now_us, uint64_t *ret_like,
                         struct scrim_log_held ret_gone[2])
{
    // The place comes first: words that it does not let through take no bucket from others.
    struct bucket *place = find(&places, key_of(line, false), now_us, &ret_gone[0]);
    fill(&places, place, now_us);
    if (place->tokens == 0) {
        hold(place, line);
        return false;
    }
    struct bucket *same = find(&words, key_of(line, true), now_us, &ret_gone[1]);
    fill(&words, same, now_us);
    if (same->tokens == 0) {
        hold(same, line);
        return false;
    }
    place->tokens--;
    same->tokens--;
    *ret_like = take_count(same) + take_count(place);
    return true;
}

bool scrim_log_limit(const struct scrim_log_line *line, int64_t now_us, uint64_t *ret_like,
                     struct scrim_log_held ret_gone[2])
{
    *ret_like = 0;
    ret_gone[0].count = ret_gone[1].count = 0;
    pthread_mutex_lock(&lock);
    const bool written = limit_locked(line, now_us, ret_like, ret_gone);
    pthread_mutex_unlock(&lock);
    return written;
}

static bool settle_table(struct table *table, int64_t now_us, struct scrim_log_held *ret)
{
    for (unsigned i = 0; i < SETS * WAYS; i++) {
        struct bucket *bucket = &table->buckets[i / WAYS][i % WAYS];
        if (bucket->held.count > 0 && now_us - bucket->seen_us >= SCRIM_LOG_PERIOD_US) {
            take_held(bucket, ret);
            return true;
        }
    }
    return false;
}

bool scrim_log_limit_settle(int64_t now_us, struct scrim_log_held *ret)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    if (holding > 0 && now_us >= settle_due_us) {
        found = settle_table(&words, now_us, ret) || settle_table(&places, now_us, ret);
        if (!found)
            settle_due_us = now_us + SCRIM_LOG_PERIOD_US / 10;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void scrim_log_limit_reset(void)
{
    pthread_mutex_lock(&lock);
    memset(words.buckets, 0, sizeof words.buckets);
    memset(places.buckets, 0, sizeof places.buckets);
    holding = 0;
    settle_due_us = 0;
    pthread_mutex_unlock(&lock);
}
