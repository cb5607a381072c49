// What the recorder says of the disks: its words and numbers go into /metrics and `scrim status`.
#include "desk/disk_state.h"
#include "store/disk.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_disk(const struct scrim_disk_status *disk)
{
    json_t *detail = json_string(disk->detail);
    if (!detail || disk->state >= SCRIM_DISK_STATES || strpbrk(disk->id, "\"\\\n{}") ||
        disk->free < 0 || disk->total < 0 || disk->queued < 0)
        abort();
    json_decref(detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char quay[] = "quay", gate[] = "gate";
    struct scrim_camera_config cameras[] = {{.id = quay}, {.id = gate}};
    const struct scrim_site_config config = {.cameras = cameras, .cameras_count = 2};
    struct scrim_disk_report report = {0};
    if (scrim_disk_report_parse(data, size, &config, &report) < 0)
        return 0;
    if (report.count < 1 || report.count > SCRIM_DISKS_MAX)
        abort();
    for (unsigned i = 0; i < report.count; i++)
        check_disk(&report.disks[i]);
    for (unsigned i = 0; i < config.cameras_count; i++)
        if (report.camera_disks[i] < -1 || report.camera_disks[i] >= (int)report.count)
            abort();
    scrim_disk_report_finish(&report);
    return 0;
}
