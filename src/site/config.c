#include "site/config.h"

#include "base/alloc.h"
#include "site/cameras_dir.h"
#include "site/yaml.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (1U << 20)    // bytes of scrim.yaml
#define RETENTION_FREE_HOURS 72U // longer needs a reason, in words
#define RETENTION_MAX_HOURS (10U * 365U * 24U)
#define AUDIO_REASON_CHARACTERS 20U
#define GLASS_REASON_CHARACTERS 20U
#define EXPECTED_MBIT_MAX 1000.0
#define PASSWORD_MAX 256U
#define HOST_MAX 255U // RFC 1035, 2.3.4

// What the checks below share: the text, to name lines, and the place for the sentence.
struct check {
    const struct scrim_yaml_text *text;
    struct scrim_error *error;
};

// Refuses with "file:line: camera 'id': sentence". The line is that of `key`: `value`.
static int refuse(const struct check *check, const struct scrim_camera_config *camera,
                  const char *key, const char *value, const char *sentence)
{
    const unsigned line = scrim_yaml_line_of(check->text, key, value);
    char where[96] = "";
    if (camera)
        snprintf(where, sizeof where, "camera '%s': ", camera->id);
    return scrim_fail(check->error, SCRIM_EINVAL, "%s:%u: %s%s: %s", check->text->name, line, where,
                      key, sentence);
}

static const char *const keep_texts[] = {"original", "redacted", "nothing"};
static const char *const transport_texts[] = {"auto", "tcp", "udp"};

// The place of `text` in a list, or -1.
static int find_text(const char *const *list, int count, const char *text)
{
    while (--count >= 0 && strcmp(list[count], text) != 0)
        ;
    return count;
}

const char *scrim_keep_text(enum scrim_keep keep)
{
    return keep_texts[keep];
}

bool scrim_keep_parse(const char *text, enum scrim_keep *ret)
{
    const int found = find_text(keep_texts, 3, text);
    *ret = found < 0 ? SCRIM_KEEP_ORIGINAL : (enum scrim_keep)found;
    return found >= 0;
}

const char *scrim_transport_text(enum scrim_transport transport)
{
    return transport_texts[transport];
}

bool scrim_transport_parse(const char *text, enum scrim_transport *ret)
{
    const int found = find_text(transport_texts, 3, text);
    *ret = found < 0 ? SCRIM_TRANSPORT_AUTO : (enum scrim_transport)found;
    return found >= 0;
}

bool scrim_camera_id_valid(const char *text)
{
    const size_t length = strlen(text);
    return length >= 1 && length <= SCRIM_CAMERA_ID_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && text[0] != '-';
}

// "host", "host:port" or "[address]:port"; the recorder reads it in the same way.
static bool port_is_fine(const char *host, size_t length)
{
    const char *bracket = host[0] == '[' ? memchr(host, ']', length) : host;
    if (!bracket)
        return false;
    const char *colon = memchr(bracket, ':', length - (size_t)(bracket - host));
    if (!colon || colon + 1 == host + length)
        return colon || host[0] != '[' || bracket + 1 == host + length;
    char *end = NULL;
    const unsigned long port = strtoul(colon + 1, &end, 10);
    return colon[1] >= '0' && colon[1] <= '9' && end == host + length && port >= 1 && port <= 65535;
}

// What is wrong with an address; NULL: nothing.
static const char *url_problem(const char *url)
{
    const char *host = strncmp(url, "rtsp://", 7) == 0    ? url + 7
                       : strncmp(url, "rtsps://", 8) == 0 ? url + 8
                                                          : NULL;
    if (!host)
        return "must start with rtsp:// or rtsps://";
    const size_t host_length = strcspn(host, "/?#");
    if (memchr(host, '@', host_length))
        return "must not hold a user or password: use user and password_file";
    if (host_length == 0 || host[0] == ':')
        return "names no host";
    if (host_length > HOST_MAX)
        return "the host's name is too long";
    if (!port_is_fine(host, host_length))
        return "the port must be 1 to 65535";
    for (const char *c = url; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return "holds a character that must be written as % and two digits";
    }
    return NULL;
}

int scrim_camera_url_check(const char *url, struct scrim_error *error)
{
    const char *problem = url_problem(url);
    return problem ? scrim_fail(error, SCRIM_EINVAL, "url: %s", problem) : SCRIM_OK;
}

static int check_url(const struct check *check, const struct scrim_camera_config *camera,
                     const char *key, const char *url)
{
    const char *problem = url_problem(url);
    return problem ? refuse(check, camera, key, url, problem) : SCRIM_OK;
}

static int check_credentials(const struct check *check, const struct scrim_camera_config *camera)
{
    const bool has_password = camera->password_file || camera->password_env;
    if (camera->password_file && camera->password_env)
        return refuse(check, camera, "password_env", camera->password_env,
                      "password_file is given too; use one of them");
    if (camera->user && !has_password)
        return refuse(check, camera, "user", camera->user,
                      "needs password_file or password_env beside it");
    if (!camera->user && has_password)
        return refuse(check, camera, camera->password_file ? "password_file" : "password_env",
                      camera->password_file ? camera->password_file : camera->password_env,
                      "needs user beside it");
    return SCRIM_OK;
}

bool scrim_camera_fingerprint(const struct scrim_camera_config *camera,
                              uint8_t ret[SCRIM_TLS_FINGERPRINT])
{
    const char *text = camera->tls_fingerprint;
    size_t length = 0;
    const char *end = NULL;
    memset(ret, 0, SCRIM_TLS_FINGERPRINT);
    return text &&
           sodium_hex2bin(ret, SCRIM_TLS_FINGERPRINT, text, strlen(text), ":", &length, &end) ==
               0 &&
           length == SCRIM_TLS_FINGERPRINT && *end == '\0';
}

static int check_trust(const struct check *check, const struct scrim_camera_config *camera)
{
    uint8_t fingerprint[SCRIM_TLS_FINGERPRINT];
    const bool main = strncmp(camera->main_url, "rtsps:", 6) == 0;
    const bool sub = camera->sub_url && strncmp(camera->sub_url, "rtsps:", 6) == 0;
    const char *key = camera->tls_ca ? "tls_ca" : "tls_fingerprint";
    const char *value = camera->tls_ca ? camera->tls_ca : camera->tls_fingerprint;
    if (value && !main && !sub)
        return refuse(check, camera, key, value, "is for rtsps:// and this camera has none");
    if (camera->tls_fingerprint && !scrim_camera_fingerprint(camera, fingerprint))
        return refuse(check, camera, "tls_fingerprint", camera->tls_fingerprint,
                      "must be the SHA-256 of the certificate: 64 hexadecimal digits, with or "
                      "without colons");
    return SCRIM_OK;
}

static int check_retention(const struct check *check, const struct scrim_camera_config *camera)
{
    char value[16];
    snprintf(value, sizeof value, "%" PRIu32, camera->retention_hours);
    if (camera->retention_hours < 1 || camera->retention_hours > RETENTION_MAX_HOURS)
        return refuse(check, camera, "retention_hours", value,
                      "must be between 1 and 87600 (ten years)");
    const bool has_reason = camera->retention_reason && camera->retention_reason[0];
    if (camera->retention_hours > RETENTION_FREE_HOURS && !has_reason)
        return refuse(check, camera, "retention_hours", value,
                      "more than 72 needs retention_reason, in words");
    // Written so that NaN is refused too.
    if (!(camera->expected_mbit >= 0.0 && camera->expected_mbit <= EXPECTED_MBIT_MAX))
        return refuse(check, camera, "expected_mbit", "", "must be between 0 and 1000");
    return SCRIM_OK;
}

// So many characters of it are letters or digits, or stand between two words: no dashes or dots.
static bool is_in_words(const char *text, unsigned least, unsigned least_words)
{
    unsigned characters = 0, words = 0;
    bool inside = false;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const bool continued = (*c & 0xc0) == 0x80; // of a character of UTF-8
        const bool letter =
            *c >= 0x80 || (*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
        words += letter && !inside;
        characters += (letter && !continued) || (!letter && inside);
        inside = letter;
    }
    return characters >= least && words >= least_words;
}

static int check_audio(const struct check *check, const struct scrim_camera_config *camera)
{
    if (camera->audio_reason && !is_in_words(camera->audio_reason, AUDIO_REASON_CHARACTERS, 3))
        return refuse(check, camera, "audio_reason", camera->audio_reason,
                      "sound is recorded only for a reason that is written down here, in words, of "
                      "20 characters at least; leave it out to record none");
    return SCRIM_OK;
}

// Refuses an area; the sentence is in check->error already.
static int refuse_area(const struct check *check, const struct scrim_camera_config *camera,
                       const char *key, unsigned number, const char *name)
{
    char sentence[sizeof check->error->text], which[64];
    snprintf(sentence, sizeof sentence, "%s", check->error->text);
    snprintf(which, sizeof which, "number %u%s%.31s%s", number + 1, name ? " ('" : "",
             name ? name : "", name ? "')" : "");
    const unsigned line =
        scrim_yaml_line_after(check->text, scrim_yaml_line_of(check->text, "id", camera->id), key);
    return scrim_fail(check->error, SCRIM_EINVAL, "%s:%u: camera '%s': %s: %s: %s",
                      check->text->name, line, camera->id, key, which, sentence);
}

static int take_areas(const struct check *check, struct scrim_camera_config *camera,
                      enum scrim_area_kind kind, const struct scrim_area_config *list,
                      unsigned count)
{
    static const char *const keys[SCRIM_AREA_KINDS] = {"masks", "zones", "lines"};
    for (unsigned i = 0; i < count; i++) {
        struct scrim_area area;
        int result = scrim_area_of_config(kind, &list[i], &area, check->error);
        if (result >= 0 && camera->areas_count == SCRIM_AREAS_MAX)
            result = scrim_fail(check->error, SCRIM_EINVAL,
                                "a camera has at most %d masks, zones and lines together",
                                SCRIM_AREAS_MAX);
        if (result >= 0 && area.name[0] &&
            scrim_area_find(camera->areas, camera->areas_count, area.name))
            result =
                scrim_fail(check->error, SCRIM_EINVAL, "another area of this camera has this name");
        if (result < 0)
            return refuse_area(check, camera, keys[kind], i, list[i].name);
        camera->areas[camera->areas_count++] = area;
    }
    return SCRIM_OK;
}

static int check_areas(const struct check *check, struct scrim_camera_config *camera)
{
    const unsigned written = camera->masks_count + camera->zones_count + camera->lines_count;
    if (written > 0)
        camera->areas = scrim_new_array(written < SCRIM_AREAS_MAX ? written : SCRIM_AREAS_MAX,
                                        struct scrim_area);
    int result = take_areas(check, camera, SCRIM_AREA_MASK, camera->masks, camera->masks_count);
    if (result >= 0)
        result = take_areas(check, camera, SCRIM_AREA_ZONE, camera->zones, camera->zones_count);
    if (result >= 0)
        result = take_areas(check, camera, SCRIM_AREA_LINE, camera->lines, camera->lines_count);
    return result;
}

static int check_record(const struct check *check, const struct scrim_camera_config *camera)
{
    if (camera->keep != SCRIM_KEEP_ORIGINAL && camera->audio_reason)
        return refuse(check, camera, "audio_reason", "",
                      "sound is recorded with the original, and `record` says that there is none");
    return SCRIM_OK;
}

static int check_camera(const struct check *check, struct scrim_camera_config *camera)
{
    if (!scrim_camera_id_valid(camera->id))
        return refuse(check, NULL, "id", camera->id,
                      "a camera's id is 1 to 31 of a-z, 0-9 and '-', and starts with no '-'");
    if (!camera->retention_hours)
        camera->retention_hours = RETENTION_FREE_HOURS;
    if (!camera->name)
        camera->name = scrim_strdup(camera->id);

    int result = check_url(check, camera, "main", camera->main_url);
    if (result >= 0 && camera->sub_url)
        result = check_url(check, camera, "sub", camera->sub_url);
    if (result >= 0)
        result = check_credentials(check, camera);
    if (result >= 0)
        result = check_trust(check, camera);
    if (result >= 0)
        result = check_retention(check, camera);
    if (result >= 0)
        result = check_audio(check, camera);
    if (result >= 0)
        result = check_record(check, camera);
    if (result >= 0)
        result = check_areas(check, camera);
    return result;
}

static int check_listen(const struct check *check, const char *listen)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    const long port = colon ? strtol(colon + 1, &end, 10) : 0;
    if (!colon || colon == listen || end == colon + 1 || *end != '\0' || port < 1 || port > 65535)
        return refuse(check, NULL, "listen", listen,
                      "must be ADDRESS:PORT, such as 127.0.0.1:8443 or [::]:8443");
    return SCRIM_OK;
}

static bool is_below(const char *path, const char *root)
{
    const size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int check_disk(const struct check *check, const struct scrim_disk_config *disk)
{
    const size_t length = strlen(disk->path);
    if (!scrim_camera_id_valid(disk->id))
        return refuse(check, NULL, "id", disk->id,
                      "a disk's id is 1 to 31 of a-z, 0-9 and '-', and starts with no '-'");
    if (disk->path[0] != '/' || length < 2 || disk->path[length - 1] == '/' ||
        strstr(disk->path, "//") || strstr(disk->path, "/./") || strstr(disk->path, "/../"))
        return refuse(check, NULL, "path", disk->path,
                      "must be an absolute path such as /srv/scrim/bay1, with no '/' at its end");
    return SCRIM_OK;
}

static int check_disks(const struct check *check, const struct scrim_site_config *config)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; result >= 0 && i < config->disks_count; i++) {
        const struct scrim_disk_config *disk = &config->disks[i];
        result = check_disk(check, disk);
        for (unsigned j = 0; result >= 0 && j < i; j++) {
            const struct scrim_disk_config *other = &config->disks[j];
            if (strcmp(other->id, disk->id) == 0)
                result = refuse(check, NULL, "id", disk->id, "two disks have this id");
            else if (is_below(disk->path, other->path) || is_below(other->path, disk->path))
                result = refuse(check, NULL, "path", disk->path,
                                "one disk's directory must not lie in another's");
        }
    }
    return result;
}

// OpenID Connect Discovery, 3: https, without query and fragment.
static int check_oidc(const struct check *check, const struct scrim_oidc_config *oidc)
{
    static const char scheme[] = "https://";
    if (!oidc)
        return SCRIM_OK;
    bool plain = strncmp(oidc->issuer, scheme, sizeof scheme - 1) == 0 &&
                 oidc->issuer[sizeof scheme - 1] != '\0' && !strpbrk(oidc->issuer, "?#@\"\\");
    for (const char *at = oidc->issuer; *at; at++)
        plain = plain && *at > ' ' && *at < 0x7f;
    return plain ? SCRIM_OK
                 : refuse(check, NULL, "issuer", oidc->issuer,
                          "must be an address that begins with https:// and has no query");
}

bool scrim_site_may_break_glass(const struct scrim_site_config *config, const char *user)
{
    for (unsigned i = 0; config->glass && i < config->glass->operators_count; i++) {
        if (strcmp(config->glass->operators[i], user) == 0)
            return true;
    }
    return false;
}

// An empty list is no way to switch it off: whoever meant that leaves the key out.
static int check_glass(const struct check *check, const struct scrim_glass_config *glass)
{
    if (!glass)
        return SCRIM_OK;
    if (glass->operators_count == 0)
        return refuse(check, NULL, "operators", "",
                      "must name at least one user; without break_glass nobody may break glass");
    if (!is_in_words(glass->reason_shown, GLASS_REASON_CHARACTERS, 3))
        return refuse(check, NULL, "reason_shown", glass->reason_shown,
                      "must say in words, of 20 characters at least, why this site has it");
    for (unsigned i = 0; i < glass->operators_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(glass->operators[i], glass->operators[j]) == 0)
                return refuse(check, NULL, "operators", glass->operators[i],
                              "two operators have this name");
        }
    }
    return SCRIM_OK;
}

static int check_config(const struct check *check, struct scrim_site_config *config)
{
    if (!scrim_camera_id_valid(config->id))
        return refuse(check, NULL, "id", config->id,
                      "the site's id is 1 to 31 of a-z, 0-9 and '-', and starts with no '-'");
    int result = check_listen(check, config->listen);
    if (result >= 0)
        result = check_disks(check, config);
    if (result >= 0)
        result = check_oidc(check, config->oidc);
    if (result >= 0)
        result = check_glass(check, config->glass);
    for (unsigned i = 0; result >= 0 && i < config->cameras_count; i++) {
        struct scrim_camera_config *camera = &config->cameras[i];
        result = check_camera(check, camera);
        for (unsigned j = 0; result >= 0 && j < i; j++) {
            if (strcmp(config->cameras[j].id, camera->id) == 0)
                result = refuse(check, NULL, "id", camera->id, "two cameras have this id");
        }
    }
    return result;
}

int scrim_camera_parse(const char *name, const char *text, size_t length,
                       struct scrim_camera_config **ret, struct scrim_error *error)
{
    const struct scrim_yaml_text yaml = {name, text, length};
    struct scrim_camera_config *camera = NULL;
    int result = scrim_yaml_load_camera(&yaml, &camera, error);
    if (result < 0)
        return result;
    result = check_camera(&(struct check){&yaml, error}, camera);
    if (result < 0) {
        scrim_camera_config_free(camera);
        return result;
    }
    *ret = camera;
    return SCRIM_OK;
}

void scrim_camera_config_free(struct scrim_camera_config *camera)
{
    if (camera)
        scrim_free_pointer(&camera->areas); // not libcyaml's
    scrim_yaml_free_camera(camera);
}

int scrim_site_parse(const char *name, const char *text, size_t length,
                     struct scrim_site_config **ret, struct scrim_error *error)
{
    const struct scrim_yaml_text yaml = {name, text, length};
    struct scrim_site_config *config = NULL;
    int result = scrim_yaml_load(&yaml, &config, error);
    if (result < 0)
        return result;

    const struct check check = {&yaml, error};
    result = check_config(&check, config);
    if (result < 0) {
        scrim_site_config_free(config);
        return result;
    }
    *ret = config;
    return SCRIM_OK;
}

void scrim_site_config_free(struct scrim_site_config *config)
{
    for (unsigned i = 0; config && i < config->cameras_count; i++) // not libcyaml's
        scrim_free_pointer(&config->cameras[i].areas);
    scrim_yaml_free(config);
}

// The site's own store holds journals, and segments that no disk's id names.
static int check_disks_place(const struct scrim_site *site, const char *name,
                             struct scrim_error *error)
{
    char store[SCRIM_PATH_MAX];
    if (scrim_path_join(store, site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "site directory %s: path too long", site->dir);
    for (unsigned i = 0; i < site->config->disks_count; i++) {
        const struct scrim_disk_config *disk = &site->config->disks[i];
        if (is_below(disk->path, store) || is_below(site->dir, disk->path))
            return scrim_fail(error, SCRIM_EINVAL,
                              "%s: disk '%s': path: %s overlaps with the site's own %s", name,
                              disk->id, disk->path, store);
    }
    return SCRIM_OK;
}

int scrim_site_load(const char *dir, struct scrim_site *ret, struct scrim_error *error)
{
    struct scrim_site site = {0};
    SCRIM_AUTO(scrim_free_pointer) char *absolute = realpath(dir, NULL);
    if (!absolute)
        return scrim_fail_errno(error, errno, "site directory %s", dir);
    if (strlen(absolute) >= sizeof site.dir / 2) // room for everything below it
        return scrim_fail(error, SCRIM_EINVAL, "site directory %s: path too long", absolute);
    memcpy(site.dir, absolute, strlen(absolute) + 1);

    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    scrim_buf_init(&text, CONFIG_MAX);
    int result = scrim_path_join(path, site.dir, "scrim.yaml");
    if (result >= 0)
        result = scrim_fs_read(path, &text, error);
    if (result == SCRIM_ENOENT)
        result = scrim_fail(error, SCRIM_ENOENT, "%s: not found; `scrim init %s` makes a site",
                            path, dir);
    if (result >= 0)
        result = scrim_site_parse(path, (const char *)text.data, text.len, &site.config, error);
    scrim_buf_finish(&text);
    if (result < 0)
        return result;
    result = check_disks_place(&site, path, error);
    if (result < 0) {
        scrim_site_finish(&site);
        return result;
    }
    scrim_cameras_dir_load(&site);
    *ret = site;
    return result;
}

void scrim_site_finish(struct scrim_site *site)
{
    if (!site)
        return;
    scrim_site_config_free(site->config);
    site->config = NULL;
    scrim_free_pointer(&site->faults);
    site->faults = NULL;
    site->faults_count = 0;
}

const struct scrim_camera_config *scrim_site_camera(const struct scrim_site *site, const char *id)
{
    for (unsigned i = 0; i < site->config->cameras_count; i++) {
        if (strcmp(site->config->cameras[i].id, id) == 0)
            return &site->config->cameras[i];
    }
    return NULL;
}

int scrim_site_file(const struct scrim_site *site, const char *path, char ret[SCRIM_PATH_MAX])
{
    if (path[0] != '/')
        return scrim_path_join(ret, site->dir, path);
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s", path);
    return length < SCRIM_PATH_MAX ? SCRIM_OK : SCRIM_EINVAL;
}

static int read_password(const struct scrim_site *site, const struct scrim_camera_config *camera,
                         struct scrim_buf *ret, struct scrim_error *error)
{
    if (camera->password_env) {
        const char *value = getenv(camera->password_env);
        if (!value)
            return scrim_fail(error, SCRIM_ENOENT,
                              "camera '%s': environment variable %s is not set", camera->id,
                              camera->password_env);
        return scrim_buf_append_text(ret, value);
    }
    char path[SCRIM_PATH_MAX];
    if (scrim_site_file(site, camera->password_file, path) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "camera '%s': password_file: path too long",
                          camera->id);
    if (scrim_fs_read(path, ret, error) < 0)
        return scrim_fail_prefix(error, "camera '%s': password_file", camera->id);
    return SCRIM_OK;
}

int scrim_camera_password(const struct scrim_site *site, const struct scrim_camera_config *camera,
                          struct scrim_buf *ret, struct scrim_error *error)
{
    scrim_buf_init(ret, PASSWORD_MAX);
    int result = scrim_buf_reserve(ret, PASSWORD_MAX); // so that no copy is left behind by growth
    if (result >= 0)
        result = read_password(site, camera, ret, error);
    if (result < 0) {
        scrim_buf_finish_wipe(ret);
        return result;
    }
    while (ret->len > 0 && (ret->data[ret->len - 1] == '\n' || ret->data[ret->len - 1] == '\r'))
        ret->len--;
    return SCRIM_OK;
}
