#include "rtsp/rtcp.h"

#include <stdio.h>

// RFC 3550, 12.1.
enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203 };
enum { SDES_CNAME = 1 };

#define NTP_UNIX_SECONDS INT64_C(2208988800) // 1900 to 1970
#define REPORT_BLOCK 24                      // bytes

struct rtcp_part {
    unsigned count, type;
    struct scrim_reader body; // without padding
};

static bool next_part(struct scrim_reader *rest, struct rtcp_part *ret)
{
    uint8_t flags, type;
    uint16_t words;
    if (!scrim_read_u8(rest, &flags) || !scrim_read_u8(rest, &type) ||
        !scrim_read_u16(rest, &words) || flags >> 6 != 2)
        return false;
    const size_t size = (size_t)words * 4;
    const uint8_t *body = scrim_read_view(rest, size);
    if (!body)
        return false;
    *ret = (struct rtcp_part){flags & 0x1fU, type, scrim_reader_of(body, size)};
    if (flags & 0x20) { // padding ends the compound (6.4.1); its last byte counts it
        const uint8_t padding = size > 0 ? body[size - 1] : 0;
        if (padding == 0 || padding > size || rest->left > 0)
            return false;
        ret->body.left -= padding;
    }
    return true;
}

// 6.4.1, the sender info.
static bool read_sender_report(struct scrim_reader body, const uint32_t *wanted,
                               struct scrim_rtcp_news *news)
{
    uint32_t ssrc, rtp_time;
    uint64_t ntp;
    if (!scrim_read_u32(&body, &ssrc) || !scrim_read_u64(&body, &ntp) ||
        !scrim_read_u32(&body, &rtp_time))
        return false;
    if (wanted && ssrc != *wanted)
        return true;
    news->has_report = true;
    news->ssrc = ssrc;
    news->ntp = ntp;
    news->rtp_time = rtp_time;
    return true;
}

// 6.6.
static bool read_bye(struct rtcp_part part, const uint32_t *wanted, struct scrim_rtcp_news *news)
{
    for (unsigned i = 0; i < part.count; i++) {
        uint32_t ssrc;
        if (!scrim_read_u32(&part.body, &ssrc))
            return false;
        if (wanted && ssrc == *wanted) {
            news->bye = true;
            news->ssrc = ssrc;
        }
    }
    return true;
}

int scrim_rtcp_parse(const uint8_t *data, size_t size, const uint32_t *ssrc,
                     struct scrim_rtcp_news *ret)
{
    struct scrim_reader rest = scrim_reader_of(data, size);
    struct scrim_rtcp_news news = {0};
    struct rtcp_part part;
    if (size == 0)
        return SCRIM_EFORMAT;
    while (rest.left > 0) {
        bool fine = next_part(&rest, &part);
        if (fine && part.type == RTCP_SR)
            fine = read_sender_report(part.body, ssrc, &news);
        else if (fine && part.type == RTCP_BYE)
            fine = read_bye(part, ssrc, &news);
        if (!fine)
            return SCRIM_EFORMAT;
    }
    *ret = news;
    return SCRIM_OK;
}

int64_t scrim_rtcp_utc_us(uint64_t ntp)
{
    const int64_t era = ntp >> 63 ? 0 : INT64_C(1) << 32;
    const int64_t seconds = (int64_t)(ntp >> 32) + era - NTP_UNIX_SECONDS;
    return seconds * 1000000 + (int64_t)(((ntp & UINT32_MAX) * 1000000) >> 32);
}

static int append_block(const struct scrim_rtcp_report *report, struct scrim_buf *out)
{
    const struct scrim_rtp_quality *quality = &report->quality;
    // Middle 32 bits of the NTP time, and the delay since in 1/65536 s.
    const uint32_t last = (uint32_t)(report->last_ntp >> 16);
    const uint64_t delay = (uint64_t)report->since_us * 65536 / 1000000;
    const uint32_t values[REPORT_BLOCK / 4] = {
        report->ssrc,
        (uint32_t)quality->fraction_lost << 24 | ((uint32_t)quality->cumulative_lost & 0xffffff),
        quality->highest,
        quality->jitter,
        last,
        last == 0            ? 0
        : delay > UINT32_MAX ? UINT32_MAX
                             : (uint32_t)delay,
    };
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof values / sizeof values[0] && result >= 0; i++)
        result = scrim_buf_append_u32(out, values[i]);
    return result;
}

static int append_head(unsigned count, unsigned type, size_t body, struct scrim_buf *out)
{
    const uint32_t head = (2U << 30) | count << 24 | type << 16 | (uint32_t)(body / 4);
    return scrim_buf_append_u32(out, head);
}

// One chunk: our SSRC, the CNAME (RFC 7022: nothing that tells who we are), and zeros up to a whole
// word, at least one.
static int append_sdes(uint32_t ssrc, struct scrim_buf *out)
{
    char name[16];
    static const uint8_t zeros[4] = {0};
    const size_t length = (size_t)snprintf(name, sizeof name, "scrim-%08x", (unsigned)ssrc);
    const size_t used = 4 + 2 + length, padding = 4 - used % 4;
    int result = append_head(1, RTCP_SDES, used + padding, out);
    if (result >= 0)
        result = scrim_buf_append_u32(out, ssrc);
    if (result >= 0)
        result = scrim_buf_append_u8(out, SDES_CNAME);
    if (result >= 0)
        result = scrim_buf_append_u8(out, (uint8_t)length);
    if (result >= 0)
        result = scrim_buf_append(out, name, length);
    return result < 0 ? result : scrim_buf_append(out, zeros, padding);
}

int scrim_rtcp_append_report(const struct scrim_rtcp_report *report, struct scrim_buf *out)
{
    const unsigned blocks = report->has_source ? 1 : 0;
    int result = append_head(blocks, RTCP_RR, 4 + blocks * REPORT_BLOCK, out);
    if (result >= 0)
        result = scrim_buf_append_u32(out, report->our_ssrc);
    if (result >= 0 && blocks > 0)
        result = append_block(report, out);
    return result < 0 ? result : append_sdes(report->our_ssrc, out);
}
