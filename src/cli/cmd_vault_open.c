// scrim vault open: the requester's side of an opening, without a browser. Decisions, hour keys and
// the one-time key become age files that any age implementation opens.
#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/identity_file.h"
#include "store/plain.h"
#include "vault/opening_set.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    const char *request, *segments, *hour_keys, *identity, *sealed, *out, *recipient;
    struct scrim_opt_list vaults, decisions;
};

static const struct scrim_opt options[] = {
    {"request", 0, SCRIM_OPT_TEXT, offsetof(struct args, request), "FILE", "request.json", 0, 0},
    {"segments", 0, SCRIM_OPT_TEXT, offsetof(struct args, segments), "FILE", "segments.json", 0, 0},
    {"vault", 0, SCRIM_OPT_LIST, offsetof(struct args, vaults), "FILE",
     "public part of each vault that the request names", 0, 0},
    {"decision", 0, SCRIM_OPT_LIST, offsetof(struct args, decisions), "FILE",
     "a holder's approval; once for each", 0, 0},
    {"hour-keys", 0, SCRIM_OPT_TEXT, offsetof(struct args, hour_keys), "FILE",
     "what the site gave when the request was opened", 0, 0},
    {"identity", 'i', SCRIM_OPT_TEXT, offsetof(struct args, identity), "FILE",
     "the request's one-time key, as age-keygen writes it", 0, 0},
    {"sealed", 0, SCRIM_OPT_TEXT, offsetof(struct args, sealed), "DIR",
     "where the sealed segments are, as below store/", 0, 0},
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct args, out), "DIR", "where the age files go", 0, 0},
    {"recipient", 0, SCRIM_OPT_TEXT, offsetof(struct args, recipient), "age1…",
     "who shall open them (default: whom the request names)", 0, 0},
    {0},
};

static int check_args(const struct args *args, struct scrim_error *error)
{
    const struct {
        const void *given;
        const char *name;
    } needed[] = {{args->request, "--request"},     {args->segments, "--segments"},
                  {args->hour_keys, "--hour-keys"}, {args->identity, "--identity"},
                  {args->sealed, "--sealed"},       {args->out, "--out"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!needed[i].given)
            return scrim_fail(error, SCRIM_EINVAL, "%s is missing", needed[i].name);
    }
    if (args->vaults.count == 0 || args->decisions.count == 0)
        return scrim_fail(error, SCRIM_EINVAL, "give --vault and --decision, once for each");
    return SCRIM_OK;
}

// --- what is brought ---

static int load_identity(const char *path, uint8_t ret[SCRIM_IDENTITY_BYTES],
                         struct scrim_error *error)
{
    struct scrim_buf identities;
    scrim_buf_init(&identities, SCRIM_IDENTITY_BYTES);
    int result = scrim_buf_reserve(&identities, SCRIM_IDENTITY_BYTES);
    if (result >= 0)
        result = scrim_identities_load(path, &identities, error);
    if (result >= 0)
        memcpy(ret, identities.data, SCRIM_IDENTITY_BYTES);
    scrim_buf_finish_wipe(&identities);
    return result;
}

struct documents {
    struct scrim_buf request, segments, hour_keys;
    struct scrim_vault *vaults;
    uint8_t identity[SCRIM_IDENTITY_BYTES];
};

static int read_document(const char *path, size_t max, struct scrim_buf *ret,
                         struct scrim_error *error)
{
    scrim_buf_init(ret, max);
    return scrim_fs_read(path, ret, error);
}

static int read_documents(const struct args *args, struct documents *ret, struct scrim_error *error)
{
    int result = read_document(args->request, SCRIM_REQUEST_JSON_MAX, &ret->request, error);
    if (result >= 0)
        result = read_document(args->segments, SCRIM_SEGMENTS_JSON_MAX, &ret->segments, error);
    if (result >= 0)
        result = read_document(args->hour_keys, 8U << 20, &ret->hour_keys, error);
    if (result >= 0)
        result = load_identity(args->identity, ret->identity, error);
    ret->vaults = scrim_new_array(args->vaults.count, struct scrim_vault);
    for (size_t i = 0; i < args->vaults.count && result >= 0; i++)
        result = scrim_vault_load(args->vaults.items[i], &ret->vaults[i], error);
    return result;
}

static void finish_documents(struct documents *documents)
{
    scrim_buf_finish(&documents->request);
    scrim_buf_finish(&documents->segments);
    scrim_buf_finish(&documents->hour_keys);
    free(documents->vaults);
    sodium_memzero(documents->identity, sizeof documents->identity);
}

static int add_decisions(const struct args *args, struct scrim_opening_set *set,
                         struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < args->decisions.count && result >= 0; i++) {
        struct scrim_buf json;
        result = read_document(args->decisions.items[i], SCRIM_DECISION_JSON_MAX, &json, error);
        if (result >= 0) {
            result = scrim_opening_set_add(set, json.data, json.len, error);
            if (result < 0)
                scrim_fail_prefix(error, "%s", args->decisions.items[i]);
        }
        scrim_buf_finish(&json);
    }
    return result;
}

// --- what is made ---

struct target {
    const char *sealed, *out;
    uint8_t recipient[32];
};

// "<camera>-<day>-<name>" for "<day>/<name>".
static int paths_of(const struct target *target, const struct scrim_segment_entry *entry,
                    char ret_sealed[SCRIM_PATH_MAX], char ret_out[SCRIM_PATH_MAX],
                    struct scrim_error *error)
{
    const char *name = strchr(entry->file, '/');
    if (snprintf(ret_sealed, SCRIM_PATH_MAX, "%s/%s/%s", target->sealed, entry->camera,
                 entry->file) >= SCRIM_PATH_MAX ||
        snprintf(ret_out, SCRIM_PATH_MAX, "%s/%s-%.*s-%s", target->out, entry->camera,
                 (int)(name - entry->file), entry->file, name + 1) >= SCRIM_PATH_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", entry->file);
    return SCRIM_OK;
}

static int write_segment(struct scrim_plain *plain, const struct target *target, const char *path,
                         struct scrim_error *error)
{
    uint64_t bytes = 0;
    SCRIM_AUTO(scrim_close_fd)
    int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
    if (fd < 0)
        return fd;
    int result = scrim_plain_export(plain, target->recipient, fd, path, &bytes, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    if (result < 0 || bytes == 0) // not whole; or cut off before its first chunk: nothing to open
        unlink(path);
    return result;
}

static int open_segment(const struct scrim_opening_set *set, size_t at, const struct target *target,
                        struct scrim_error *error)
{
    const struct scrim_segment_entry *entry = &scrim_opening_set_list(set)->entries[at];
    char sealed[SCRIM_PATH_MAX], out[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    struct scrim_plain *plain = NULL;
    int result = paths_of(target, entry, sealed, out, error);
    if (result >= 0)
        result = scrim_opening_set_key(set, at, file_key, error);
    if (result < 0)
        return result;
    snprintf(tail, sizeof tail, "%s.tail", sealed);
    const struct scrim_plain_source source = {.path = sealed,
                                              .tail_path = entry->whole ? NULL : tail,
                                              .whole = entry->whole,
                                              .bytes = entry->bytes};
    result = scrim_plain_open(&source, file_key, &plain, error);
    sodium_memzero(file_key, sizeof file_key);
    if (result >= 0)
        result = write_segment(plain, target, out, error);
    scrim_plain_close(plain);
    return result;
}

// All of it or nothing: what was made before one failed goes, too.
static void remove_made(const struct scrim_opening_set *set, const struct target *target,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char sealed[SCRIM_PATH_MAX], out[SCRIM_PATH_MAX];
        if (paths_of(target, &scrim_opening_set_list(set)->entries[i], sealed, out, NULL) >= 0)
            unlink(out);
    }
}

static int open_all(const struct args *args, const struct scrim_opening_set *set,
                    struct scrim_error *error)
{
    const struct scrim_request *request = scrim_opening_set_request(set);
    struct target target = {.sealed = args->sealed, .out = args->out};
    const char *recipient = args->recipient         ? args->recipient
                            : request->export_to[0] ? request->export_to
                                                    : request->recipient;
    const size_t count = scrim_opening_set_list(set)->count;
    int result = scrim_age_recipient_parse(recipient, target.recipient, error);
    if (result >= 0)
        result = scrim_fs_make_dirs(args->out, 0700, error);
    size_t made = 0;
    while (made < count && result >= 0) {
        result = open_segment(set, made, &target, error);
        made += result >= 0;
    }
    if (result >= 0)
        result = scrim_fs_sync_dir(args->out, error);
    if (result < 0)
        remove_made(set, &target, made);
    if (result >= 0)
        printf("request %llu: %zu segments sealed again for %s in %s\n",
               (unsigned long long)request->number, count, recipient, args->out);
    return result;
}

static int open_request(const struct args *args, struct scrim_error *error)
{
    struct documents documents = {0};
    struct scrim_opening_set *set = NULL;
    int result = read_documents(args, &documents, error);
    if (result >= 0) {
        const struct scrim_opening_set_setup setup = {.request = documents.request.data,
                                                      .request_len = documents.request.len,
                                                      .segments = documents.segments.data,
                                                      .segments_len = documents.segments.len,
                                                      .hour_keys = documents.hour_keys.data,
                                                      .hour_keys_len = documents.hour_keys.len,
                                                      .vaults = documents.vaults,
                                                      .vaults_count = args->vaults.count,
                                                      .identity = documents.identity};
        result = scrim_opening_set_create(&setup, &set, error);
    }
    if (result >= 0)
        result = add_decisions(args, set, error);
    if (result >= 0)
        result = open_all(args, set, error);
    scrim_opening_set_destroy(set);
    finish_documents(&documents);
    return result;
}

int scrim_cmd_vault_open(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault open --request FILE --segments FILE --vault FILE --decision FILE --decision "
        "FILE … --hour-keys FILE --identity FILE --sealed DIR --out DIR",
        "Opens what a request asked for, for who holds its one-time key: writes the sealed "
        "segments "
        "as age files for a recipient, their payload unchanged.",
        options, 0, 0};
    struct args args = {0};
    const char *positionals[1];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault open", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = open_request(&args, &error);
    return result < 0 ? scrim_cmd_failed("vault open", &error) : 0;
}
