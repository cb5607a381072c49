// The media side of a session: units as RTP packets, sender reports, and the account of both.
//
// Over TCP a unit is one gathered write: packets lie in the clip, and only their heads are patched.
// What the socket does not take waits in `out`; beyond OUT_MAX the camera drops whole units. Over
// UDP a unit goes out in bursts of BURST packets a millisecond, as a line would pace them.
#pragma once

#include "session.h"

struct sender *sender_create_tcp(uint8_t channel);
// Takes over both descriptors, which are connected.
struct sender *sender_create_udp(int rtp_fd, int rtcp_fd);
// What has not gone out is accounted for as cut or unsent. A session without sender is fine.
void sender_destroy(struct session *session);
void sender_unit(struct session *session, const struct camera_unit *unit);
// Accounts for units whose last byte was written.
void sender_settle(struct session *session);
// The next burst over UDP. True while a unit is not through.
bool sender_burst(struct session *session);
// Steps the RTP sequence numbers.
void sender_skip_numbers(struct session *session, uint16_t count);
uint16_t sender_next_number(const struct session *session); // for RTP-Info
