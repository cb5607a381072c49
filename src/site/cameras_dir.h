// DIR/cameras.d: cameras that were added at the desk or by `scrim camera add`.
//
//     <id>.yaml       one camera, with the keys of an entry of `cameras:` in scrim.yaml
//     <id>.password   its password, 0600; the desk replaces it and never reads it
//     .changed        replaced last, after each change: who watches it sees whole changes
//
// `password_file` is that one or none, and `password_env` is for scrim.yaml alone. A file that
// cannot be used leaves its own camera out and no other. An id that scrim.yaml has, too, is the one
// of scrim.yaml.
#pragma once

#include "site/config.h"

#define SCRIM_CAMERAS_DIR "cameras.d"
#define SCRIM_CAMERAS_CHANGED ".changed"
#define SCRIM_CAMERA_FILE_MAX (256U << 10) // bytes of one file

// Appends the cameras of cameras.d to site->config, in the order of their ids, and what is wrong to
// site->faults. Private to src/site: scrim_site_load calls it.
void scrim_cameras_dir_load(struct scrim_site *site);

// The text of the camera's file: scrim_camera_parse makes the same camera of it. `ret` is
// initialised by the caller.
SCRIM_MUST_CHECK int scrim_camera_format(const struct scrim_camera_config *camera,
                                         struct scrim_buf *ret);
// "cameras.d/ID.password": what password_file says.
#define SCRIM_CAMERA_PASSWORD_NAME (sizeof SCRIM_CAMERAS_DIR + SCRIM_CAMERA_ID_MAX + 16)
void scrim_camera_password_name(const char *id, char ret[SCRIM_CAMERA_PASSWORD_NAME]);

struct scrim_camera_change {
    const char *id;
    const struct scrim_buf *text; // of scrim_camera_format; NULL: the camera is taken away
    bool is_new;                  // SCRIM_EEXIST if there is such a file already
    // What becomes of the password: written if it is not NULL, removed if `forget`, else left.
    const struct scrim_buf *password;
    bool forget;
};

// Makes the directory (0750) if it is missing.
SCRIM_MUST_CHECK int scrim_cameras_dir_make(const char *dir, struct scrim_error *error);
// Writes the change, each file as a whole and flushed. What the camera is changes in one step, with
// <id>.yaml; a password goes before it, or after it when the camera goes. On failure the camera is
// as it was, but for a password that is new already.
SCRIM_MUST_CHECK int scrim_cameras_dir_change(const char *dir,
                                              const struct scrim_camera_change *change,
                                              struct scrim_error *error);
// Replaces .changed: who watches it takes over what else was changed of the site, too.
SCRIM_MUST_CHECK int scrim_cameras_dir_touch(const char *dir, struct scrim_error *error);
