#include "keeper/demand.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US (3600 * SCRIM_SECOND)

void scrim_needs_init(struct scrim_needs *needs, const struct scrim_site *site)
{
    *needs = (struct scrim_needs){.site = site, .count = site->config->cameras_count};
    needs->list = scrim_new_array(needs->count + 1, struct scrim_need);
}

void scrim_needs_finish(struct scrim_needs *needs)
{
    for (size_t i = 0; i < needs->count; i++)
        scrim_redacted_finish(&needs->list[i].redacted);
    free(needs->list);
    *needs = (struct scrim_needs){0};
}

static void take_rate(struct scrim_demand *demand, const struct scrim_camera_config *camera,
                      const struct scrim_stock_tally *tally)
{
    uint64_t written = 0;
    for (unsigned at = 0; at < SCRIM_DISKS_MAX; at++)
        written += tally->written[at];
    demand->measured_us = tally->measured_us;
    if (tally->measured_us > 0) {
        demand->basis = SCRIM_BASIS_MEASURED;
        demand->rate = scrim_rate_measured(written, tally->measured_us);
    } else if (camera->expected_mbit > 0) {
        demand->basis = SCRIM_BASIS_EXPECTED;
        demand->rate = scrim_rate_of_mbit(camera->expected_mbit);
    } else {
        demand->basis = SCRIM_BASIS_ASSUMED;
        demand->rate = scrim_rate_of_mbit(SCRIM_ASSUMED_MBIT);
    }
}

// What was to be kept of a camera once does not matter for what will be written.
static void take_keep(struct scrim_demand *demand, enum scrim_keep keep)
{
    if (keep != SCRIM_KEEP_ORIGINAL) {
        demand->basis = SCRIM_BASIS_NONE;
        demand->rate = 0;
        demand->measured_us = 0;
    }
    if (keep == SCRIM_KEEP_NOTHING) {
        demand->redacted_basis = SCRIM_BASIS_NONE;
        demand->redacted_rate = 0;
    }
}

static void take_redacted(struct scrim_need *need, int64_t now_us)
{
    struct scrim_demand *demand = &need->demand;
    const uint64_t rate = scrim_redacted_rate(&need->redacted);
    demand->redacted_basis = rate > 0 ? SCRIM_BASIS_MEASURED : SCRIM_BASIS_ASSUMED;
    demand->redacted_rate = rate > 0 ? rate : demand->rate / SCRIM_REDACTED_SHARE;
    need->redacted_stored =
        scrim_redacted_stored(&need->redacted, now_us - demand->retention_hours * HOUR_US);
}

// What is held already, and what the holds that reach into the future will hold.
static void take_holds(struct scrim_demand *demand, const struct scrim_stock_camera *stored,
                       const struct scrim_holds *holds, int64_t now_us)
{
    int64_t to_come_us = 0;
    demand->held = 0;
    demand->holds = 0;
    for (size_t i = 0; i < holds->count; i++) {
        const struct scrim_hold *hold = &holds->list[i];
        if (strcmp(hold->camera, demand->camera) != 0 || !scrim_hold_active(hold, now_us))
            continue;
        const int64_t from_us = hold->from_us > now_us ? hold->from_us : now_us;
        const int64_t to_us =
            hold->until_us > 0 && hold->until_us < hold->to_us ? hold->until_us : hold->to_us;
        to_come_us = to_us - from_us > to_come_us ? to_us - from_us : to_come_us;
        demand->holds++;
    }
    if (demand->holds == 0)
        return;
    for (size_t i = 0; stored && i < stored->count; i++) {
        const uint64_t hour = scrim_hour_of(stored->pieces[i].start_us);
        if (stored->pieces[i].state != SCRIM_PIECE_GONE &&
            scrim_holds_find(holds, stored->id, hour, hour, now_us))
            demand->held += stored->pieces[i].bytes;
    }
    demand->held += (uint64_t)((double)demand->rate * (double)to_come_us / (double)HOUR_US);
}

void scrim_needs_count(struct scrim_needs *needs, size_t number, struct scrim_stock *stock,
                       const struct scrim_holds *holds, int64_t now_us)
{
    const struct scrim_camera_config *camera = &needs->site->config->cameras[number];
    struct scrim_need *need = &needs->list[number];
    const struct scrim_stock_camera *stored = scrim_stock_camera(stock, camera->id);
    need->demand.camera = camera->id;
    need->demand.retention_hours = camera->retention_hours;
    need->tally = (struct scrim_stock_tally){0};
    if (stored)
        scrim_stock_count(stock, stored, &need->tally);
    take_rate(&need->demand, camera, &need->tally);
    take_redacted(need, now_us);
    take_keep(&need->demand, camera->keep);
    take_holds(&need->demand, stored, holds, now_us);
}

void scrim_needs_look(struct scrim_needs *needs, size_t number, struct scrim_stock *stock,
                      const struct scrim_holds *holds, int64_t now_us)
{
    const struct scrim_camera_config *camera = &needs->site->config->cameras[number];
    struct scrim_redacted *redacted = &needs->list[number].redacted;
    if (scrim_redacted_read(redacted, needs->site->dir, camera->id, NULL) < 0)
        scrim_redacted_finish(redacted);
    scrim_needs_count(needs, number, stock, holds, now_us);
}

// --- volumes ---

static bool in_config(const struct scrim_needs *needs, const char *camera)
{
    return scrim_site_camera(needs->site, camera) != NULL;
}

static void weigh_tally(const struct scrim_stock_tally *tally, const struct scrim_volumes *volumes,
                        unsigned places, struct scrim_burden *burdens)
{
    for (unsigned at = 0; at < places; at++) {
        if (volumes->of_place[at] < 0)
            continue;
        struct scrim_burden *burden = &burdens[volumes->of_place[at]];
        burden->ours += tally->bytes[at] + tally->doomed[at];
        burden->doomed += tally->doomed[at];
        if (tally->bytes[at] > 0 && tally->oldest_us[at] < burden->oldest_us)
            burden->oldest_us = tally->oldest_us[at];
    }
}

// A camera's writing, shared over the volumes as it was measured, or evenly before it was.
static double share_of(const struct scrim_need *need, const struct scrim_volumes *volumes,
                       unsigned places, int volume)
{
    uint64_t all = 0, here = 0;
    unsigned takers = 0;
    for (unsigned at = 0; at < places; at++) {
        all += need->tally.written[at];
        here += volumes->of_place[at] == volume ? need->tally.written[at] : 0;
    }
    if (all > 0)
        return (double)here / (double)all;
    for (unsigned i = 0; i < volumes->count; i++)
        takers += volumes->list[i].takes_segments;
    return takers > 0 && volumes->list[volume].takes_segments ? 1.0 / takers : 0.0;
}

static double age_hours(int64_t oldest_us, int64_t now_us)
{
    return oldest_us < now_us ? (double)(now_us - oldest_us) / (double)HOUR_US : 0;
}

static struct scrim_flow flow_of(const struct scrim_need *need, const struct scrim_volumes *volumes,
                                 unsigned places, int volume, int64_t now_us)
{
    struct scrim_flow flow = {.retention_hours = need->demand.retention_hours};
    flow.rate = (double)need->demand.rate * share_of(need, volumes, places, volume);
    int64_t oldest_us = INT64_MAX;
    for (unsigned at = 0; at < places; at++) {
        if (volumes->of_place[at] != volume)
            continue;
        flow.stored += (double)need->tally.bytes[at];
        if (need->tally.bytes[at] > 0 && need->tally.oldest_us[at] < oldest_us)
            oldest_us = need->tally.oldest_us[at];
    }
    flow.age_hours = age_hours(oldest_us, now_us);
    const double held = (double)need->demand.held;
    flow.stored = flow.stored > held ? flow.stored - held : 0;
    return flow;
}

static struct scrim_flow redacted_flow(const struct scrim_need *need, int64_t now_us)
{
    return (struct scrim_flow){
        .stored = (double)need->redacted_stored,
        .rate = (double)need->demand.redacted_rate,
        .age_hours = age_hours(scrim_redacted_oldest_us(&need->redacted), now_us),
        .retention_hours = need->demand.retention_hours,
    };
}

static void forecast(const struct scrim_needs *needs, const struct scrim_volumes *volumes,
                     unsigned places, int volume, int64_t now_us, struct scrim_burden *burden)
{
    const struct scrim_volume *here = &volumes->list[volume];
    struct scrim_flow *flows = scrim_new_array(2 * needs->count + 1, struct scrim_flow);
    size_t count = 0;
    double written = 0;
    for (size_t i = 0; i < needs->count; i++) {
        flows[count] = flow_of(&needs->list[i], volumes, places, volume, now_us);
        written += flows[count++].rate;
        if (here->places & 1) { // redacted pictures lie beside the site's own store
            flows[count] = redacted_flow(&needs->list[i], now_us);
            written += flows[count++].rate;
        }
    }
    const double room = (double)here->free + (double)burden->doomed - (double)here->reserve;
    burden->written = (uint64_t)written;
    burden->full_us = scrim_forecast_full_us(flows, count, room, now_us);
    free(flows);
}

void scrim_burdens_weigh(const struct scrim_needs *needs, const struct scrim_stock *stock,
                         const struct scrim_volumes *volumes, int64_t now_us,
                         struct scrim_burden ret[SCRIM_DISKS_MAX])
{
    const unsigned places = stock->disks_count;
    for (unsigned i = 0; i < SCRIM_DISKS_MAX; i++)
        ret[i] = (struct scrim_burden){.oldest_us = INT64_MAX, .full_us = SCRIM_FORECAST_NEVER};
    for (size_t i = 0; i < stock->cameras_count; i++) {
        struct scrim_stock_tally tally;
        if (in_config(needs, stock->cameras[i].id))
            continue;
        scrim_stock_count(stock, &stock->cameras[i], &tally);
        weigh_tally(&tally, volumes, places, ret);
    }
    for (size_t i = 0; i < needs->count; i++) {
        weigh_tally(&needs->list[i].tally, volumes, places, ret);
        if (volumes->of_place[0] >= 0)
            ret[volumes->of_place[0]].ours += needs->list[i].redacted_stored;
    }
    for (unsigned i = 0; i < volumes->count; i++)
        forecast(needs, volumes, places, (int)i, now_us, &ret[i]);
}

void scrim_needs_admit(const struct scrim_needs *needs, const struct scrim_stock *stock,
                       const struct scrim_volumes *volumes, const struct scrim_burden *burdens,
                       struct scrim_admission_room *room, struct scrim_admission *ret)
{
    room->demands = scrim_new_array(needs->count + 1, struct scrim_demand);
    *ret = (struct scrim_admission){.site = needs->site->config->id,
                                    .demands = room->demands,
                                    .demands_count = needs->count,
                                    .supplies = room->supplies,
                                    .supplies_count = volumes->count,
                                    .absent = room->absent};
    for (unsigned at = 0; at < stock->disks_count; at++) {
        if (volumes->of_place[at] < 0)
            room->absent[ret->absent_count++] = scrim_disks_id(needs->site, at);
    }
    for (size_t i = 0; i < needs->count; i++)
        room->demands[i] = needs->list[i].demand;
    for (unsigned i = 0; i < volumes->count; i++) {
        const struct scrim_volume *volume = &volumes->list[i];
        const uint64_t used = volume->total > volume->free ? volume->total - volume->free : 0;
        room->supplies[i] = (struct scrim_supply){
            .name = volume->name,
            .total = volume->total,
            .reserve = volume->reserve,
            .others = used > burdens[i].ours ? used - burdens[i].ours : 0,
            .redacted_only = !volume->takes_segments,
        };
    }
    for (size_t i = 0; i < stock->cameras_count; i++) {
        struct scrim_stock_tally tally;
        if (in_config(needs, stock->cameras[i].id))
            continue;
        scrim_stock_count(stock, &stock->cameras[i], &tally);
        ret->left_behind += tally.total;
    }
    scrim_admission_decide(ret);
}
