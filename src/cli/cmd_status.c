// scrim status: how the site is now, problems first.
#include "base/clock.h"
#include "base/opt.h"
#include "cli/commands.h"
#include "cli/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TEXT_MAX (16U << 20)

struct args {
    bool json;
};

static const struct scrim_opt options[] = {
    {"json", 0, SCRIM_OPT_FLAG, offsetof(struct args, json), NULL,
     "print one JSON object; times are UTC in microseconds", 0, 0},
    {0},
};

static const struct scrim_opt_spec spec = {
    "scrim status DIR [--json]",
    "Says how the site is: what needs attention first, then programs, cameras, disks and storage. "
    "Exits 0 if all is well, 1 if something needs attention. Run it as root, or as the desk's "
    "user.",
    options, 1, 1};

// The terminal's, or what $COLUMNS says; any for a file or a pipe.
static struct scrim_status_style style_of_stdout(void)
{
    struct scrim_status_style style = {0};
    struct winsize size;
    const char *columns = getenv("COLUMNS"), *terminal = getenv("TERM");
    if (isatty(STDOUT_FILENO)) {
        const bool dumb = terminal && strcmp(terminal, "dumb") == 0;
        style.colour = !getenv("NO_COLOR") && !dumb;
        style.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 80;
    }
    if (columns && strtoul(columns, NULL, 10) > 0)
        style.width = (unsigned)strtoul(columns, NULL, 10);
    return style;
}

static int show(const json_t *status, const struct args *args, struct scrim_error *error)
{
    const struct scrim_status_style style = style_of_stdout();
    struct scrim_buf text;
    scrim_buf_init(&text, TEXT_MAX);
    int result = SCRIM_OK;
    if (args->json) {
        char *json = json_dumps(status, JSON_COMPACT);
        result = json ? scrim_buf_printf(&text, "%s\n", json) : SCRIM_ENOMEM;
        free(json);
    } else {
        result = scrim_status_print(status, &style, &text);
    }
    if (result >= 0 && (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
        result = SCRIM_EIO;
    scrim_buf_finish(&text);
    return result < 0 ? scrim_fail(error, result, "the answer cannot be written") : SCRIM_OK;
}

// *ret_ok: nothing needs attention.
static int run(const char *dir, const struct args *args, bool *ret_ok, struct scrim_error *error)
{
    struct scrim_site site = {0};
    json_t *status = NULL;
    int result = scrim_site_load(dir, &site, error);
    if (result >= 0)
        result = scrim_status_gather(&site, scrim_clock_utc_us(), &status, error);
    if (result >= 0) {
        scrim_status_judge(status);
        *ret_ok = json_is_true(json_object_get(status, "ok"));
        result = show(status, args, error);
    }
    json_decref(status);
    scrim_site_finish(&site);
    return result;
}

int scrim_cmd_status(int argc, char **argv)
{
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    bool ok = false;
    const int parsed = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (parsed < 0)
        return scrim_cmd_usage("status", parsed, &error);
    if (run(positionals[0], &args, &ok, &error) < 0)
        return scrim_cmd_failed("status", &error);
    return ok ? 0 : 1;
}
