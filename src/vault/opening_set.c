#include "vault/opening_set.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct part_of {
    unsigned holder;
    struct scrim_partial *partials; // of the vault's segments, in the list's order
};

struct vault_of {
    struct scrim_vault vault;
    struct part_of parts[SCRIM_VAULT_HOLDERS_MAX];
    size_t parts_count, segments_count; // segments that are sealed to it
};

struct sealed_segment {
    struct scrim_tdh2 sealed;
    struct vault_of *vault;
    size_t place; // among the segments of its vault
};

struct scrim_opening_set {
    struct scrim_request request;
    uint8_t id[SCRIM_REQUEST_ID], identity[32];
    struct scrim_segment_list list;
    struct sealed_segment *segments;
    struct vault_of *vaults;
    size_t vaults_count;
    struct scrim_hour_key_entry *hour_keys;
    size_t hour_keys_count;
};

// k of them open a segment.
static void free_partials(struct scrim_partial *partials, size_t count)
{
    sodium_memzero(partials, count * sizeof *partials);
    free(partials);
}

void scrim_opening_set_destroy(struct scrim_opening_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; set->vaults && i < set->vaults_count; i++) {
        const struct vault_of *of = &set->vaults[i];
        for (size_t j = 0; j < of->parts_count; j++)
            free_partials(of->parts[j].partials, of->segments_count);
    }
    scrim_segment_list_finish(&set->list);
    scrim_hour_keys_free(set->hour_keys, set->hour_keys_count);
    free(set->segments);
    free(set->vaults);
    sodium_memzero(set, sizeof *set);
    free(set);
}

// --- the documents ---

static int take_vaults(struct scrim_opening_set *set, const struct scrim_opening_set_setup *setup,
                       struct scrim_error *error)
{
    const struct scrim_request *request = &set->request;
    set->vaults_count = request->vaults_count;
    set->vaults = scrim_new_array(set->vaults_count + 1, struct vault_of);
    for (size_t i = 0; i < set->vaults_count; i++) {
        size_t at = 0;
        while (at < setup->vaults_count &&
               memcmp(setup->vaults[at].dealing_id, request->vaults[i].dealing, SCRIM_DEALING_ID) !=
                   0)
            at++;
        if (at == setup->vaults_count ||
            memcmp(setup->vaults[at].id, request->vaults[i].id, SCRIM_VAULT_ID) != 0)
            return scrim_fail(error, SCRIM_EAUTH,
                              "the public part of a vault that the request names is missing, or is "
                              "of another dealing");
        set->vaults[i].vault = setup->vaults[at];
    }
    return SCRIM_OK;
}

static int take_segment(struct scrim_opening_set *set, size_t at, struct scrim_error *error)
{
    const struct scrim_segment_entry *entry = &set->list.entries[at];
    struct sealed_segment *segment = &set->segments[at];
    int result = scrim_segment_entry_seal(entry, &segment->sealed, error);
    if (result >= 0)
        result = scrim_request_covers(&set->request, entry, &segment->sealed, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < set->vaults_count; i++) {
        if (memcmp(set->vaults[i].vault.id, segment->sealed.vault_id, SCRIM_VAULT_ID) == 0) {
            segment->vault = &set->vaults[i];
            segment->place = segment->vault->segments_count++;
            return SCRIM_OK;
        }
    }
    return scrim_fail(error, SCRIM_EAUTH, "camera %s, %s: sealed to a vault that is not asked",
                      entry->camera, entry->file);
}

static int take_list(struct scrim_opening_set *set, const struct scrim_opening_set_setup *setup,
                     struct scrim_error *error)
{
    uint8_t digest[32];
    scrim_request_digest(setup->segments, setup->segments_len, digest);
    if (memcmp(digest, set->request.segments_sha256, sizeof digest) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the list of segments is not the one that the request names");
    int result = scrim_segment_list_parse(setup->segments, setup->segments_len, &set->list, error);
    if (result < 0)
        return result;
    set->segments = scrim_new_array(set->list.count + 1, struct sealed_segment);
    for (size_t i = 0; i < set->list.count && result >= 0; i++)
        result = take_segment(set, i, error);
    return result;
}

int scrim_opening_set_create(const struct scrim_opening_set_setup *setup,
                             struct scrim_opening_set **ret, struct scrim_error *error)
{
    struct scrim_opening_set *set = scrim_new(struct scrim_opening_set);
    int result = scrim_request_parse(setup->request, setup->request_len, &set->request, error);
    if (result >= 0) {
        scrim_request_digest(setup->request, setup->request_len, set->id);
        memcpy(set->identity, setup->identity, sizeof set->identity);
        result = take_vaults(set, setup, error);
    }
    if (result >= 0)
        result = take_list(set, setup, error);
    if (result >= 0)
        result = scrim_hour_keys_open(setup->hour_keys, setup->hour_keys_len, set->identity,
                                      set->id, &set->hour_keys, &set->hour_keys_count, error);
    if (result < 0)
        scrim_opening_set_destroy(set);
    else
        *ret = set;
    return result;
}

const struct scrim_request *scrim_opening_set_request(const struct scrim_opening_set *set)
{
    return &set->request;
}

const struct scrim_segment_list *scrim_opening_set_list(const struct scrim_opening_set *set)
{
    return &set->list;
}

// --- decisions ---

static struct vault_of *find_vault(struct scrim_opening_set *set, const uint8_t id[SCRIM_VAULT_ID])
{
    for (size_t i = 0; i < set->vaults_count; i++) {
        if (memcmp(set->vaults[i].vault.id, id, SCRIM_VAULT_ID) == 0)
            return &set->vaults[i];
    }
    return NULL;
}

static int add_partials(const struct scrim_opening_set *set, struct vault_of *of,
                        const struct scrim_decision *decision, struct scrim_error *error)
{
    struct scrim_partial *partials = scrim_new_array(of->segments_count + 1, struct scrim_partial);
    const int result =
        scrim_partials_open(decision->partials, decision->partials_len, set->identity, set->id,
                            decision->holder, partials, of->segments_count, error);
    if (result < 0) {
        free_partials(partials, of->segments_count);
        return result;
    }
    of->parts[of->parts_count++] = (struct part_of){decision->holder, partials};
    return SCRIM_OK;
}

static int take_decision(struct scrim_opening_set *set, const struct scrim_decision *decision,
                         struct scrim_error *error)
{
    struct vault_of *of = find_vault(set, decision->vault);
    if (!of)
        return scrim_fail(error, SCRIM_EAUTH, "a decision is for another vault");
    const int result = scrim_decision_verify(&of->vault, set->id, decision, error);
    if (result < 0)
        return result;
    const char *name = of->vault.names[decision->holder - 1];
    if (!decision->approve)
        return scrim_fail(error, SCRIM_EINVAL, "%s refused: %s", name, decision->reason);
    for (size_t i = 0; i < of->parts_count; i++) {
        if (of->parts[i].holder == decision->holder)
            return scrim_fail(error, SCRIM_EINVAL, "the decision of %s is given twice", name);
    }
    return add_partials(set, of, decision, error);
}

int scrim_opening_set_add(struct scrim_opening_set *set, const void *bytes, size_t count,
                          struct scrim_error *error)
{
    struct scrim_decision decision;
    int result = scrim_decision_parse(bytes, count, &decision, error);
    if (result < 0)
        return result;
    result = take_decision(set, &decision, error);
    scrim_decision_finish(&decision);
    return result;
}

// --- keys ---

static const uint8_t *find_hour_key(const struct scrim_opening_set *set,
                                    const struct scrim_vault_label *label)
{
    for (size_t i = 0; i < set->hour_keys_count; i++) {
        if (set->hour_keys[i].hour == label->hour &&
            strcmp(set->hour_keys[i].camera, label->camera) == 0)
            return set->hour_keys[i].key;
    }
    return NULL;
}

int scrim_opening_set_key(const struct scrim_opening_set *set, size_t at,
                          uint8_t ret[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    const struct scrim_segment_entry *entry = &set->list.entries[at];
    const struct sealed_segment *segment = &set->segments[at];
    const struct vault_of *of = segment->vault;
    struct scrim_partial partials[SCRIM_VAULT_HOLDERS_MAX];
    const uint8_t *hour_key = find_hour_key(set, &segment->sealed.label);
    int result =
        hour_key ? SCRIM_OK : scrim_fail(error, SCRIM_ENOENT, "its hour has no key any more");
    for (size_t i = 0; i < of->parts_count; i++)
        partials[i] = of->parts[i].partials[segment->place];
    if (result >= 0)
        result = scrim_tdh2_combine(&of->vault, &segment->sealed, set->id, partials,
                                    of->parts_count, hour_key, ret, error);
    sodium_memzero(partials, sizeof partials);
    if (result < 0)
        scrim_fail_prefix(error, "camera %s, %s", entry->camera, entry->file);
    return result;
}
