// A camera's configuration as the API has it: what a request wishes, and what is told.
//
//     {"id","name","purpose","legal_basis","url","sub","user","password","transport",
//      "tls_fingerprint","redirect_host","retention_hours","retention_reason","record",
//      "expected_mbit","audio_reason"}
//
// Texts, but for the two numbers; null or "" takes an optional one away. A password is taken and
// never told.
#pragma once

#include "base/buf.h"
#include "site/config.h"

#include <jansson.h>

struct scrim_camera_wish {
    struct scrim_camera_config *camera; // checked, owned
    struct scrim_buf text;              // of its file
    struct scrim_buf password;          // to be written if has_password
    bool has_password;
    bool forget; // the password that there is
};

// `before`: the camera that is changed; NULL: it is new, and `id` is to be given. SCRIM_EINVAL with
// a sentence, and in `ret_field` the member of the body that it is about ("" if it is about none).
#define SCRIM_CAMERA_FIELD 32
SCRIM_MUST_CHECK int scrim_camera_wish_parse(const struct scrim_camera_config *before,
                                             const void *body, size_t count,
                                             struct scrim_camera_wish *ret,
                                             char ret_field[SCRIM_CAMERA_FIELD],
                                             struct scrim_error *error);
void scrim_camera_wish_finish(struct scrim_camera_wish *wish); // wipes

json_t *scrim_camera_config_json(const struct scrim_camera_config *camera);
