// What the keeper says of the storage (SCRIM_LINK_STORAGE): one JSON object, taken as hostile. What
// passes here can be read with jansson's plain accessors, and told on as it stands.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

// The caller's reference; NULL for what is not exactly such an object, or names a disk or camera
// twice. Members we do not know stay in it.
json_t *scrim_storage_report_parse(const void *text, size_t count);

// Of a disk by its id, UTC: when it will be full. INT64_MAX: never, or not known.
int64_t scrim_storage_report_fills_us(const json_t *report, const char *disk);
