// Parameter sets out of the configuration record of an MP4 sample entry (avcC and hvcC, ISO/IEC
// 14496-15).
#pragma once

#include "link/link.h"

// Appends them as length-prefixed NAL units, as samples hold them. SCRIM_EFORMAT if the record is
// malformed, SCRIM_EUNSUPPORTED for length prefixes of other than four bytes.
SCRIM_MUST_CHECK int scrim_config_record_sets(enum scrim_codec codec, const uint8_t *record,
                                              size_t count, struct scrim_buf *ret);
