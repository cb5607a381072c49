#include "keeper/admission.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void scrim_bytes_text(uint64_t bytes, char ret[SCRIM_BYTES_TEXT])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    snprintf(ret, SCRIM_BYTES_TEXT, "%.1f %s", value, units[unit]);
}

uint64_t scrim_rate_of_mbit(double mbit)
{
    return (uint64_t)(mbit * 1e6 / 8 * 3600);
}

uint64_t scrim_rate_measured(uint64_t bytes, int64_t length_us)
{
    const double rate = (double)bytes * 3600 * SCRIM_SECOND / (double)length_us;
    const uint64_t most = scrim_rate_of_mbit(SCRIM_MEASURED_MBIT_MAX);
    return rate < (double)most ? (uint64_t)rate : most;
}

uint64_t scrim_supply_usable(const struct scrim_supply *supply)
{
    const uint64_t gone = supply->reserve + supply->others;
    return supply->total > gone ? supply->total - gone : 0;
}

uint64_t scrim_demand_needed(const struct scrim_demand *demand)
{
    return demand->rate * demand->retention_hours;
}

// How much of the retention fits in what is left after the parts that do not depend on it.
static double share_that_fits(const struct scrim_admission *a)
{
    const uint64_t fixed = a->held + a->left_behind + a->ahead;
    const uint64_t variable = a->originals + a->redacted + a->margin;
    if (a->ok || variable == 0)
        return a->ok ? 1.0 : 0.0;
    const double share = a->funded > fixed ? (double)(a->funded - fixed) / (double)variable : 0.0;
    return share < 1.0 ? share : 1.0;
}

static void fund(struct scrim_admission *a, const struct scrim_supply *supply)
{
    const uint64_t usable = scrim_supply_usable(supply);
    const uint64_t redacted = a->redacted + a->redacted / 100 * SCRIM_ADMISSION_MARGIN_PERCENT;
    if (!supply->redacted_only) {
        a->funded += usable;
        return;
    }
    a->funded += usable < redacted ? usable : redacted;
    a->redacted_missing = usable < redacted ? redacted - usable : 0;
}

void scrim_admission_decide(struct scrim_admission *a)
{
    uint64_t an_hour = 0;
    a->originals = a->redacted = a->held = a->funded = a->redacted_missing = 0;
    for (size_t i = 0; i < a->demands_count; i++) {
        const struct scrim_demand *demand = &a->demands[i];
        a->originals += scrim_demand_needed(demand);
        a->redacted += demand->redacted_rate * demand->retention_hours;
        a->held += demand->held;
        an_hour += demand->rate;
    }
    for (size_t i = 0; i < a->supplies_count; i++)
        fund(a, &a->supplies[i]);
    a->margin = (a->originals + a->redacted) / 100 * SCRIM_ADMISSION_MARGIN_PERCENT;
    a->ahead = an_hour / 3600 * SCRIM_AHEAD_SECONDS;
    a->needed = a->originals + a->redacted + a->held + a->left_behind + a->margin + a->ahead;
    a->ok = a->needed <= a->funded && a->redacted_missing == 0;
    a->fits = share_that_fits(a);
}

// --- in words ---

// The retention that all cameras share, 0 if they differ.
static uint32_t common_retention(const struct scrim_admission *a)
{
    uint32_t hours = a->demands_count > 0 ? a->demands[0].retention_hours : 0;
    for (size_t i = 1; i < a->demands_count; i++)
        hours = a->demands[i].retention_hours == hours ? hours : 0;
    return hours;
}

static void describe_hours(double hours, char *ret, size_t size)
{
    if (hours >= 96)
        snprintf(ret, size, "%.0f days", hours >= 24 ? (double)(uint64_t)(hours / 24) : 0.0);
    else
        snprintf(ret, size, "%" PRIu64 " hours", (uint64_t)hours);
}

static void describe_fit(const struct scrim_admission *a, char *ret, size_t size)
{
    const uint32_t common = common_retention(a);
    char hours[32];
    describe_hours(common * a->fits, hours, sizeof hours);
    if (common > 0 && common * a->fits >= 1)
        snprintf(ret, size, "%s fit", hours);
    else if (common == 0 && a->fits >= 0.01)
        snprintf(ret, size, "%u %% of each camera's retention fits", (unsigned)(a->fits * 100));
    else
        snprintf(ret, size, "not even an hour fits");
}

void scrim_admission_sentence(const struct scrim_admission *a, char *ret, size_t size)
{
    char needed[SCRIM_BYTES_TEXT], funded[SCRIM_BYTES_TEXT], missing[SCRIM_BYTES_TEXT], fit[64];
    scrim_bytes_text(a->needed, needed);
    scrim_bytes_text(a->funded, funded);
    if (a->ok) {
        snprintf(ret, size, "needed %s, funded %s: it fits", needed, funded);
        return;
    }
    if (a->redacted_missing > 0) {
        scrim_bytes_text(a->redacted_missing, missing);
        snprintf(ret, size,
                 "needed %s, funded %s: the site's own disk lacks %s for the redacted pictures",
                 needed, funded, missing);
        return;
    }
    scrim_bytes_text(a->needed - a->funded, missing);
    describe_fit(a, fit, sizeof fit);
    snprintf(ret, size, "needed %s, funded %s: %s; or add %s of disk", needed, funded, fit,
             missing);
}

static const char *basis_text(const struct scrim_demand *demand, char *ret, size_t size)
{
    const int64_t minutes = demand->measured_us / (60 * SCRIM_SECOND);
    if (demand->basis == SCRIM_BASIS_EXPECTED)
        snprintf(ret, size, "expected_mbit");
    else if (demand->basis == SCRIM_BASIS_ASSUMED)
        snprintf(ret, size, "assumed");
    else if (demand->basis == SCRIM_BASIS_NONE)
        snprintf(ret, size, "no original is kept");
    else if (minutes >= 120)
        snprintf(ret, size, "measured, %" PRId64 " h", minutes / 60);
    else
        snprintf(ret, size, "measured, %" PRId64 " min", minutes);
    return ret;
}

static int report_demand(const struct scrim_demand *demand, struct scrim_buf *ret)
{
    char bytes[SCRIM_BYTES_TEXT], basis[48];
    scrim_bytes_text(scrim_demand_needed(demand), bytes);
    return scrim_buf_printf(ret, "  %-24s %8.2f Mbit/s (%s) × %" PRIu32 " h = %s\n", demand->camera,
                            (double)demand->rate * 8 / 3600 / 1e6,
                            basis_text(demand, basis, sizeof basis), demand->retention_hours,
                            bytes);
}

static int report_part(struct scrim_buf *ret, const char *what, uint64_t bytes)
{
    char text[SCRIM_BYTES_TEXT];
    scrim_bytes_text(bytes, text);
    return bytes == 0 ? SCRIM_OK : scrim_buf_printf(ret, "  %-60s %s\n", what, text);
}

static int report_parts(const struct scrim_admission *a, struct scrim_buf *ret)
{
    char needed[SCRIM_BYTES_TEXT], what[80];
    bool assumed = false;
    for (size_t i = 0; i < a->demands_count; i++)
        assumed |= a->demands[i].redacted_basis == SCRIM_BASIS_ASSUMED;
    snprintf(what, sizeof what, "redacted pictures of all cameras, as long (%s)",
             assumed ? "partly assumed: an eighth" : "measured");
    int result = report_part(ret, what, a->redacted);
    if (result >= 0)
        result = report_part(ret, "held by legal holds, now or later beyond retention", a->held);
    if (result >= 0)
        result =
            report_part(ret, "kept of cameras that are not in scrim.yaml any more", a->left_behind);
    if (result >= 0)
        result = report_part(ret, "written while a purge makes room", a->ahead);
    snprintf(what, sizeof what, "margin, %d %% of cameras and redacted pictures",
             SCRIM_ADMISSION_MARGIN_PERCENT);
    if (result >= 0)
        result = report_part(ret, what, a->margin);
    scrim_bytes_text(a->needed, needed);
    return result < 0 ? result : scrim_buf_printf(ret, "needed: %s\n", needed);
}

static int report_supply(const struct scrim_supply *supply, struct scrim_buf *ret)
{
    char total[SCRIM_BYTES_TEXT], reserve[SCRIM_BYTES_TEXT], others[SCRIM_BYTES_TEXT];
    char usable[SCRIM_BYTES_TEXT];
    scrim_bytes_text(supply->total, total);
    scrim_bytes_text(supply->reserve, reserve);
    scrim_bytes_text(supply->others, others);
    scrim_bytes_text(scrim_supply_usable(supply), usable);
    return scrim_buf_printf(ret, "  %s: %s - %s reserve - %s used by others = %s%s\n", supply->name,
                            total, reserve, others, usable,
                            supply->redacted_only ? ", for redacted pictures only" : "");
}

int scrim_admission_report(const struct scrim_admission *a, struct scrim_buf *ret)
{
    char funded[SCRIM_BYTES_TEXT], sentence[256];
    int result = scrim_buf_printf(ret, "site %s, %zu cameras\n", a->site, a->demands_count);
    for (size_t i = 0; i < a->demands_count && result >= 0; i++)
        result = report_demand(&a->demands[i], ret);
    if (result >= 0)
        result = report_parts(a, ret);
    for (size_t i = 0; i < a->supplies_count && result >= 0; i++)
        result = report_supply(&a->supplies[i], ret);
    for (size_t i = 0; i < a->absent_count && result >= 0; i++)
        result = scrim_buf_printf(ret, "  %s: not there, so it counts for nothing\n", a->absent[i]);
    scrim_bytes_text(a->funded, funded);
    if (result >= 0)
        result = scrim_buf_printf(ret, "funded: %s\n", funded);
    scrim_admission_sentence(a, sentence, sizeof sentence);
    return result < 0 ? result
                      : scrim_buf_printf(ret, "%s: %s\n", a->ok ? "admitted" : "refused", sentence);
}
