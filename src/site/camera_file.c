// The text of a camera's file, from the camera. One key a line, so that a sentence names its line;
// texts in double quotes with the escapes of JSON, which YAML 1.2 understands (section 7.3.1).
#include "site/cameras_dir.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static int put_text(struct scrim_buf *out, const char *key, const char *value)
{
    if (!value)
        return SCRIM_OK;
    json_t *string = json_string(value); // NULL if it is not UTF-8
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    json_decref(string);
    const int result = quoted ? scrim_buf_printf(out, "%s: %s\n", key, quoted) : SCRIM_EFORMAT;
    free(quoted);
    return result;
}

static int put_area(struct scrim_buf *out, const struct scrim_area_config *area)
{
    int result = scrim_buf_append_text(out, "  - ");
    if (result >= 0 && area->name)
        result = put_text(out, "name", area->name);
    if (result >= 0 && area->name)
        result = scrim_buf_append_text(out, "    ");
    if (result >= 0 && area->points_count == 0)
        return scrim_buf_printf(out, "x: %.9g\n    y: %.9g\n    width: %.9g\n    height: %.9g\n",
                                area->x, area->y, area->width, area->height);
    if (result >= 0)
        result = scrim_buf_append_text(out, "points: [");
    for (unsigned i = 0; i < area->points_count && result >= 0; i++)
        result = scrim_buf_printf(out, "%s[%.9g, %.9g]", i ? ", " : "", area->points[i].at[0],
                                  area->points[i].at[1]);
    return result < 0 ? result : scrim_buf_append_text(out, "]\n");
}

static int put_areas(struct scrim_buf *out, const char *key, const struct scrim_area_config *list,
                     unsigned count)
{
    int result = count > 0 ? scrim_buf_printf(out, "%s:\n", key) : SCRIM_OK;
    for (unsigned i = 0; i < count && result >= 0; i++)
        result = put_area(out, &list[i]);
    return result;
}

static int put_texts(struct scrim_buf *out, const struct scrim_camera_config *camera)
{
    const struct {
        const char *key, *value;
    } texts[] = {
        {"id", camera->id},
        {"name", camera->name},
        {"main", camera->main_url},
        {"sub", camera->sub_url},
        {"user", camera->user},
        {"password_file", camera->password_file},
        {"password_env", camera->password_env},
        {"tls_ca", camera->tls_ca},
        {"tls_fingerprint", camera->tls_fingerprint},
        {"redirect_host", camera->redirect_host},
        {"purpose", camera->purpose},
        {"legal_basis", camera->legal_basis},
        {"retention_reason", camera->retention_reason},
        {"audio_reason", camera->audio_reason},
    };
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && result >= 0; i++)
        result = put_text(out, texts[i].key, texts[i].value);
    return result;
}

int scrim_camera_format(const struct scrim_camera_config *camera, struct scrim_buf *ret)
{
    int result = put_texts(ret, camera);
    if (result >= 0)
        result = scrim_buf_printf(ret, "transport: %s\nrecord: %s\nretention_hours: %" PRIu32 "\n",
                                  scrim_transport_text(camera->transport),
                                  scrim_keep_text(camera->keep), camera->retention_hours);
    if (result >= 0 && camera->expected_mbit > 0)
        result = scrim_buf_printf(ret, "expected_mbit: %.9g\n", camera->expected_mbit);
    if (result >= 0)
        result = put_areas(ret, "masks", camera->masks, camera->masks_count);
    if (result >= 0)
        result = put_areas(ret, "zones", camera->zones, camera->zones_count);
    return result < 0 ? result : put_areas(ret, "lines", camera->lines, camera->lines_count);
}
