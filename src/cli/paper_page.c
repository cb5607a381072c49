#include "cli/paper_page.h"

#include "base/clock.h"
#include "vault/vault_set.h"

#include <errno.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

// Millimetres.
#define WIDTH 210
#define HEIGHT 297
#define LEFT 20
#define CODE_TOP 96
#define CODE_SIZE 60.0
#define CODE_QUIET 4 // modules left white around it (ISO/IEC 18004)
#define TEXT_TOP 178
#define TEXT_STEP 10
#define GROUPS_A_LINE 5
#define GROUP 4

static const char *const advice[] = {
    "Whoever reads this page has this share, without any passphrase. Fold it, seal it in an "
    "envelope,",
    "sign across the flap, and lock it away where the holder alone, or nobody alone, gets at it.",
    "Never photograph, scan or e-mail it. Check once a year that the envelope is closed.",
    "",
    "To use it: scrim vault restore DIR --out SHARE_FILE, then type the text above, or have a",
    "QR code reader type it. Spaces and case do not matter; a wrong character is noticed.",
    "After a refresh of the shares this page is worth nothing to the site: burn it and print a new "
    "one.",
};

// XML 1.0: what cannot stand for itself in text.
static int append_escaped(struct scrim_buf *out, const char *text)
{
    int result = SCRIM_OK;
    for (const char *at = text; *at && result >= 0; at++) {
        switch (*at) {
        case '&': result = scrim_buf_append_text(out, "&amp;"); break;
        case '<': result = scrim_buf_append_text(out, "&lt;"); break;
        case '>': result = scrim_buf_append_text(out, "&gt;"); break;
        case '"': result = scrim_buf_append_text(out, "&quot;"); break;
        default: result = scrim_buf_append(out, at, 1); break;
        }
    }
    return result;
}

static int append_line(struct scrim_buf *out, unsigned y, const char *style, const char *text)
{
    int result = scrim_buf_printf(out, "<text x=\"%d\" y=\"%u\" class=\"%s\">", LEFT, y, style);
    if (result >= 0)
        result = append_escaped(out, text);
    return result < 0 ? result : scrim_buf_append_text(out, "</text>\n");
}

static int append_fact(struct scrim_buf *out, unsigned y, const char *name, const char *value)
{
    int result = append_line(out, y, "name", name);
    if (result >= 0)
        result = scrim_buf_printf(out, "<text x=\"%d\" y=\"%u\" class=\"value\">", LEFT + 40, y);
    if (result >= 0)
        result = append_escaped(out, value);
    return result < 0 ? result : scrim_buf_append_text(out, "</text>\n");
}

// One square a dark module, in one path.
static int append_modules(struct scrim_buf *out, const QRcode *code)
{
    int result = SCRIM_OK;
    for (int y = 0; y < code->width && result >= 0; y++) {
        for (int x = 0; x < code->width && result >= 0; x++) {
            if (code->data[y * code->width + x] & 1)
                result = scrim_buf_printf(out, "M%d %dh1v1h-1z", x, y);
        }
    }
    return result;
}

static int append_code(struct scrim_buf *out, const char *text, struct scrim_error *error)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_Q, QR_MODE_8, 1);
    if (!code)
        return scrim_fail_errno(error, errno, "the QR code");
    const double scale = CODE_SIZE / (code->width + 2 * CODE_QUIET);
    int result = scrim_buf_printf(
        out, "<g transform=\"translate(%d %d) scale(%.5f) translate(%d %d)\"><path d=\"", LEFT,
        CODE_TOP, scale, CODE_QUIET, CODE_QUIET);
    if (result >= 0)
        result = append_modules(out, code);
    if (result >= 0)
        result = scrim_buf_append_text(out, "\"/></g>\n");
    sodium_memzero(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return result;
}

// The text in groups, the first of them what all such texts begin with.
static int append_groups(struct scrim_buf *out, const char *text)
{
    const char *at = strrchr(text, '-'); // "SCRIM-SHARE-1" and the rest
    const size_t head = at ? (size_t)(at - text) + 2 : 0;
    int result = scrim_buf_printf(out, "<text x=\"%d\" y=\"%d\" class=\"code\">%.*s</text>\n", LEFT,
                                  TEXT_TOP, (int)head, text);
    unsigned y = TEXT_TOP;
    for (at = text + head; *at && result >= 0;) {
        y += TEXT_STEP;
        result = scrim_buf_printf(out, "<text x=\"%d\" y=\"%u\" class=\"code\">", LEFT, y);
        for (unsigned i = 0; i < GROUPS_A_LINE && *at && result >= 0; i++) {
            const size_t count = strnlen(at, GROUP);
            result = scrim_buf_printf(out, "%s%.*s", i > 0 ? "\xc2\xa0 " : "", (int)count, at);
            at += count;
        }
        if (result >= 0)
            result = scrim_buf_append_text(out, "</text>\n");
    }
    return result;
}

static int append_facts(const struct scrim_paper_page *page, struct scrim_buf *out)
{
    const struct scrim_vault *vault = page->vault;
    const struct scrim_share *share = page->share;
    const char *line = vault->lines[share->index - 1];
    char id[SCRIM_VAULT_ID_TEXT], number[64], rule[64], when[SCRIM_TIME_TEXT];
    snprintf(number, sizeof number, "%u of %u, dealing %u", share->index, vault->holders_count,
             vault->dealing);
    snprintf(rule, sizeof rule, "any %u of the %u holders", vault->threshold, vault->holders_count);
    scrim_time_format(page->at_us, when);
    when[10] = '\0'; // the day
    const struct {
        const char *name, *value;
    } facts[] = {{"Holder", share->name},
                 {"Reports to", line[0] ? line : "\xe2\x80\x93"},
                 {"Site", page->site[0] ? page->site : "\xe2\x80\x93"},
                 {"Vault", scrim_vault_id_text(vault->id, id)},
                 {"Share", number},
                 {"Opened by", rule},
                 {"Printed", when}};
    int result = SCRIM_OK;
    for (unsigned i = 0; i < sizeof facts / sizeof *facts && result >= 0; i++)
        result = append_fact(out, 44 + 7 * i, facts[i].name, facts[i].value);
    return result;
}

static int append_svg(const struct scrim_paper_page *page, struct scrim_buf *out,
                      struct scrim_error *error)
{
    int result = scrim_buf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%dmm\" viewBox=\"0 0 %d "
        "%d\">\n<style>\n"
        "text { font-family: \"DejaVu Sans\", Arial, sans-serif; font-size: 4.2px; fill: #000 }\n"
        ".title { font-size: 8px; font-weight: bold }\n"
        ".name { fill: #555 }\n"
        ".code { font-family: \"DejaVu Sans Mono\", Consolas, monospace; font-size: 7px }\n"
        ".small { font-size: 3.6px }\n"
        "</style>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    if (result >= 0)
        result = append_line(out, 28, "title", "Scrim vault: a keyholder\xe2\x80\x99s share");
    if (result >= 0)
        result = append_facts(page, out);
    if (result >= 0)
        result = append_code(out, page->text, error);
    if (result >= 0)
        result = append_groups(out, page->text);
    for (unsigned i = 0; i < sizeof advice / sizeof *advice && result >= 0; i++)
        result = append_line(out, 240 + 6 * i, "small", advice[i]);
    return result < 0 ? result : scrim_buf_append_text(out, "</svg>\n");
}

int scrim_paper_page_write(const struct scrim_paper_page *page, struct scrim_buf *ret,
                           struct scrim_error *error)
{
    int result = scrim_buf_reserve(ret, ret->max); // it holds a secret: never moves
    if (result >= 0 && page->html)
        result = scrim_buf_append_text(
            ret,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>A "
            "keyholder\xe2\x80\x99s share</title>\n<style>@page { size: A4; margin: 0 } body { "
            "margin: 0 } svg { display: block; max-width: 100%; height: auto }</style>\n");
    if (result >= 0)
        result = append_svg(page, ret, error);
    return result < 0 ? scrim_fail(error, result, "the page: %s", scrim_err_text(result))
                      : SCRIM_OK;
}
