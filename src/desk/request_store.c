#include "desk/request_store.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_MAX (64U << 10)

// For the site's group: with systemd scrim-opener is another user of it.
#define FOLDER_MODE 0750
#define FILE_MODE 0640

// --- places ---

int request_store_path(const char *dir, uint64_t number, const char *file, char ret[SCRIM_PATH_MAX],
                       struct scrim_error *error)
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/" SCRIM_REQUESTS_DIR "/%" PRIu64 "%s%s",
                                dir, number, file ? "/" : "", file ? file : "");
    return length >= SCRIM_PATH_MAX ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
                                    : SCRIM_OK;
}

void scrim_request_file_of(const char *kind, const uint8_t vault[SCRIM_VAULT_ID], unsigned holder,
                           char ret[64])
{
    char hex[9];
    sodium_bin2hex(hex, sizeof hex, vault, 4);
    snprintf(ret, 64, "%s-%s-%u.json", kind, hex, holder);
}

bool request_decision_named(const struct scrim_request_decided *decided, const char *name)
{
    char whole[64], hex[9];
    sodium_bin2hex(hex, sizeof hex, decided->vault, 4);
    snprintf(whole, sizeof whole, "%s-%u", hex, decided->holder);
    return strcmp(whole, name) == 0 || strcmp(whole + 9, name) == 0;
}

// A number as we write it: no sign, no zero in front.
static bool read_number(const char *text, uint64_t *ret)
{
    const size_t length = strlen(text);
    if (length == 0 || length > 15 || text[0] == '0' || strspn(text, "0123456789") != length)
        return false;
    *ret = strtoull(text, NULL, 10);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return one < other ? -1 : one > other;
}

int request_store_numbers(const char *dir, uint64_t **ret, size_t *ret_count,
                          struct scrim_error *error)
{
    char folder[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0, found = 0;
    if (scrim_path_join(folder, dir, SCRIM_REQUESTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_list(folder, &names, &count, error);
    if (result < 0)
        return result;
    uint64_t *numbers = scrim_new_array(count + 1, uint64_t);
    for (size_t i = 0; i < count; i++)
        found += read_number(names[i], &numbers[found]);
    scrim_fs_free_names(names, count);
    qsort(numbers, found, sizeof *numbers, by_number);
    *ret = numbers;
    *ret_count = found;
    return SCRIM_OK;
}

bool request_store_has(const char *dir, uint64_t number, const char *file)
{
    char path[SCRIM_PATH_MAX];
    return request_store_path(dir, number, file, path, NULL) >= 0 && access(path, F_OK) == 0;
}

// --- writing ---

int request_store_make(const char *dir, uint64_t number, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], parent[SCRIM_PATH_MAX];
    int result = request_store_path(dir, number, NULL, path, error);
    if (result >= 0)
        result = scrim_path_join(parent, dir, SCRIM_REQUESTS_DIR);
    if (result >= 0)
        result = scrim_fs_make_dirs(path, FOLDER_MODE, error);
    return result < 0 ? result : scrim_fs_sync_dir(parent, error);
}

void request_store_remove(const char *dir, uint64_t number)
{
    char path[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    if (request_store_path(dir, number, NULL, path, NULL) < 0 ||
        scrim_fs_list(path, &names, &count, NULL) < 0)
        return;
    bool empty = true;
    for (size_t i = 0; i < count; i++) {
        char file[SCRIM_PATH_MAX];
        empty &= scrim_path_join(file, path, names[i]) >= 0 && scrim_fs_unlink(file, NULL) >= 0;
    }
    scrim_fs_free_names(names, count);
    if (empty && rmdir(path) < 0 && errno != ENOENT)
        return; // the next start finds it as a number that is not free
}

int request_store_write(const char *dir, uint64_t number, const char *file,
                        const struct scrim_buf *bytes, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const int result = request_store_path(dir, number, file, path, error);
    return result < 0 ? result : scrim_fs_create(path, bytes->data, bytes->len, FILE_MODE, error);
}

void request_store_take_back(const char *dir, uint64_t number, const char *file)
{
    char path[SCRIM_PATH_MAX], folder[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    int result = request_store_path(dir, number, file, path, &error);
    if (result >= 0)
        result = request_store_path(dir, number, NULL, folder, &error);
    if (result >= 0 && access(path, F_OK) == 0)
        result = scrim_fs_unlink(path, &error);
    if (result >= 0)
        result = scrim_fs_sync_dir(folder, &error);
    if (result < 0) {
        const struct scrim_log log = scrim_log_named("desk.requests");
        scrim_warn(&log, "request %" PRIu64 ": %s: %s", number, file, error.text);
    }
}

int request_store_note(const char *dir, uint64_t number, const char *file, json_t *owned,
                       struct scrim_error *error)
{
    char *text = owned ? json_dumps(owned, JSON_COMPACT) : NULL;
    json_decref(owned);
    if (!text)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for %s", file);
    const struct scrim_buf bytes = {.data = (uint8_t *)text, .len = strlen(text)};
    const int result = request_store_write(dir, number, file, &bytes, error);
    free(text);
    return result;
}

int request_store_end(const char *dir, const struct scrim_request_entry *entry,
                      const struct scrim_request_end *end, struct scrim_error *error)
{
    json_t *note = json_pack(
        "{s:s,s:s*,s:s*,s:I,s:I,s:I}", "state", scrim_request_state_text(end->state), "who",
        end->who[0] ? end->who : NULL, "reason", end->reason, "at_us", (json_int_t)end->at_us,
        "bytes", (json_int_t)entry->bytes, "earliest_us", (json_int_t)entry->earliest_us);
    return request_store_note(dir, entry->request.number, "end.json", note, error);
}

// --- entries ---

void request_entry_free(struct scrim_request_entry *entry)
{
    if (!entry)
        return;
    for (size_t i = 0; i < entry->decisions_count; i++)
        free(entry->decisions[i].reason);
    free(entry->decisions);
    free(entry->vaults);
    free(entry->end.reason);
    free(entry);
}

void request_entry_know_vaults(struct scrim_request_entry *entry, struct scrim_vault_state *vaults)
{
    const struct scrim_request *request = &entry->request;
    struct scrim_vault *known = scrim_new(struct scrim_vault);
    free(entry->vaults);
    entry->vaults = scrim_new_array(request->vaults_count + 1, struct scrim_request_vault);
    for (size_t i = 0; i < request->vaults_count; i++) {
        struct scrim_request_vault *vault = &entry->vaults[i];
        memcpy(vault->id, request->vaults[i].id, sizeof vault->id);
        memcpy(vault->dealing, request->vaults[i].dealing, sizeof vault->dealing);
        if (!scrim_vault_state_dealing(vaults, vault->id, vault->dealing, known))
            continue;
        vault->threshold = known->threshold;
        vault->holders = known->holders_count;
    }
    free(known);
}

struct scrim_request_decided *request_entry_decision(const struct scrim_request_entry *entry,
                                                     const uint8_t vault[SCRIM_VAULT_ID],
                                                     unsigned holder)
{
    for (size_t i = 0; i < entry->decisions_count; i++)
        if (entry->decisions[i].holder == holder &&
            memcmp(entry->decisions[i].vault, vault, SCRIM_VAULT_ID) == 0)
            return &entry->decisions[i];
    return NULL;
}

void request_entry_decided(struct scrim_request_entry *entry,
                           const struct scrim_request_decided *decided)
{
    struct scrim_request_decided *list =
        scrim_new_array(entry->decisions_count + 1, struct scrim_request_decided);
    if (entry->decisions_count > 0)
        memcpy(list, entry->decisions, entry->decisions_count * sizeof *list);
    size_t at = entry->decisions_count++;
    for (; at > 0 && list[at - 1].taken_us > decided->taken_us; at--)
        list[at] = list[at - 1];
    list[at] = *decided;
    free(entry->decisions);
    entry->decisions = list;
}

// --- reading ---

static int read_file(const char *dir, uint64_t number, const char *file, size_t max,
                     struct scrim_buf *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    scrim_buf_init(ret, max);
    const int result = request_store_path(dir, number, file, path, error);
    return result < 0 ? result : scrim_fs_read(path, ret, error);
}

// NULL if it is not there, or is not ours.
static json_t *read_note(const char *dir, uint64_t number, const char *file)
{
    struct scrim_buf bytes;
    json_t *json = NULL;
    if (read_file(dir, number, file, NOTE_MAX, &bytes, NULL) >= 0)
        json = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, NULL);
    scrim_buf_finish(&bytes);
    return json;
}

static int64_t number_of(const json_t *note, const char *name)
{
    return json_integer_value(json_object_get(note, name));
}

static void load_end(const char *dir, uint64_t number, struct scrim_request_end *ret)
{
    json_t *note = read_note(dir, number, "end.json");
    const char *state = json_string_value(json_object_get(note, "state"));
    const char *who = json_string_value(json_object_get(note, "who"));
    const bool exists = note || request_store_has(dir, number, "end.json");
    ret->state = SCRIM_REQUEST_ENDED; // of a damaged note, too: nothing follows it
    for (unsigned i = SCRIM_REQUEST_REFUSED; state && i < SCRIM_REQUEST_STATES; i++)
        if (strcmp(state, scrim_request_state_text((enum scrim_request_state)i)) == 0)
            ret->state = (enum scrim_request_state)i;
    snprintf(ret->who, sizeof ret->who, "%s", who ? who : "");
    ret->reason = scrim_strdup(json_string_value(json_object_get(note, "reason")));
    ret->at_us = number_of(note, "at_us");
    if (exists && ret->at_us <= 0)
        ret->at_us = 1;
    json_decref(note);
}

static void load_notes(const char *dir, struct scrim_request_entry *entry)
{
    json_t *note = read_note(dir, entry->request.number, "opened.json");
    entry->opened_us = number_of(note, "at_us");
    entry->until_us = number_of(note, "until_us");
    json_decref(note);
    note = read_note(dir, entry->request.number, "escalated.json");
    entry->escalated_us = number_of(note, "at_us");
    json_decref(note);
    load_end(dir, entry->request.number, &entry->end);
}

static const char *name_of(const struct scrim_vault *vault, unsigned holder)
{
    return holder >= 1 && holder <= vault->holders_count ? vault->names[holder - 1] : "";
}

// The file's time says when the desk took it: it was set to that.
static int64_t taken_at(const char *path)
{
    struct stat info = {0};
    if (stat(path, &info) < 0)
        return 0;
    return info.st_mtim.tv_sec * SCRIM_SECOND + info.st_mtim.tv_nsec / 1000;
}

static int load_decision(const char *dir, struct scrim_request_entry *entry, const char *file,
                         const struct scrim_vault *vault, struct scrim_error *error)
{
    struct scrim_decision decision = {0};
    struct scrim_buf bytes;
    char path[SCRIM_PATH_MAX], own[64];
    const uint64_t number = entry->request.number;
    int result = read_file(dir, number, file, SCRIM_DECISION_MAX, &bytes, error);
    if (result >= 0)
        result = scrim_decision_parse(bytes.data, bytes.len, &decision, error);
    if (result >= 0)
        result = scrim_decision_verify(vault, entry->id, &decision, error);
    if (result >= 0) {
        scrim_request_file_of("decision", decision.vault, decision.holder, own);
        if (strcmp(own, file) != 0)
            result = scrim_fail(error, SCRIM_EAUTH, "it is holder %u's", decision.holder);
    }
    if (result >= 0 && request_store_path(dir, number, file, path, error) >= 0) {
        struct scrim_request_decided decided = {.holder = decision.holder,
                                                .approve = decision.approve,
                                                .reason = scrim_strdup(decision.reason),
                                                .at_us = decision.at_us,
                                                .taken_us = taken_at(path),
                                                .act = -1};
        memcpy(decided.vault, decision.vault, sizeof decided.vault);
        snprintf(decided.name, sizeof decided.name, "%s", name_of(vault, decision.holder));
        scrim_request_file_of("bad", decision.vault, decision.holder, own);
        decided.bad = request_store_has(dir, number, own);
        request_entry_decided(entry, &decided);
    }
    scrim_decision_finish(&decision);
    scrim_buf_finish(&bytes);
    return result;
}

static void load_decisions(const char *dir, struct scrim_request_entry *entry,
                           struct scrim_vault_state *vaults, const struct scrim_log *log)
{
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    for (size_t i = 0; i < entry->request.vaults_count; i++) {
        if (!scrim_vault_state_dealing(vaults, entry->vaults[i].id, entry->vaults[i].dealing,
                                       vault))
            continue;
        for (unsigned holder = 1; holder <= SCRIM_VAULT_HOLDERS_MAX; holder++) {
            struct scrim_error error = {0};
            char file[64];
            scrim_request_file_of("decision", entry->vaults[i].id, holder, file);
            if (request_store_has(dir, entry->request.number, file) &&
                load_decision(dir, entry, file, vault, &error) < 0)
                scrim_warn(log, "request %" PRIu64 ": %s is left out: %s", entry->request.number,
                           file, error.text);
        }
    }
    free(vault);
}

void request_entry_measure(struct scrim_request_entry *entry,
                           const struct scrim_segment_list *segments)
{
    entry->bytes = 0;
    entry->earliest_us = entry->request.to_us;
    for (size_t i = 0; i < segments->count; i++) {
        entry->bytes += segments->entries[i].bytes;
        if (segments->entries[i].start_us < entry->earliest_us)
            entry->earliest_us = segments->entries[i].start_us;
    }
}

static int measure(struct scrim_request_entry *entry, const struct scrim_buf *segments,
                   struct scrim_error *error)
{
    struct scrim_segment_list list = {0};
    const int result = scrim_segment_list_parse(segments->data, segments->len, &list, error);
    if (result >= 0)
        request_entry_measure(entry, &list);
    scrim_segment_list_finish(&list);
    return result;
}

// False if it is not over, or was ended by the word of the log alone.
static bool measured_at_end(const char *dir, uint64_t number, struct scrim_request_entry *entry)
{
    json_t *note = read_note(dir, number, "end.json");
    entry->bytes = (uint64_t)number_of(note, "bytes");
    entry->earliest_us = number_of(note, "earliest_us");
    json_decref(note);
    return entry->bytes > 0 && entry->earliest_us > 0;
}

static int load_segments(const char *dir, uint64_t number, struct scrim_request_entry *entry,
                         struct scrim_error *error)
{
    struct scrim_buf segments;
    uint8_t digest[32];
    int result = read_file(dir, number, "segments.json", SCRIM_SEGMENTS_JSON_MAX, &segments, error);
    if (result >= 0) {
        scrim_request_digest(segments.data, segments.len, digest);
        if (memcmp(digest, entry->request.segments_sha256, sizeof digest) != 0)
            result = scrim_fail(error, SCRIM_EAUTH, "segments.json is not what it names");
    }
    if (result >= 0)
        result = measure(entry, &segments, error);
    scrim_buf_finish(&segments);
    return result;
}

static int load_documents(const char *dir, uint64_t number, struct scrim_request_entry *entry,
                          struct scrim_error *error)
{
    struct scrim_buf request;
    int result = read_file(dir, number, "request.json", SCRIM_REQUEST_JSON_MAX, &request, error);
    if (result >= 0)
        result = scrim_request_parse(request.data, request.len, &entry->request, error);
    if (result >= 0 && entry->request.number != number)
        result = scrim_fail(error, SCRIM_EFORMAT, "it says that it is number %" PRIu64,
                            entry->request.number);
    if (result >= 0)
        scrim_request_digest(request.data, request.len, entry->id);
    scrim_buf_finish(&request);
    if (result < 0 || measured_at_end(dir, number, entry))
        return result;
    return load_segments(dir, number, entry, error);
}

bool request_store_failed(const char *dir, uint64_t number)
{
    json_t *note = read_note(dir, number, "end.json");
    const char *state = json_string_value(json_object_get(note, "state"));
    const bool failed = state && strcmp(state, "failed") == 0;
    json_decref(note);
    return failed;
}

int request_store_load(const char *dir, uint64_t number, struct scrim_vault_state *vaults,
                       struct scrim_request_entry **ret, struct scrim_error *error)
{
    const struct scrim_log log = scrim_log_named("desk.requests");
    struct scrim_request_entry *entry = scrim_new(struct scrim_request_entry);
    *ret = entry;
    if (request_store_failed(dir, number) || !request_store_has(dir, number, "request.json"))
        return SCRIM_ENOENT;
    const int result = load_documents(dir, number, entry, error);
    if (result < 0)
        return result;
    request_entry_know_vaults(entry, vaults);
    load_decisions(dir, entry, vaults, &log);
    load_notes(dir, entry);
    return SCRIM_OK;
}
