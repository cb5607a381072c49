#include "store/disk_place.h"

#define STAGGER 0.03 // of its size by which each disk counts for less than the one before
#define STAGGER_MAX 10

// Never 0: a disk whose size is not known yet is as good as any other.
static double weight_of(const struct scrim_disk_room *room, unsigned at)
{
    const double total = (double)room->total_bytes, free = (double)room->free_bytes;
    const double weight = (total + free) / 2;
    return weight * (1 - STAGGER * (at < STAGGER_MAX ? at : STAGGER_MAX)) + 1;
}

int scrim_disk_place_choose(const struct scrim_disk_room *rooms, unsigned count, uint64_t rate)
{
    int best = -1;
    double best_fill = 0;
    for (unsigned i = 0; i < count; i++) {
        const double fill = (double)(rooms[i].load + rate) / weight_of(&rooms[i], i);
        if (rooms[i].well && (best < 0 || fill < best_fill)) {
            best = (int)i;
            best_fill = fill;
        }
    }
    return best;
}

static bool may_stay(const struct scrim_disk_room *rooms, unsigned count, unsigned at,
                     uint64_t rate, uint64_t all_rates)
{
    double weights = 0;
    for (unsigned i = 0; i < count; i++)
        weights += rooms[i].well ? weight_of(&rooms[i], i) : 0;
    const double share = (double)all_rates * weight_of(&rooms[at], at) / weights;
    return rooms[at].well &&
           (rooms[at].load == 0 || (double)(rooms[at].load + rate) <= 1.25 * share);
}

void scrim_disk_place_all(struct scrim_disk_room *rooms, unsigned rooms_count,
                          const struct scrim_disk_wish *wishes, unsigned wishes_count, int *ret)
{
    uint64_t all_rates = 0;
    for (unsigned i = 0; i < wishes_count; i++)
        all_rates += wishes[i].rate;
    for (unsigned i = 0; i < wishes_count; i++) {
        const int was = wishes[i].disk;
        ret[i] = was >= 0 && was < (int)rooms_count &&
                         may_stay(rooms, rooms_count, (unsigned)was, wishes[i].rate, all_rates)
                     ? was
                     : -1;
        if (ret[i] >= 0)
            rooms[ret[i]].load += wishes[i].rate;
    }
    for (unsigned i = 0; i < wishes_count; i++) {
        if (ret[i] >= 0)
            continue;
        ret[i] = scrim_disk_place_choose(rooms, rooms_count, wishes[i].rate);
        if (ret[i] >= 0)
            rooms[ret[i]].load += wishes[i].rate;
    }
}
