#include "damage.h"

#include "base/alloc.h"
#include "bitstream/nal.h"

#include <string.h>

#define UNITS_MAX 8192
#define PACKET_BYTES 1400
#define HEAD_BYTES 12 // spared by what flips and overwrites: start code, delimiter, header

const char *damage_text(enum damage damage)
{
    static const char *const texts[] = {
#define X(name, text) text,
        DAMAGES(X)
#undef X
    };
    return texts[damage];
}

enum culprit damage_culprit(enum damage damage)
{
    switch (damage) {
    case DAMAGE_CUT:
    case DAMAGE_HOLE:
    case DAMAGE_SLICE:
    case DAMAGE_FLIP:
    case DAMAGE_GARBAGE: return CULPRIT_WITHIN;
    case DAMAGE_OLD:
    case DAMAGE_FOREIGN:
    case DAMAGE_SETS_BROKEN: // here alone: the recorder announces another stream when sets change
    case DAMAGE_SETS_FOREIGN: return CULPRIT_WHOLE;
    default: return CULPRIT_NETWORK;
    }
}

static uint32_t draw(uint32_t *random, size_t below)
{
    *random = *random * 1664525U + 1013904223U;
    return (uint32_t)((uint64_t)(*random >> 8) * below >> 24);
}

void reel_init(struct reel *reel)
{
    *reel = (struct reel){.units = scrim_new_array(UNITS_MAX, struct unit),
                          .room = UNITS_MAX,
                          .bytes = scrim_new_bytes(REEL_BYTES)};
}

// The unit's bytes, to be changed; NULL when there is no room left.
static uint8_t *own(struct reel *reel, struct unit *unit)
{
    if (REEL_BYTES - reel->used < unit->size)
        return NULL;
    uint8_t *bytes = reel->bytes + reel->used;
    memcpy(bytes, unit->data, unit->size);
    unit->data = bytes;
    reel->used += unit->size;
    return bytes;
}

static void remove_units(struct reel *reel, size_t at, size_t count)
{
    if (count > reel->count - at)
        count = reel->count - at;
    memmove(reel->units + at, reel->units + at + count,
            (reel->count - at - count) * sizeof *reel->units);
    reel->count -= count;
}

static void insert(struct reel *reel, size_t at, struct unit unit)
{
    if (reel->count == reel->room)
        return;
    memmove(reel->units + at + 1, reel->units + at, (reel->count - at) * sizeof *reel->units);
    reel->units[at] = unit;
    reel->count++;
}

static size_t find_key(const struct reel *reel, size_t from)
{
    for (size_t i = from; i < reel->count; i++) {
        if (reel->units[i].key)
            return i;
    }
    return reel->count - 1;
}

static void flip(struct reel *reel, struct unit *unit, size_t from, size_t to, uint32_t *random)
{
    uint8_t *bytes = to > from ? own(reel, unit) : NULL;
    for (uint32_t i = bytes ? 1 + draw(random, 8) : 0; i > 0; i--)
        bytes[from + draw(random, to - from)] ^= (uint8_t)(1U << draw(random, 8));
}

static void overwrite(struct reel *reel, struct unit *unit, uint32_t *random)
{
    const size_t room = unit->size > HEAD_BYTES ? unit->size - HEAD_BYTES : 0;
    uint8_t *bytes = room > 0 ? own(reel, unit) : NULL;
    const size_t count = bytes ? 1 + draw(random, room < 200 ? room : 200) : 0;
    const size_t at = bytes ? HEAD_BYTES + draw(random, room - count + 1) : 0;
    for (size_t i = 0; i < count; i++)
        bytes[at + i] = (uint8_t)draw(random, 256);
}

static void make_hole(struct reel *reel, struct unit *unit, uint32_t *random)
{
    uint8_t *bytes = unit->size > HEAD_BYTES + 8 ? own(reel, unit) : NULL;
    if (!bytes)
        return;
    const size_t at = HEAD_BYTES + draw(random, unit->size - HEAD_BYTES);
    const size_t left = unit->size - at;
    const size_t count = left < PACKET_BYTES ? left : PACKET_BYTES;
    memmove(bytes + at, bytes + at + count, left - count);
    unit->size -= count;
}

// Leaves out one NAL unit that is of a kind; which one, `random` says.
static bool leave_out(struct reel *reel, struct unit *unit, enum scrim_codec codec, bool slices,
                      uint32_t *random)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, unit->data, unit->size);
    struct scrim_nal nal, found[64];
    size_t count = 0;
    while (count < 64 && scrim_nal_next(&walk, &nal)) {
        const enum scrim_nal_kind kind = scrim_nal_kind(codec, nal.type);
        const bool slice = kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM;
        const bool set = kind == SCRIM_NAL_VPS || kind == SCRIM_NAL_SPS || kind == SCRIM_NAL_PPS;
        if (slices ? slice : set)
            found[count++] = nal;
    }
    if (count == 0)
        return false;
    nal = found[draw(random, count)];
    const size_t at = (size_t)(nal.data - 3 - unit->data), size = nal.size + 3;
    uint8_t *bytes = own(reel, unit);
    if (bytes) {
        memmove(bytes + at, bytes + at + size, unit->size - at - size);
        unit->size -= size;
    }
    return true;
}

// Everything before the first slice: delimiter, parameter sets, SEI.
static size_t head_size(const struct unit *unit, enum scrim_codec codec)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, unit->data, unit->size);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal)) {
        const enum scrim_nal_kind kind = scrim_nal_kind(codec, nal.type);
        if (kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM)
            return (size_t)(nal.data - 3 - unit->data);
    }
    return 0;
}

static void put_foreign_sets(struct reel *reel, struct unit *unit, const struct film *film,
                             const struct film *other)
{
    const struct unit *foreign = &other->units[0];
    const size_t head = head_size(unit, film->codec), sets = head_size(foreign, other->codec);
    const size_t size = sets + unit->size - head;
    if (REEL_BYTES - reel->used < size)
        return;
    uint8_t *bytes = reel->bytes + reel->used;
    memcpy(bytes, foreign->data, sets);
    memcpy(bytes + sets, unit->data + head, unit->size - head);
    reel->used += size;
    unit->data = bytes;
    unit->size = size;
}

// Neither of them a key frame: that would be whole, and a true picture of a moment later.
static void swap_with_next(struct reel *reel, size_t at)
{
    while (at + 1 < reel->count && (reel->units[at].key || reel->units[at + 1].key))
        at++;
    if (at + 1 >= reel->count)
        return;
    struct unit *a = &reel->units[at], *b = &reel->units[at + 1];
    const struct unit first = *a; // times stay where they are: the wrong picture at either
    a->data = b->data;
    a->size = b->size;
    b->data = first.data;
    b->size = first.size;
}

static void put_foreign(struct reel *reel, size_t at, const struct film *other, uint32_t *random)
{
    const size_t run = 1 + draw(random, 5);
    const size_t begin = draw(random, 2) ? 0 : draw(random, other->count - run);
    for (size_t i = 0; i < run && at + i < reel->count; i++) {
        struct unit *unit = &reel->units[at + i];
        unit->data = other->units[begin + i].data;
        unit->size = other->units[begin + i].size;
        unit->key = other->units[begin + i].key;
    }
}

static void put_old(struct reel *reel, size_t at, const struct film *film, uint32_t *random)
{
    const struct unit *old = &film->units[draw(random, film->count)];
    reel->units[at].data = old->data;
    reel->units[at].size = old->size;
    reel->units[at].key = old->key;
}

static void mark_as_key(struct reel *reel, size_t at, uint32_t *random)
{
    remove_units(reel, at, 1 + draw(random, 3));
    for (size_t i = at; i < at + 5 && i < reel->count; i++)
        reel->units[i].key = true;
}

static void damage_once(struct reel *reel, const struct film *film, const struct film *other,
                        enum damage damage, size_t at, uint32_t *random)
{
    struct unit *unit = &reel->units[at];
    const size_t key = find_key(reel, at);
    struct unit *key_unit = &reel->units[key];
    switch (damage) {
    case DAMAGE_DROP: remove_units(reel, at, 1); break;
    case DAMAGE_DROP_RUN: remove_units(reel, at, 2 + draw(random, 19)); break;
    case DAMAGE_DROP_KEY: remove_units(reel, key, 1); break;
    case DAMAGE_CUT: unit->size -= draw(random, unit->size - 1); break;
    case DAMAGE_HOLE: make_hole(reel, unit, random); break;
    case DAMAGE_SLICE: leave_out(reel, unit, film->codec, true, random); break;
    case DAMAGE_FLIP: flip(reel, unit, HEAD_BYTES, unit->size, random); break;
    case DAMAGE_GARBAGE: overwrite(reel, unit, random); break;
    case DAMAGE_SWAP: swap_with_next(reel, at); break;
    case DAMAGE_DOUBLE: insert(reel, at, *unit); break;
    case DAMAGE_OLD: put_old(reel, at, film, random); break;
    case DAMAGE_FOREIGN: put_foreign(reel, at, other, random); break;
    case DAMAGE_SETS_BROKEN:
        flip(reel, key_unit, HEAD_BYTES, head_size(key_unit, film->codec), random);
        break;
    case DAMAGE_SETS_FOREIGN: put_foreign_sets(reel, key_unit, film, other); break;
    case DAMAGE_SETS_LOST: leave_out(reel, key_unit, film->codec, false, random); break;
    case DAMAGE_LATE_KEY: mark_as_key(reel, at, random); break;
    case DAMAGE_NONE:
    case DAMAGE_COUNT: break;
    }
}

void reel_fill(struct reel *reel, const struct film *film, const struct film *other,
               enum damage damage, size_t from, uint32_t *random)
{
    memcpy(reel->units, film->units, film->count * sizeof *film->units);
    reel->count = film->count;
    reel->used = 0;
    for (uint32_t times = 1 + draw(random, 4); times > 0; times--)
        damage_once(reel, film, other, damage, from + draw(random, reel->count - from), random);
}
