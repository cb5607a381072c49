// scrim camera: cameras of cameras.d, and whether an address works. A running `scrim up` sees the
// change and takes it over.
#include "base/alloc.h"
#include "base/opt.h"
#include "cli/camera_test.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "keeper/admitted.h"
#include "site/cameras_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct camera_args {
    const char *url, *sub, *name, *purpose, *legal_basis, *user, *password_file;
    const char *transport, *tls_fingerprint, *retention_reason, *record;
    int64_t retention_hours, expected_kbit;
};

#define TEXT_OPTION(name, field, value, help)                                           \
    {                                                                                   \
        name, 0, SCRIM_OPT_TEXT, offsetof(struct camera_args, field), value, help, 0, 0 \
    }

static const struct scrim_opt add_options[] = {
    TEXT_OPTION("url", url, "URL", "rtsp:// or rtsps://, without a password"),
    TEXT_OPTION("sub", sub, "URL", "a smaller stream for the redacted picture"),
    TEXT_OPTION("name", name, "TEXT", "for people"),
    TEXT_OPTION("purpose", purpose, "TEXT", "why it films, shown to the people filmed"),
    TEXT_OPTION("legal-basis", legal_basis, "TEXT", "what law lets it film"),
    TEXT_OPTION("user", user, "NAME", "at the camera"),
    TEXT_OPTION("password-file", password_file, "FILE",
                "the password is the first line of FILE (default: ask, with --user)"),
    TEXT_OPTION("transport", transport, "HOW", "auto, tcp or udp"),
    TEXT_OPTION("tls-fingerprint", tls_fingerprint, "HEX", "SHA-256 of its certificate"),
    {"retention-hours", 0, SCRIM_OPT_INT, offsetof(struct camera_args, retention_hours), "HOURS",
     "how long it is kept (default 72)", 1, 87600},
    TEXT_OPTION("retention-reason", retention_reason, "TEXT", "for more than 72 hours"),
    TEXT_OPTION("record", record, "WHAT", "original, redacted or nothing"),
    {"expected-kbit", 0, SCRIM_OPT_INT, offsetof(struct camera_args, expected_kbit), "KBIT",
     "bit rate until it is measured", 1, 1000000},
    {0},
};

static const struct scrim_opt test_options[] = {
    TEXT_OPTION("user", user, "NAME", "at the camera"),
    TEXT_OPTION("password-file", password_file, "FILE",
                "the password is the first line of FILE (default: ask, with --user)"),
    TEXT_OPTION("tls-fingerprint", tls_fingerprint, "HEX", "SHA-256 of its certificate"),
    {0},
};

static const struct scrim_opt no_options[] = {{0}};

// --- test ---

static int read_password(const struct camera_args *args, struct scrim_buf *ret,
                         struct scrim_error *error)
{
    return args->user
               ? scrim_passphrase_read("Password at the camera: ", args->password_file, ret, error)
               : SCRIM_OK;
}

static int copy_text(const char *what, const char *from, char *to, size_t size,
                     struct scrim_error *error)
{
    if (from && strlen(from) >= size)
        return scrim_fail(error, SCRIM_EINVAL, "%s: at most %zu bytes", what, size - 1);
    snprintf(to, size, "%s", from ? from : "");
    return SCRIM_OK;
}

static int make_wish(const char *url, const struct camera_args *args, struct scrim_trial_wish *ret,
                     struct scrim_error *error)
{
    const struct scrim_camera_config pin = {.tls_fingerprint =
                                                (char *)(uintptr_t)args->tls_fingerprint};
    struct scrim_buf password = {0};
    int result = scrim_camera_url_check(url, error);
    if (result >= 0)
        result = copy_text("URL", url, ret->url, sizeof ret->url, error);
    if (result >= 0)
        result = copy_text("--user", args->user, ret->user, sizeof ret->user, error);
    ret->pinned = scrim_camera_fingerprint(&pin, ret->fingerprint);
    if (result >= 0 && args->tls_fingerprint && !ret->pinned)
        result = scrim_fail(error, SCRIM_EINVAL, "--tls-fingerprint: 64 hexadecimal digits");
    if (result >= 0)
        result = read_password(args, &password, error);
    if (result >= 0)
        result = copy_text("password", (const char *)password.data, ret->password,
                           sizeof ret->password, error);
    scrim_buf_finish_wipe(&password);
    return result;
}

static int run_test(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim camera test URL [--user NAME] [--password-file FILE] [--tls-fingerprint HEX]",
        "Tries an address, over TCP, and says step by step what happens. Exits 1 without pictures.",
        test_options, 1, 1};
    struct camera_args args = {0};
    const char *positionals[2];
    struct scrim_trial_wish wish = {.number = 1};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("camera test", result, &error);
    result = make_wish(positionals[0], &args, &wish, &error);
    if (result >= 0)
        result = scrim_camera_test(&wish, &error);
    scrim_trial_wish_wipe(&wish);
    return result < 0 ? scrim_cmd_failed("camera test", &error) : !result;
}

// --- add ---

static int describe(const char *id, const struct camera_args *args, struct scrim_camera_config *ret,
                    char password_name[SCRIM_CAMERA_PASSWORD_NAME], struct scrim_error *error)
{
    if (!scrim_camera_id_valid(id))
        return scrim_fail(error, SCRIM_EINVAL, "'%s': a camera's id is 1 to 31 of a-z, 0-9 and '-'",
                          id);
    if (!args->url || !args->purpose)
        return scrim_fail(error, SCRIM_EINVAL, "--url and --purpose are needed");
    if (args->transport && !scrim_transport_parse(args->transport, &ret->transport))
        return scrim_fail(error, SCRIM_EINVAL, "--transport: auto, tcp or udp");
    if (args->record && !scrim_keep_parse(args->record, &ret->keep))
        return scrim_fail(error, SCRIM_EINVAL, "--record: original, redacted or nothing");
    scrim_camera_password_name(id, password_name);
    ret->id = (char *)(uintptr_t)id;
    ret->name = (char *)(uintptr_t)args->name;
    ret->main_url = (char *)(uintptr_t)args->url;
    ret->sub_url = (char *)(uintptr_t)args->sub;
    ret->purpose = (char *)(uintptr_t)args->purpose;
    ret->legal_basis = (char *)(uintptr_t)args->legal_basis;
    ret->user = (char *)(uintptr_t)args->user;
    ret->password_file = args->user ? password_name : NULL;
    ret->tls_fingerprint = (char *)(uintptr_t)args->tls_fingerprint;
    ret->retention_reason = (char *)(uintptr_t)args->retention_reason;
    ret->retention_hours = args->retention_hours > 0 ? (uint32_t)args->retention_hours : 72;
    ret->expected_mbit = (double)args->expected_kbit / 1000;
    return SCRIM_OK;
}

// Would the disks do with this camera beside the others? The same arithmetic as at a start.
static int admit(const struct scrim_site *site, const struct scrim_camera_config *camera,
                 struct scrim_error *error)
{
    struct scrim_site supposed = *site;
    struct scrim_site_config config = *site->config;
    config.cameras = scrim_new_array(config.cameras_count + 1, struct scrim_camera_config);
    for (unsigned i = 0; i < config.cameras_count; i++)
        config.cameras[i] = site->config->cameras[i];
    config.cameras[config.cameras_count++] = *camera;
    supposed.config = &config;
    const int result = scrim_admission_check(&supposed, NULL, NULL, error);
    free(config.cameras);
    return result;
}

static int write_camera(const struct scrim_site *site, const struct scrim_camera_config *draft,
                        const struct scrim_buf *password, struct scrim_error *error)
{
    struct scrim_camera_config *camera = NULL;
    struct scrim_buf text;
    scrim_buf_init(&text, SCRIM_CAMERA_FILE_MAX);
    int result = scrim_camera_format(draft, &text);
    result = result < 0
                 ? scrim_fail(error, result, "%s: not UTF-8, or too long", draft->id)
                 : scrim_camera_parse("camera", (const char *)text.data, text.len, &camera, error);
    if (result >= 0)
        result = admit(site, camera, error);
    if (result >= 0)
        result = scrim_cameras_dir_make(site->dir, error);
    const struct scrim_camera_change change = {
        .id = draft->id, .text = &text, .is_new = true, .password = draft->user ? password : NULL};
    if (result >= 0)
        result = scrim_cameras_dir_change(site->dir, &change, error);
    scrim_camera_config_free(camera);
    scrim_buf_finish(&text);
    return result;
}

static int add_camera(const char *dir, const char *id, const struct camera_args *args,
                      struct scrim_error *error)
{
    char password_name[SCRIM_CAMERA_PASSWORD_NAME];
    struct scrim_camera_config draft = {0};
    struct scrim_site site = {0};
    struct scrim_buf password = {0};
    int result = describe(id, args, &draft, password_name, error);
    if (result >= 0)
        result = scrim_site_load(dir, &site, error);
    if (result >= 0 && scrim_site_camera(&site, id))
        result = scrim_fail(error, SCRIM_EEXIST, "there is a camera '%s' already", id);
    if (result >= 0)
        result = read_password(args, &password, error);
    if (result >= 0)
        result = write_camera(&site, &draft, &password, error);
    if (result >= 0)
        printf("camera %s is added; where `scrim up` runs it is recorded within seconds\n", id);
    scrim_buf_finish_wipe(&password);
    scrim_site_finish(&site);
    return result;
}

static int run_add(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {"scrim camera add DIR ID --url URL --purpose TEXT …",
                                               "Adds a camera to a site, in DIR/cameras.d.",
                                               add_options, 2, 2};
    struct camera_args args = {0};
    const char *positionals[3];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("camera add", result, &error);
    result = add_camera(positionals[0], positionals[1], &args, &error);
    return result < 0 ? scrim_cmd_failed("camera add", &error) : 0;
}

// --- list, remove ---

static int list_cameras(const char *dir, struct scrim_error *error)
{
    struct scrim_site site = {0};
    const int result = scrim_site_load(dir, &site, error);
    for (unsigned i = 0; result >= 0 && i < site.config->cameras_count; i++) {
        const struct scrim_camera_config *camera = &site.config->cameras[i];
        printf("%-*s %-10s %s\n", SCRIM_CAMERA_ID_MAX, camera->id,
               camera->added ? SCRIM_CAMERAS_DIR : "scrim.yaml", camera->main_url);
    }
    for (unsigned i = 0; result >= 0 && i < site.faults_count; i++)
        fprintf(stderr, "left out: %s\n", site.faults[i].text);
    scrim_site_finish(&site);
    return result;
}

static int run_list(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {"scrim camera list DIR",
                                               "Shows a site's cameras, and where each stands.",
                                               no_options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("camera list", result, &error);
    result = list_cameras(positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("camera list", &error) : 0;
}

static bool is_left_out(const struct scrim_site *site, const char *id)
{
    for (unsigned i = 0; i < site->faults_count; i++) {
        if (strcmp(site->faults[i].camera, id) == 0)
            return true;
    }
    return false;
}

static int remove_camera(const char *dir, const char *id, struct scrim_error *error)
{
    const struct scrim_camera_change change = {.id = id};
    struct scrim_site site = {0};
    int result = scrim_site_load(dir, &site, error);
    if (result < 0)
        return result;
    const struct scrim_camera_config *camera = scrim_site_camera(&site, id);
    if (camera && !camera->added && !is_left_out(&site, id))
        result = scrim_fail(error, SCRIM_EACCESS,
                            "camera '%s' stands in scrim.yaml: take it out there", id);
    else if (!camera && !is_left_out(&site, id))
        result = scrim_fail(error, SCRIM_ENOENT, "there is no camera '%s'", id);
    else
        result = scrim_cameras_dir_change(site.dir, &change, error);
    if (result >= 0)
        printf("camera %s is taken away; its recordings stay until their time is over\n", id);
    scrim_site_finish(&site);
    return result;
}

static int run_remove(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim camera remove DIR ID",
        "Takes a camera out of cameras.d. Its recordings stay until their time is over.",
        no_options, 2, 2};
    const char *positionals[3];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("camera remove", result, &error);
    result = remove_camera(positionals[0], positionals[1], &error);
    return result < 0 ? scrim_cmd_failed("camera remove", &error) : 0;
}

int scrim_cmd_camera(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"test", run_test}, {"add", run_add}, {"list", run_list}, {"remove", run_remove}};
    const char *what = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(what, verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    const bool asked = strcmp(what, "--help") == 0;
    fprintf(asked ? stdout : stderr,
            "usage: scrim camera test URL [--user NAME] [--password-file FILE]\n"
            "       scrim camera add DIR ID --url URL --purpose TEXT …\n"
            "       scrim camera list DIR\n"
            "       scrim camera remove DIR ID\n");
    return asked ? 0 : 2;
}
