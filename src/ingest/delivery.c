#include "ingest/ingest_impl.h"

#define STALL_MIN_US (5 * SCRIM_SECOND)
#define STALL_INTERVALS 4 // longest recent distance between pictures, times this

static void note_arrival(struct scrim_delivery *delivery, int64_t arrival_us)
{
    if (delivery->first_us == 0) {
        delivery->first_us = delivery->last_us = arrival_us;
        return;
    }
    const int64_t distance_us = arrival_us - delivery->last_us;
    delivery->longest_us -= delivery->longest_us / 256;
    if (distance_us > delivery->longest_us)
        delivery->longest_us = distance_us;
    delivery->last_us = arrival_us;
}

// A camera that sends a picture a minute is as alive as one that sends thirty a second: the waiting
// follows what it did.
int64_t scrim_delivery_stall_us(const struct scrim_delivery *delivery)
{
    if (delivery->longest_us == 0)
        return delivery->last_us + delivery->first_wait_us;
    const int64_t wait_us = delivery->longest_us * STALL_INTERVALS;
    return delivery->last_us + (wait_us > STALL_MIN_US ? wait_us : STALL_MIN_US);
}

static int tell_track(struct scrim_delivery *delivery, const struct scrim_params *params)
{
    if (params->generation == delivery->generation)
        return SCRIM_OK;
    const uint32_t mfps =
        delivery->declared_mfps > 0 ? delivery->declared_mfps : params->declared_mfps;
    const int result = scrim_wire_track(delivery->ingest->sealer, params, mfps);
    if (result >= 0)
        delivery->generation = params->generation;
    return result;
}

static int tell_unit(struct scrim_delivery *delivery, const struct scrim_params *params,
                     const struct scrim_unit *unit)
{
    if (params->generation == 0 || (delivery->dropping && !unit->random))
        return SCRIM_EAGAIN;
    struct scrim_unit complete = *unit;
    complete.lost_units = delivery->lost_units;
    complete.lost_packets = delivery->lost_packets;
    complete.dropped_units = delivery->dropped_units;
    int result = tell_track(delivery, params);
    if (result >= 0)
        result = scrim_wire_unit(delivery->ingest->sealer, &complete);
    if (result < 0)
        return result;
    delivery->dropping = false;
    delivery->lost_units = delivery->lost_packets = delivery->dropped_units = 0;
    return SCRIM_OK;
}

// What the sealer cannot take is dropped up to the next key frame, and counted as lost with the
// picture that gets through. So is what comes before the first parameter sets.
static int hand_over(struct scrim_delivery *delivery, const struct scrim_params *params,
                     const struct scrim_unit *unit)
{
    note_arrival(delivery, unit->arrival_us);
    if (delivery->ingest->trial) {
        scrim_trial_unit(delivery->ingest, params, unit);
        return SCRIM_OK;
    }
    delivery->lost_units += unit->lost_units;
    delivery->lost_packets += unit->lost_packets;
    const int result = tell_unit(delivery, params, unit);
    if (result != SCRIM_EAGAIN)
        return result;
    delivery->lost_units++;
    if (params->generation != 0) {
        delivery->dropping = true;
        delivery->dropped_units++;
        delivery->ingest->stats.dropped_units++;
    }
    return SCRIM_OK;
}

int scrim_delivery_take(struct scrim_delivery *delivery, struct scrim_receiver *receiver)
{
    struct scrim_unit unit;
    while (scrim_receiver_next(receiver, &unit)) {
        const int result = hand_over(delivery, scrim_receiver_params(receiver), &unit);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}
