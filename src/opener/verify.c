#include "opener/verify.h"

#include "base/alloc.h"
#include "store/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUESTS "state/requests"

void scrim_verified_finish(struct scrim_verified *verified)
{
    scrim_segment_list_finish(&verified->list);
}

// --- files ---

// The directory itself, not what a link in its place leads to.
static int open_directory(const struct scrim_verify_place *place, uint64_t number,
                          char ret_path[SCRIM_PATH_MAX], struct scrim_error *error)
{
    const int length = snprintf(ret_path, SCRIM_PATH_MAX, "%s/" REQUESTS "/%llu", place->site->dir,
                                (unsigned long long)number);
    if (length >= SCRIM_PATH_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", place->site->dir);
    const int fd = scrim_fs_open(ret_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
    return fd == SCRIM_ENOENT
               ? scrim_fail(error, fd, "there is no request %llu", (unsigned long long)number)
               : fd;
}

static int read_all(int fd, const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    if (!S_ISREG(info.st_mode) || info.st_size < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: not an ordinary file", path);
    const size_t size = (size_t)info.st_size;
    int result = scrim_buf_reserve(ret, size);
    if (result < 0)
        return scrim_fail(error, result, "%s: too long", path);
    while (ret->len < size) {
        const ssize_t got = pread(fd, ret->data + ret->len, size - ret->len, (off_t)ret->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "%s", path);
        if (got == 0)
            return scrim_fail(error, SCRIM_EFORMAT, "%s: became shorter", path);
        ret->len += (size_t)got;
    }
    return SCRIM_OK;
}

// A whole file below an open directory, no link, into `ret` (initialised; its ceiling bounds it).
static int read_below(int directory, const char *dir, const char *name, struct scrim_buf *ret,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    SCRIM_AUTO(scrim_close_fd)
    int fd = scrim_fs_open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, path, error);
    return fd < 0 ? fd : read_all(fd, path, ret, error);
}

// --- the two documents ---

static int take_request(const struct scrim_verify_place *place, uint64_t number,
                        const struct scrim_buf *bytes, struct scrim_verified *ret,
                        struct scrim_error *error)
{
    const int result = scrim_request_parse(bytes->data, bytes->len, &ret->request, error);
    if (result < 0)
        return scrim_fail_prefix(error, "request %llu", (unsigned long long)number);
    scrim_request_digest(bytes->data, bytes->len, ret->digest);
    if (strcmp(ret->request.site, place->site->config->id) != 0 || ret->request.number != number)
        return scrim_fail(
            error, SCRIM_EAUTH, "what lies in the place of request %llu is request %llu of site %s",
            (unsigned long long)number, (unsigned long long)ret->request.number, ret->request.site);
    return SCRIM_OK;
}

static int take_segments(const struct scrim_buf *bytes, struct scrim_verified *ret,
                         struct scrim_error *error)
{
    uint8_t digest[32];
    scrim_request_digest(bytes->data, bytes->len, digest);
    if (memcmp(digest, ret->request.segments_sha256, sizeof digest) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the list of segments is not the one that belongs to request %llu: it "
                          "was changed",
                          (unsigned long long)ret->request.number);
    const int result = scrim_segment_list_parse(bytes->data, bytes->len, &ret->list, error);
    if (result < 0)
        return scrim_fail_prefix(error, "the list of segments");
    return ret->list.count == ret->request.segments
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EAUTH, "the request says %u segments, its list has %zu",
                            (unsigned)ret->request.segments, ret->list.count);
}

int scrim_verify_read(const struct scrim_verify_place *place, uint64_t number,
                      struct scrim_verified *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_verified verified = {0};
    struct scrim_buf bytes;
    SCRIM_AUTO(scrim_close_fd) int directory = open_directory(place, number, path, error);
    if (directory < 0)
        return directory;
    scrim_buf_init(&bytes, SCRIM_REQUEST_JSON_MAX);
    int result = read_below(directory, path, "request.json", &bytes, error);
    if (result >= 0)
        result = take_request(place, number, &bytes, &verified, error);
    scrim_buf_finish(&bytes);
    scrim_buf_init(&bytes, SCRIM_SEGMENTS_JSON_MAX);
    if (result >= 0)
        result = read_below(directory, path, "segments.json", &bytes, error);
    if (result >= 0)
        result = take_segments(&bytes, &verified, error);
    scrim_buf_finish(&bytes);
    if (result < 0)
        scrim_verified_finish(&verified);
    else
        *ret = verified;
    return result;
}

int scrim_verify_not_ended(const struct scrim_verify_place *place, uint64_t number,
                           struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    SCRIM_AUTO(scrim_close_fd) int directory = open_directory(place, number, path, error);
    if (directory < 0)
        return directory;
    if (fstatat(directory, "end.json", &info, AT_SYMLINK_NOFOLLOW) == 0)
        return scrim_fail(error, SCRIM_ECANCEL,
                          "request %llu has ended: it was withdrawn, refused, or is over",
                          (unsigned long long)number);
    return errno == ENOENT ? SCRIM_OK : scrim_fail_errno(error, errno, "%s/end.json", path);
}

// --- segments ---

static const struct scrim_vault *vault_of(const struct scrim_verify_place *place,
                                          const struct scrim_request *request,
                                          const uint8_t id[SCRIM_VAULT_ID])
{
    for (size_t i = 0; i < request->vaults_count; i++) {
        if (memcmp(request->vaults[i].id, id, SCRIM_VAULT_ID) == 0)
            return scrim_vault_set_find(place->vaults, id);
    }
    return NULL;
}

static int check_vaults(const struct scrim_verify_place *place, const struct scrim_request *request,
                        struct scrim_error *error)
{
    for (size_t i = 0; i < request->vaults_count; i++) {
        const struct scrim_vault *vault =
            scrim_vault_set_find(place->vaults, request->vaults[i].id);
        char id[SCRIM_VAULT_ID_TEXT];
        scrim_vault_id_text(request->vaults[i].id, id);
        if (!vault)
            return scrim_fail(error, SCRIM_EAUTH, "this site has no vault %s", id);
        if (memcmp(vault->dealing_id, request->vaults[i].dealing, sizeof vault->dealing_id) != 0)
            return scrim_fail(error, SCRIM_EAUTH,
                              "the shares of vault %s were dealt anew after this request was made: "
                              "ask again, and the holders decide with their new shares",
                              id);
    }
    return SCRIM_OK;
}

static int check_entry(const struct scrim_verify_place *place, const struct scrim_request *request,
                       const struct scrim_segment_entry *entry, struct scrim_error *error)
{
    struct scrim_tdh2 sealed;
    int result = scrim_segment_entry_seal(entry, &sealed, error);
    if (result >= 0)
        result = scrim_request_covers(request, entry, &sealed, error);
    if (result >= 0)
        result = scrim_sealed_label_fits(&sealed.label, place->site->config->id, entry->camera,
                                         entry->file, error);
    const struct scrim_vault *vault =
        result >= 0 ? vault_of(place, request, sealed.vault_id) : NULL;
    if (result >= 0)
        result = vault ? scrim_tdh2_check(vault, &sealed, error)
                       : scrim_fail(error, SCRIM_EAUTH,
                                    "it was sealed to a vault that is not "
                                    "asked");
    if (result < 0)
        scrim_fail_prefix(error, "%s/%s", entry->camera, entry->file);
    return result;
}

int scrim_verify_segments(const struct scrim_verify_place *place,
                          const struct scrim_verified *verified, struct scrim_error *error)
{
    int result = check_vaults(place, &verified->request, error);
    for (size_t i = 0; i < verified->list.count && result >= 0; i++)
        result = check_entry(place, &verified->request, &verified->list.entries[i], error);
    return result;
}

// --- decisions ---

struct count {
    unsigned agreed;
    char words[SCRIM_VERIFY_WORDS]; // of a decision that does not count, "" without one
};

static int read_decision(int directory, const char *dir, const struct scrim_vault *vault,
                         unsigned holder, struct scrim_decision *ret, struct scrim_error *error)
{
    char name[64], id[SCRIM_VAULT_ID_TEXT];
    struct scrim_buf bytes;
    snprintf(name, sizeof name, "decision-%.8s-%u.json", scrim_vault_id_text(vault->id, id),
             holder);
    scrim_buf_init(&bytes, SCRIM_DECISION_JSON_MAX);
    int result = read_below(directory, dir, name, &bytes, error);
    if (result >= 0)
        result = scrim_decision_parse(bytes.data, bytes.len, ret, error);
    scrim_buf_finish(&bytes);
    return result;
}

// 1 if this holder agrees, 0 if there is no decision or a refusal, less than 0 with a sentence if
// what lies there is not the holder's.
static int agrees(int directory, const char *dir, const struct scrim_vault *vault, unsigned holder,
                  const uint8_t digest[32], struct scrim_error *error)
{
    struct scrim_decision decision;
    int result = read_decision(directory, dir, vault, holder, &decision, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? 0 : result;
    if (decision.holder != holder)
        result = scrim_fail(error, SCRIM_EAUTH, "the decision of %s lies in another's place",
                            vault->names[holder - 1]);
    else
        result = scrim_decision_verify(vault, digest, &decision, error);
    if (result >= 0)
        result = decision.approve ? 1 : 0;
    scrim_decision_finish(&decision);
    return result;
}

static int check_agreed(int directory, const char *dir, const struct scrim_vault *vault,
                        const uint8_t digest[32], uint64_t *ret_agreed, struct scrim_error *error)
{
    char words[SCRIM_VERIFY_WORDS] = "";
    unsigned count = 0;
    for (unsigned holder = 1; holder <= vault->holders_count; holder++) {
        struct scrim_error why;
        const int result = agrees(directory, dir, vault, holder, digest, &why);
        if (result < 0)
            snprintf(words, sizeof words, "; %.150s", why.text);
        if (result <= 0)
            continue;
        *ret_agreed |= UINT64_C(1) << (holder - 1);
        count++;
    }
    return count >= vault->threshold
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EACCESS, "%u of %u holders must agree, %u %s%s",
                            vault->threshold, vault->holders_count, count,
                            count == 1 ? "does" : "do", words);
}

int scrim_verify_agreed(const struct scrim_verify_place *place, struct scrim_verified *verified,
                        struct scrim_error *error)
{
    const struct scrim_request *request = &verified->request;
    char path[SCRIM_PATH_MAX];
    int result = check_vaults(place, request, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_close_fd) int directory = open_directory(place, request->number, path, error);
    if (directory < 0)
        return directory;
    for (size_t i = 0; i < request->vaults_count && result >= 0; i++) {
        const struct scrim_vault *vault =
            scrim_vault_set_find(place->vaults, request->vaults[i].id);
        verified->agreed[i] = 0;
        result =
            check_agreed(directory, path, vault, verified->digest, &verified->agreed[i], error);
    }
    return result;
}
