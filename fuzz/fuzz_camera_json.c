// Bodies with which a camera is added, changed and tried, and the messages of a live test. The
// first byte chooses. What is taken is written and read back as the same.
#include "desk/camera_json.h"
#include "desk/trials.h"
#include "link/trial.h"
#include "site/cameras_dir.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void wish_of_a_camera(const uint8_t *data, size_t size)
{
    struct scrim_camera_wish wish, filled, again;
    struct scrim_error error;
    char field[SCRIM_CAMERA_FIELD];
    if (scrim_camera_wish_parse(NULL, data, size, &wish, field, &error) < 0) {
        if (strlen(field) >= sizeof field)
            abort();
        return;
    }
    // Once what was left open is filled in, a change of nothing changes nothing.
    if (scrim_camera_wish_parse(wish.camera, "{}", 2, &filled, field, &error) < 0 ||
        scrim_camera_wish_parse(filled.camera, "{}", 2, &again, field, &error) < 0 ||
        again.text.len != filled.text.len ||
        memcmp(again.text.data, filled.text.data, filled.text.len) != 0)
        abort();
    json_decref(scrim_camera_config_json(again.camera));
    scrim_camera_wish_finish(&again);
    scrim_camera_wish_finish(&filled);
    scrim_camera_wish_finish(&wish);
}

static void messages(const uint8_t *data, size_t size)
{
    struct scrim_trial_wish wish;
    struct scrim_trial_report report;
    struct scrim_buf body;
    char words[SCRIM_TRIAL_WORDS];
    const char *advice[SCRIM_TRIAL_ADVICE];
    scrim_buf_init(&body, SCRIM_TRIAL_WISH_BYTES);
    if (scrim_trial_wish_parse(data, size, &wish) &&
        (scrim_trial_wish_format(&wish, &body) < 0 || body.len != size ||
         memcmp(body.data, data, size) != 0))
        abort();
    scrim_buf_clear(&body);
    if (scrim_trial_report_parse(data, size, &report)) {
        if (scrim_trial_report_format(&report, &body) < 0 || body.len != size ||
            memcmp(body.data, data, size) != 0)
            abort();
        scrim_trial_words(&report, words);
        if (scrim_trial_advice(&report, advice) > SCRIM_TRIAL_ADVICE)
            abort();
    }
    scrim_buf_finish(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_trial_wish wish;
    struct scrim_error error;
    if (size == 0)
        return 0;
    if (data[0] == 'c')
        wish_of_a_camera(data + 1, size - 1);
    else if (data[0] == 't' && scrim_trial_wish_read(data + 1, size - 1, &wish, &error) >= 0)
        scrim_trial_wish_wipe(&wish);
    else if (data[0] == 'm')
        messages(data + 1, size - 1);
    return 0;
}
