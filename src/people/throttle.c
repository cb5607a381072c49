#include "people/throttle.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 4096
#define FORGET_US (3600 * SCRIM_SECOND)
#define KEY_MAX 80

struct limit {
    char prefix;   // what kind of key
    unsigned free; // failures without a wait
    int64_t ceiling_us;
};

static const struct limit user_limit = {'u', 4, 30 * SCRIM_SECOND};
static const struct limit address_limit = {'a', 12, 900 * SCRIM_SECOND};

struct entry {
    char key[KEY_MAX]; // "" for none
    unsigned failures;
    int64_t last_us, blocked_until_us;
};

struct scrim_throttle {
    struct entry entries[ENTRIES];
};

struct scrim_throttle *scrim_throttle_create(void)
{
    return scrim_new(struct scrim_throttle);
}

void scrim_throttle_destroy(struct scrim_throttle *throttle)
{
    free(throttle);
}

static void make_key(const struct limit *limit, const char *name, char ret[KEY_MAX])
{
    snprintf(ret, KEY_MAX, "%c%s", limit->prefix, name);
}

static struct entry *find(struct scrim_throttle *throttle, const struct limit *limit,
                          const char *name)
{
    char key[KEY_MAX];
    make_key(limit, name, key);
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(throttle->entries[i].key, key) == 0)
            return &throttle->entries[i];
    return NULL;
}

// The entry of this key: a new one takes the place of the one that failed longest ago.
static struct entry *obtain(struct scrim_throttle *throttle, const struct limit *limit,
                            const char *name, int64_t now_us)
{
    struct entry *entry = find(throttle, limit, name);
    if (!entry) {
        entry = &throttle->entries[0];
        for (size_t i = 1; i < ENTRIES; i++)
            if (throttle->entries[i].last_us < entry->last_us)
                entry = &throttle->entries[i];
        *entry = (struct entry){0};
        make_key(limit, name, entry->key);
    } else if (now_us - entry->last_us > FORGET_US) {
        entry->failures = 0;
        entry->blocked_until_us = 0;
    }
    return entry;
}

static void count(struct entry *entry, const struct limit *limit, int64_t now_us)
{
    entry->failures++;
    entry->last_us = now_us;
    if (entry->failures <= limit->free)
        return;
    const unsigned doublings = entry->failures - limit->free - 1;
    const int64_t wait_us = doublings < 20 ? SCRIM_SECOND << doublings : limit->ceiling_us;
    entry->blocked_until_us = now_us + (wait_us < limit->ceiling_us ? wait_us : limit->ceiling_us);
}

int64_t scrim_throttle_try(struct scrim_throttle *throttle, const char *user, const char *address,
                           int64_t now_us)
{
    struct entry *by_user = user ? obtain(throttle, &user_limit, user, now_us) : NULL;
    if (by_user)
        by_user->last_us = now_us; // so that the next line cannot take its place
    struct entry *by_address = obtain(throttle, &address_limit, address, now_us);
    int64_t until_us = by_address->blocked_until_us;
    if (by_user && by_user->blocked_until_us > until_us)
        until_us = by_user->blocked_until_us;
    if (until_us > now_us)
        return until_us - now_us;
    if (by_user)
        count(by_user, &user_limit, now_us);
    count(by_address, &address_limit, now_us);
    return 0;
}

static void take_back(struct scrim_throttle *throttle, const struct limit *limit, const char *name,
                      bool all)
{
    struct entry *entry = name ? find(throttle, limit, name) : NULL;
    if (!entry)
        return;
    entry->failures = all || entry->failures == 0 ? 0 : entry->failures - 1;
    entry->blocked_until_us = 0;
}

void scrim_throttle_succeed(struct scrim_throttle *throttle, const char *user, const char *address)
{
    take_back(throttle, &user_limit, user, true);
    take_back(throttle, &address_limit, address, false);
}

void scrim_throttle_forgive(struct scrim_throttle *throttle, const char *user, const char *address)
{
    take_back(throttle, &user_limit, user, false);
    take_back(throttle, &address_limit, address, false);
}
