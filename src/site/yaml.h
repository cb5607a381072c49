// The libcyaml edge: schema in, structs out, errors as "file:line: sentence".
// Private to src/site.
#pragma once

#include "site/config.h"

struct scrim_yaml_text {
    const char *name; // what sentences call it
    const char *text;
    size_t length;
};

SCRIM_MUST_CHECK int scrim_yaml_load(const struct scrim_yaml_text *yaml,
                                     struct scrim_site_config **ret, struct scrim_error *error);
void scrim_yaml_free(struct scrim_site_config *config);
// The same of a file that holds one camera.
SCRIM_MUST_CHECK int scrim_yaml_load_camera(const struct scrim_yaml_text *yaml,
                                            struct scrim_camera_config **ret,
                                            struct scrim_error *error);
void scrim_yaml_free_camera(struct scrim_camera_config *camera);

// The number of the last line that reads "key: …value…", from 1; 1 if there is none. The last,
// because of two that clash it is the later one that has to change.
unsigned scrim_yaml_line_of(const struct scrim_yaml_text *yaml, const char *key, const char *value);
// The first line from `after` on that reads "key: …"; `after` if there is none.
unsigned scrim_yaml_line_after(const struct scrim_yaml_text *yaml, unsigned after, const char *key);
