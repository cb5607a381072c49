// DIR/scrim.yaml: what a site is. Loaded whole, checked whole, refused whole, with file and line.
// The keys are the field names below, except where a comment says otherwise.
#pragma once

#include "base/fs.h"
#include "link/link.h"
#include "site/area.h"

enum scrim_transport { SCRIM_TRANSPORT_AUTO, SCRIM_TRANSPORT_TCP, SCRIM_TRANSPORT_UDP };
const char *scrim_transport_text(enum scrim_transport transport); // "auto", "tcp", "udp"
bool scrim_transport_parse(const char *text, enum scrim_transport *ret);

// What is kept of a camera.
enum scrim_keep {
    SCRIM_KEEP_ORIGINAL, // the sealed original and the redacted picture
    SCRIM_KEEP_REDACTED, // the redacted picture only: no original is ever sealed
    SCRIM_KEEP_NOTHING,  // nothing: the redacted picture is shown and forgotten
};

const char *scrim_keep_text(enum scrim_keep keep); // "original", "redacted", "nothing"
bool scrim_keep_parse(const char *text, enum scrim_keep *ret);

struct scrim_pair {
    double at[2]; // x, y: shares of the picture, 0…1, origin top left
};

// A mask, zone or line as it is written: points, or for masks and zones a rectangle. `areas` below
// is what becomes of it.
struct scrim_area_config {
    char *name; // NULL: only for a mask
    struct scrim_pair *points;
    unsigned points_count;
    double x, y, width, height; // shares of the picture
};

struct scrim_camera_config {
    char *id;       // [a-z0-9-]{1,31}, unique
    char *name;     // for people
    char *main_url; // "main": rtsp:// or rtsps://, without credentials
    char *sub_url;  // "sub"; NULL: the main stream serves both
    enum scrim_transport transport;
    char *user;          // NULL: no credentials
    char *password_file; // absolute or relative to the site; NULL if password_env is used
    char *password_env;
    char *tls_ca; // PEM file that a rtsps camera's certificate is checked against; NULL: the
                  // system's authorities. Absolute or relative to the site
    char *tls_fingerprint; // SHA-256 of that certificate itself, hexadecimal; NULL: not pinned
    char *redirect_host;   // another host that the camera may redirect to; NULL: none
    char *purpose;         // why this camera films, shown to the people filmed
    char *legal_basis;     // what law lets it film, such as "GDPR Art. 6(1)(f)"; NULL: not said
    uint32_t retention_hours;
    char *retention_reason; // required above 72 h
    char *audio_reason;     // why sound is recorded, in words; NULL: it is not, and never asked for
    double expected_mbit;   // bit rate of the main stream until it is measured; 0: not given
    enum scrim_keep keep;   // "record": original (default), redacted, nothing
    struct scrim_area_config *masks, *zones, *lines; // see area.h
    unsigned masks_count, zones_count, lines_count;
    struct scrim_area *areas; // all of them, checked: masks, zones, lines. No key of its own
    unsigned areas_count;
    bool added; // stands in cameras.d, where the desk may change it; no key of its own
};

// A place for sealed segments: the root of a file system of its own (docs/guide/disks.md).
struct scrim_disk_config {
    char *id;   // [a-z0-9-]{1,31}, unique; in journal records, so never given to another disk
    char *path; // absolute, no other disk's, not below another disk's or the site's store
    uint32_t reserve_mb; // MB of it that stay free; 0: 1 %, but at least 1 GB
};

enum scrim_root_key_place { SCRIM_ROOT_KEY_FILE, SCRIM_ROOT_KEY_TPM };

// Whom a provider may sign in, as a claim of theirs says it: one of these values must be in it.
struct scrim_oidc_admit {
    char *claim; // "groups", "roles" …: text or a list of texts
    char **values;
    unsigned values_count;
};

// A provider (OpenID Connect) that people can sign in with; scrim-oidc talks to it.
struct scrim_oidc_config {
    char *issuer; // https://…, exactly as the provider calls itself
    char *client_id;
    char *client_secret_file;       // absolute or relative to the site
    char *name;                     // for people: what stands on the button
    char *tls_ca;                   // PEM file; NULL: the system's authorities
    struct scrim_oidc_admit *admit; // NULL: everybody who is linked
};

// Break-glass (docs/guide/break-glass.md): who may see originals for ten minutes in an emergency.
struct scrim_glass_config {
    char **operators; // names of users of the desk; at least one
    unsigned operators_count;
    char *reason_shown; // why this site has it, in words, for all who use the desk
};
// Is a user named there? False without break-glass.
struct scrim_site_config;
bool scrim_site_may_break_glass(const struct scrim_site_config *config, const char *user);

struct scrim_site_config {
    char *id; // [a-z0-9-]{1,31}
    char *name;
    char *listen;                       // "127.0.0.1:8443"
    uint32_t veil_workers;              // 0: one per core
    enum scrim_root_key_place root_key; // where the root of the hour keys lies: file (default), tpm
    uint32_t reserve_mb;                // of the site's own disk, as in scrim_disk_config
    struct scrim_disk_config *disks;    // none: segments lie in the site's own store
    unsigned disks_count;
    struct scrim_oidc_config *oidc;   // NULL: nobody signs in with a provider
    struct scrim_glass_config *glass; // "break_glass"; NULL: there is none
    struct scrim_camera_config *cameras;
    unsigned cameras_count;
};

// A file of cameras.d that cannot be used. Its camera is left out; the others are not.
struct scrim_site_fault {
    char camera[SCRIM_CAMERA_ID_MAX + 1]; // "": the file's name names none
    char text[512];                       // "DIR/cameras.d/quay.yaml:3: …"
};

// A site directory with its configuration.
struct scrim_site {
    char dir[SCRIM_PATH_MAX];         // absolute
    struct scrim_site_config *config; // owned; the cameras of scrim.yaml, then those of cameras.d
    struct scrim_site_fault *faults;  // owned
    unsigned faults_count;
};

// DIR/scrim.yaml, then cameras.d (cameras_dir.h).
// SCRIM_EINVAL with "DIR/scrim.yaml:12: camera 'quay': retention_hours: must be …".
SCRIM_MUST_CHECK int scrim_site_load(const char *dir, struct scrim_site *ret,
                                     struct scrim_error *error);
// The same from text; `name` is what sentences call it. For tests, fuzzing and the API.
SCRIM_MUST_CHECK int scrim_site_parse(const char *name, const char *text, size_t length,
                                      struct scrim_site_config **ret, struct scrim_error *error);
void scrim_site_config_free(struct scrim_site_config *config);
// One camera alone, as a file of cameras.d has it. Its sentences begin with "NAME:LINE: ", and with
// "camera 'ID': KEY: " where a value of a key is wrong.
SCRIM_MUST_CHECK int scrim_camera_parse(const char *name, const char *text, size_t length,
                                        struct scrim_camera_config **ret,
                                        struct scrim_error *error);
void scrim_camera_config_free(struct scrim_camera_config *camera); // NULL is fine
bool scrim_camera_id_valid(const char *id);
// An address of a camera's stream; SCRIM_EINVAL with "url: …".
SCRIM_MUST_CHECK int scrim_camera_url_check(const char *url, struct scrim_error *error);
void scrim_site_finish(struct scrim_site *site);

const struct scrim_camera_config *scrim_site_camera(const struct scrim_site *site, const char *id);

// The file that a path of scrim.yaml means: absolute, or relative to the site. SCRIM_EINVAL if it
// is too long.
SCRIM_MUST_CHECK int scrim_site_file(const struct scrim_site *site, const char *path,
                                     char ret[SCRIM_PATH_MAX]);

#define SCRIM_TLS_FINGERPRINT 32
// False, and zeros, if the camera's certificate is not pinned.
bool scrim_camera_fingerprint(const struct scrim_camera_config *camera,
                              uint8_t ret[SCRIM_TLS_FINGERPRINT]);

// The camera's password from its file or environment variable into `ret` (ceiling 256 bytes, a
// final line break removed). Wipe it with scrim_buf_finish_wipe.
SCRIM_MUST_CHECK int scrim_camera_password(const struct scrim_site *site,
                                           const struct scrim_camera_config *camera,
                                           struct scrim_buf *ret, struct scrim_error *error);

// The commented file that `scrim init` writes.
extern const char scrim_site_template[];

// An area as scrim.yaml has it, checked. SCRIM_EINVAL with a sentence for scrim_fail_prefix.
SCRIM_MUST_CHECK int scrim_area_of_config(enum scrim_area_kind kind,
                                          const struct scrim_area_config *config,
                                          struct scrim_area *ret, struct scrim_error *error);
