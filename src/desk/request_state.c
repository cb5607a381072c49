// What a request is now, by its decisions, its notes and the time.
#include "desk/requests.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

const char *scrim_request_state_text(enum scrim_request_state state)
{
    static const char *const names[SCRIM_REQUEST_STATES] = {
        [SCRIM_REQUEST_WAITING] = "waiting",     [SCRIM_REQUEST_APPROVED] = "approved",
        [SCRIM_REQUEST_OPEN] = "open",           [SCRIM_REQUEST_REFUSED] = "refused",
        [SCRIM_REQUEST_WITHDRAWN] = "withdrawn", [SCRIM_REQUEST_EXPIRED] = "expired",
        [SCRIM_REQUEST_ENDED] = "ended",
    };
    return names[state];
}

static unsigned count(const struct scrim_request_entry *entry,
                      const struct scrim_request_vault *vault, bool approve)
{
    unsigned found = 0;
    for (size_t i = 0; i < entry->decisions_count; i++)
        found += entry->decisions[i].approve == approve &&
                 memcmp(entry->decisions[i].vault, vault->id, SCRIM_VAULT_ID) == 0;
    return found;
}

static bool is_approved(const struct scrim_request_entry *entry)
{
    for (size_t i = 0; i < entry->request.vaults_count; i++)
        if (entry->vaults[i].threshold == 0 ||
            count(entry, &entry->vaults[i], true) < entry->vaults[i].threshold)
            return false;
    return true;
}

// Of one vault so many refused that not enough are left.
static bool is_refused(const struct scrim_request_entry *entry)
{
    for (size_t i = 0; i < entry->request.vaults_count; i++) {
        const struct scrim_request_vault *vault = &entry->vaults[i];
        if (vault->threshold > 0 && vault->holders - count(entry, vault, false) < vault->threshold)
            return true;
    }
    return false;
}

enum scrim_request_state scrim_request_state(const struct scrim_request_entry *entry,
                                             int64_t now_us)
{
    if (entry->end.at_us > 0)
        return entry->end.state;
    if (entry->opened_us > 0)
        return now_us < entry->until_us ? SCRIM_REQUEST_OPEN : SCRIM_REQUEST_ENDED;
    if (is_refused(entry))
        return SCRIM_REQUEST_REFUSED;
    if (now_us >= entry->request.expires_us)
        return SCRIM_REQUEST_EXPIRED;
    return is_approved(entry) ? SCRIM_REQUEST_APPROVED : SCRIM_REQUEST_WAITING;
}

// --- how long approval takes ---

// When the approval came that was enough for each vault; 0: not yet.
static int64_t approved_us(const struct scrim_request_entry *entry)
{
    int64_t latest_us = 0;
    for (size_t i = 0; i < entry->request.vaults_count; i++) {
        const struct scrim_request_vault *vault = &entry->vaults[i];
        unsigned found = 0;
        int64_t enough_us = 0;
        for (size_t j = 0; j < entry->decisions_count && enough_us == 0; j++) {
            const struct scrim_request_decided *decided = &entry->decisions[j];
            found += decided->approve && memcmp(decided->vault, vault->id, SCRIM_VAULT_ID) == 0;
            if (found > 0 && found == vault->threshold)
                enough_us = decided->taken_us;
        }
        if (enough_us == 0)
            return 0;
        if (enough_us > latest_us)
            latest_us = enough_us;
    }
    return latest_us;
}

struct latencies {
    double list[SCRIM_REQUESTS_KEPT];
    unsigned count;
};

static void add_latency(void *context, const struct scrim_request_entry *entry)
{
    struct latencies *all = context;
    const int64_t taken_us = approved_us(entry) - entry->request.created_us;
    if (approved_us(entry) > 0 && all->count < SCRIM_REQUESTS_KEPT)
        all->list[all->count++] = taken_us > 0 ? (double)taken_us / 1e6 : 0;
}

static int by_size(const void *a, const void *b)
{
    const double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

struct scrim_request_latency scrim_requests_latency(struct scrim_requests *requests)
{
    struct scrim_request_latency latency = {0};
    struct latencies *all = scrim_new(struct latencies);
    scrim_requests_each(requests, add_latency, all);
    qsort(all->list, all->count, sizeof *all->list, by_size);
    latency.count = all->count;
    if (all->count > 0) { // nearest rank
        latency.median_s = all->list[(all->count - 1) / 2];
        latency.p90_s = all->list[(all->count * 9 + 9) / 10 - 1];
    }
    for (unsigned i = 0; i < all->count; i++)
        latency.sum_s += all->list[i];
    free(all);
    return latency;
}
