// /metrics: what is known of programs, cameras, disks and storage, as Prometheus reads it (text
// exposition format 0.0.4; names and units as OpenMetrics wants them). docs/guide/operations.md
// lists them. What is not known is left out, never 0. There are as many series as the cameras,
// disks and veil workers of scrim.yaml make.
#pragma once

#include "desk/desk.h"

SCRIM_MUST_CHECK int scrim_metrics_write(const struct scrim_desk *desk, struct scrim_buf *out);
