// RTCP (RFC 3550, section 6): what a camera's compound packets say, and the receiver reports that
// tell it that somebody listens.
#pragma once

#include "base/buf.h"
#include "rtsp/rtp.h"

struct scrim_rtcp_news {
    bool has_report; // a sender report of `ssrc`
    uint64_t ntp;    // its time, 32.32 seconds since 1900 (or since 2036); 0: it has no wall clock
    uint32_t rtp_time; // the same moment in the RTP clock
    bool bye;          // `ssrc` left
    uint32_t ssrc;     // who said so
};

// Looks at every packet of a compound. `ssrc`: whose reports matter; NULL: anybody's. Returns
// SCRIM_EFORMAT, with nothing taken over, if a length lies or a version is not 2.
SCRIM_MUST_CHECK int scrim_rtcp_parse(const uint8_t *data, size_t size, const uint32_t *ssrc,
                                      struct scrim_rtcp_news *ret);

// NTP time as UTC µs. With its first bit set it counts from 1900, else from 2036 on (RFC 4330, 3).
int64_t scrim_rtcp_utc_us(uint64_t ntp);

struct scrim_rtcp_report {
    uint32_t our_ssrc;
    bool has_source; // nothing came yet: a report without a block
    uint32_t ssrc;
    struct scrim_rtp_quality quality;
    uint64_t last_ntp; // of the newest sender report, 0: none
    int64_t since_us;  // since it arrived
};

// Appends a receiver report and an SDES with CNAME (6.4.2, 6.5).
SCRIM_MUST_CHECK int scrim_rtcp_append_report(const struct scrim_rtcp_report *report,
                                              struct scrim_buf *out);
