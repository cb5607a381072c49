#include "store/ledger.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>

struct scrim_ledger_entry {
    struct scrim_ledger_entry *next;
    bool ready;
    int64_t since_us; // monotonic; when its place was taken
    struct scrim_record record;
};

struct scrim_ledger {
    pthread_mutex_t lock;             // leaf lock, protects all below
    struct scrim_ledger_entry *first; // oldest
    struct scrim_ledger_entry *taken; // what _first showed last
    size_t count;
};

struct scrim_ledger *scrim_ledger_create(void)
{
    struct scrim_ledger *ledger = scrim_new(struct scrim_ledger);
    pthread_mutex_init(&ledger->lock, NULL);
    return ledger;
}

void scrim_ledger_destroy(struct scrim_ledger *ledger)
{
    if (!ledger)
        return;
    while (ledger->first) {
        struct scrim_ledger_entry *next = ledger->first->next;
        free(ledger->first);
        ledger->first = next;
    }
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

static struct scrim_ledger_entry **end_locked(struct scrim_ledger *ledger)
{
    struct scrim_ledger_entry **end = &ledger->first;
    while (*end)
        end = &(*end)->next;
    return end;
}

static void remove_locked(struct scrim_ledger *ledger, struct scrim_ledger_entry *entry)
{
    struct scrim_ledger_entry **at = &ledger->first;
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    ledger->count--;
    free(entry);
}

// Puts it at the end, or frees it and returns NULL.
static struct scrim_ledger_entry *append(struct scrim_ledger *ledger,
                                         struct scrim_ledger_entry *entry)
{
    pthread_mutex_lock(&ledger->lock);
    const bool fits = ledger->count < SCRIM_LEDGER_MAX;
    if (fits) {
        *end_locked(ledger) = entry;
        ledger->count++;
    }
    pthread_mutex_unlock(&ledger->lock);
    if (fits)
        return entry;
    free(entry);
    return NULL;
}

int scrim_ledger_add(struct scrim_ledger *ledger, const struct scrim_record *record)
{
    struct scrim_ledger_entry *entry = scrim_new(struct scrim_ledger_entry);
    entry->ready = true;
    entry->record = *record;
    return append(ledger, entry) ? SCRIM_OK : SCRIM_EAGAIN;
}

struct scrim_ledger_entry *scrim_ledger_expect(struct scrim_ledger *ledger)
{
    struct scrim_ledger_entry *entry = scrim_new(struct scrim_ledger_entry);
    entry->since_us = scrim_clock_mono_us();
    return append(ledger, entry);
}

void scrim_ledger_fulfil(struct scrim_ledger *ledger, struct scrim_ledger_entry *entry,
                         const struct scrim_record *record)
{
    pthread_mutex_lock(&ledger->lock);
    entry->record = *record;
    entry->ready = true;
    pthread_mutex_unlock(&ledger->lock);
}

void scrim_ledger_cancel(struct scrim_ledger *ledger, struct scrim_ledger_entry *entry)
{
    pthread_mutex_lock(&ledger->lock);
    remove_locked(ledger, entry);
    pthread_mutex_unlock(&ledger->lock);
}

const struct scrim_record *scrim_ledger_first(struct scrim_ledger *ledger, bool late_too)
{
    const int64_t late_us = scrim_clock_mono_us() - SCRIM_LEDGER_LATE_US;
    pthread_mutex_lock(&ledger->lock);
    struct scrim_ledger_entry *at = ledger->first;
    while (at && !at->ready && (late_too || at->since_us <= late_us))
        at = at->next;
    ledger->taken = at && at->ready ? at : NULL;
    const struct scrim_record *record = ledger->taken ? &ledger->taken->record : NULL;
    pthread_mutex_unlock(&ledger->lock);
    return record;
}

void scrim_ledger_pop_first(struct scrim_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    if (ledger->taken)
        remove_locked(ledger, ledger->taken);
    ledger->taken = NULL;
    pthread_mutex_unlock(&ledger->lock);
}

bool scrim_ledger_is_empty(struct scrim_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    const bool empty = ledger->count == 0;
    pthread_mutex_unlock(&ledger->lock);
    return empty;
}
