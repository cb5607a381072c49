#include "site/yaml.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERAS_MAX 1024
#define DISKS_MAX 32
#define ADMIT_MAX 64
#define OPERATORS_MAX 64
// More than is allowed, so that config.c can say in plain words which area has too many.
#define AREAS_READ 1000
#define AREA_POINTS_READ 1000
#define TEXT_MAX 1000
#define PATH_TEXT_MAX 500

static const cyaml_schema_value_t share_value = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};

// The type is that of a member, not of the pair, whatever libcyaml's manual says.
static const cyaml_schema_value_t pair_value = {
    CYAML_VALUE_SEQUENCE_FIXED(CYAML_FLAG_DEFAULT, double, &share_value, 2)};

static const cyaml_schema_field_t area_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct scrim_area_config, name, 1, TEXT_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("points", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct scrim_area_config, points, points_count, &pair_value, 0,
                               AREA_POINTS_READ),
    CYAML_FIELD_FLOAT("x", CYAML_FLAG_OPTIONAL, struct scrim_area_config, x),
    CYAML_FIELD_FLOAT("y", CYAML_FLAG_OPTIONAL, struct scrim_area_config, y),
    CYAML_FIELD_FLOAT("width", CYAML_FLAG_OPTIONAL, struct scrim_area_config, width),
    CYAML_FIELD_FLOAT("height", CYAML_FLAG_OPTIONAL, struct scrim_area_config, height),
    CYAML_FIELD_END};

static const cyaml_schema_value_t area_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scrim_area_config, area_fields)};

static const cyaml_strval_t keeps[] = {{"original", SCRIM_KEEP_ORIGINAL},
                                       {"redacted", SCRIM_KEEP_REDACTED},
                                       {"nothing", SCRIM_KEEP_NOTHING}};

static const cyaml_strval_t transports[] = {
    {"auto", SCRIM_TRANSPORT_AUTO}, {"tcp", SCRIM_TRANSPORT_TCP}, {"udp", SCRIM_TRANSPORT_UDP}};

static const cyaml_strval_t root_key_places[] = {{"file", SCRIM_ROOT_KEY_FILE},
                                                 {"tpm", SCRIM_ROOT_KEY_TPM}};

#define TEXT(key, flags, structure, field, min, max) \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), structure, field, min, max)

#define AREAS(key, field)                                                                        \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                    \
                               struct scrim_camera_config, field, field##_count, &area_value, 0, \
                               AREAS_READ)

static const cyaml_schema_field_t camera_fields[] = {
    TEXT("id", 0, struct scrim_camera_config, id, 1, SCRIM_CAMERA_ID_MAX),
    TEXT("name", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, name, 1, 100),
    TEXT("main", 0, struct scrim_camera_config, main_url, 1, PATH_TEXT_MAX),
    TEXT("sub", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, sub_url, 1, PATH_TEXT_MAX),
    CYAML_FIELD_ENUM("transport", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct scrim_camera_config, transport, transports,
                     CYAML_ARRAY_LEN(transports)),
    TEXT("user", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, user, 1, 100),
    TEXT("password_file", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, password_file, 1,
         PATH_TEXT_MAX),
    TEXT("password_env", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, password_env, 1, 100),
    TEXT("tls_ca", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, tls_ca, 1, PATH_TEXT_MAX),
    TEXT("tls_fingerprint", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, tls_fingerprint, 64,
         95),
    TEXT("redirect_host", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, redirect_host, 1, 253),
    TEXT("purpose", 0, struct scrim_camera_config, purpose, 1, TEXT_MAX),
    TEXT("legal_basis", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, legal_basis, 0, TEXT_MAX),
    CYAML_FIELD_UINT("retention_hours", CYAML_FLAG_OPTIONAL, struct scrim_camera_config,
                     retention_hours),
    TEXT("retention_reason", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, retention_reason, 0,
         TEXT_MAX),
    TEXT("audio_reason", CYAML_FLAG_OPTIONAL, struct scrim_camera_config, audio_reason, 0,
         TEXT_MAX),
    CYAML_FIELD_FLOAT("expected_mbit", CYAML_FLAG_OPTIONAL, struct scrim_camera_config,
                      expected_mbit),
    CYAML_FIELD_ENUM("record", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct scrim_camera_config,
                     keep, keeps, CYAML_ARRAY_LEN(keeps)),
    AREAS("masks", masks),
    AREAS("zones", zones),
    AREAS("lines", lines),
    CYAML_FIELD_END};

static const cyaml_schema_value_t camera_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scrim_camera_config, camera_fields)};

static const cyaml_schema_value_t one_camera_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scrim_camera_config, camera_fields)};

static const cyaml_schema_field_t disk_fields[] = {
    TEXT("id", 0, struct scrim_disk_config, id, 1, SCRIM_CAMERA_ID_MAX),
    TEXT("path", 0, struct scrim_disk_config, path, 1, PATH_TEXT_MAX),
    CYAML_FIELD_UINT("reserve_mb", CYAML_FLAG_OPTIONAL, struct scrim_disk_config, reserve_mb),
    CYAML_FIELD_END};

static const cyaml_schema_value_t disk_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scrim_disk_config, disk_fields)};

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

static const cyaml_schema_field_t admit_fields[] = {
    TEXT("claim", 0, struct scrim_oidc_admit, claim, 1, 100),
    CYAML_FIELD_SEQUENCE_COUNT("values", CYAML_FLAG_POINTER, struct scrim_oidc_admit, values,
                               values_count, &text_value, 1, ADMIT_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t oidc_fields[] = {
    TEXT("issuer", 0, struct scrim_oidc_config, issuer, 1, PATH_TEXT_MAX),
    TEXT("client_id", 0, struct scrim_oidc_config, client_id, 1, 200),
    TEXT("client_secret_file", 0, struct scrim_oidc_config, client_secret_file, 1, PATH_TEXT_MAX),
    TEXT("name", 0, struct scrim_oidc_config, name, 1, 60),
    TEXT("tls_ca", CYAML_FLAG_OPTIONAL, struct scrim_oidc_config, tls_ca, 1, PATH_TEXT_MAX),
    CYAML_FIELD_MAPPING_PTR("admit", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct scrim_oidc_config, admit, admit_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t glass_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("operators", CYAML_FLAG_POINTER, struct scrim_glass_config,
                               operators, operators_count, &text_value, 0, OPERATORS_MAX),
    TEXT("reason_shown", 0, struct scrim_glass_config, reason_shown, 1, TEXT_MAX), CYAML_FIELD_END};

static const cyaml_schema_field_t site_fields[] = {
    TEXT("id", 0, struct scrim_site_config, id, 1, SCRIM_CAMERA_ID_MAX),
    TEXT("name", 0, struct scrim_site_config, name, 1, 100),
    TEXT("listen", 0, struct scrim_site_config, listen, 1, 200),
    CYAML_FIELD_UINT("veil_workers", CYAML_FLAG_OPTIONAL, struct scrim_site_config, veil_workers),
    CYAML_FIELD_ENUM("root_key", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct scrim_site_config,
                     root_key, root_key_places, CYAML_ARRAY_LEN(root_key_places)),
    CYAML_FIELD_UINT("reserve_mb", CYAML_FLAG_OPTIONAL, struct scrim_site_config, reserve_mb),
    CYAML_FIELD_SEQUENCE_COUNT("disks", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct scrim_site_config, disks, disks_count, &disk_value, 0,
                               DISKS_MAX),
    CYAML_FIELD_MAPPING_PTR("oidc", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct scrim_site_config, oidc, oidc_fields),
    CYAML_FIELD_MAPPING_PTR("break_glass", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct scrim_site_config, glass, glass_fields),
    CYAML_FIELD_SEQUENCE_COUNT("cameras", CYAML_FLAG_POINTER, struct scrim_site_config, cameras,
                               cameras_count, &camera_value, 0, CAMERAS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t site_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scrim_site_config, site_fields)};

// libcyaml tells what is wrong only through its log: the first error line says what, the first
// backtrace line says where, as "in mapping field 'KEY' (line: 8, column: 3)".
struct complaint {
    char what[256];
    char key[64]; // "": where it happened is no key's value
    unsigned line;
};

static void take_place(struct complaint *complaint, const char *text, const char *line)
{
    static const char field[] = "field '";
    const char *key = strstr(text, field);
    complaint->line = (unsigned)strtoul(line, NULL, 10);
    if (key)
        snprintf(complaint->key, sizeof complaint->key, "%.*s",
                 (int)strcspn(key + sizeof field - 1, "'"), key + sizeof field - 1);
}

__attribute__((format(printf, 3, 0))) static void listen_to_log(cyaml_log_t level, void *context,
                                                                const char *format, va_list args)
{
    struct complaint *complaint = context;
    if (level < CYAML_LOG_ERROR)
        return;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *body = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    const char *where = strstr(body, "(line: ");
    if (where && complaint->line == 0)
        take_place(complaint, body, where + strlen("(line: "));
    else if (!where && complaint->what[0] == '\0')
        snprintf(complaint->what, sizeof complaint->what, "%s", body);
}

static const cyaml_config_t *config_for(struct complaint *complaint, cyaml_config_t *config)
{
    *config = (cyaml_config_t){
        .log_fn = listen_to_log,
        .log_ctx = complaint,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = cyaml_mem,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    return config;
}

// Does the line hold "key:", at its beginning, after the dash of a list, or in {key: …, key: …}?
static bool names_key(const char *line, size_t length, const char *key)
{
    const size_t key_length = strlen(key);
    const char *at = line, *end = line + length;
    while (key_length > 0 && (at = memmem(at, (size_t)(end - at), key, key_length))) {
        if ((at == line || (at[-1] != '\0' && strchr(" \t-{,", at[-1]))) && at + key_length < end &&
            at[key_length] == ':')
            return true;
        at++;
    }
    return false;
}

// The next line, also one without a line break at the end of the text.
static bool next_line(struct scrim_reader *reader, const char **ret, size_t *ret_length)
{
    *ret = (const char *)reader->at;
    *ret_length = reader->left;
    if (reader->left == 0)
        return false;
    if (!scrim_read_line(reader, ret, ret_length))
        reader->left = 0;
    return true;
}

unsigned scrim_yaml_line_after(const struct scrim_yaml_text *yaml, unsigned after, const char *key)
{
    struct scrim_reader reader = scrim_reader_of(yaml->text, yaml->length);
    const char *line;
    size_t length;
    for (unsigned number = 1; next_line(&reader, &line, &length); number++) {
        if (number >= after && names_key(line, length, key))
            return number;
    }
    return after;
}

unsigned scrim_yaml_line_of(const struct scrim_yaml_text *yaml, const char *key, const char *value)
{
    const size_t value_length = strlen(value);
    struct scrim_reader reader = scrim_reader_of(yaml->text, yaml->length);
    const char *line;
    size_t length;
    unsigned found = 1;
    for (unsigned number = 1; next_line(&reader, &line, &length); number++) {
        if (names_key(line, length, key) &&
            (value_length == 0 || memmem(line, length, value, value_length)))
            found = number;
    }
    return found;
}

static int refuse(const struct scrim_yaml_text *yaml, const struct complaint *complaint,
                  struct scrim_error *error)
{
    static const char unknown[] = "Unexpected key: ", missing[] = "Missing required mapping field";
    unsigned line = complaint->line ? complaint->line : 1;
    bool names_key = strncmp(complaint->what, missing, sizeof missing - 1) == 0;
    // libcyaml reports an unknown key at the place of the value before it: find the key itself.
    if (strncmp(complaint->what, unknown, sizeof unknown - 1) == 0) {
        line = scrim_yaml_line_of(yaml, complaint->what + sizeof unknown - 1, "");
        names_key = true;
    }
    const bool add_key = complaint->key[0] != '\0' && !names_key;
    return scrim_fail(error, SCRIM_EINVAL, "%s:%u: %s%s%s", yaml->name, line,
                      add_key ? complaint->key : "", add_key ? ": " : "", complaint->what);
}

static int load(const struct scrim_yaml_text *yaml, const cyaml_schema_value_t *schema, void **ret,
                struct scrim_error *error)
{
    struct complaint complaint = {0};
    cyaml_config_t config;
    void *loaded = NULL;
    if (yaml->length == 0) // libyaml asserts that there is an input
        return scrim_fail(error, SCRIM_EINVAL, "%s:1: the file is empty", yaml->name);
    const cyaml_err_t status =
        cyaml_load_data((const uint8_t *)yaml->text, yaml->length, config_for(&complaint, &config),
                        schema, &loaded, NULL);
    if (status != CYAML_OK) {
        if (complaint.what[0] == '\0')
            snprintf(complaint.what, sizeof complaint.what, "%s", cyaml_strerror(status));
        return refuse(yaml, &complaint, error);
    }
    if (!loaded)
        return scrim_fail(error, SCRIM_EINVAL, "%s:1: the file is empty", yaml->name);
    *ret = loaded;
    return SCRIM_OK;
}

static void unload(const cyaml_schema_value_t *schema, void *loaded)
{
    struct complaint complaint = {0};
    cyaml_config_t settings;
    if (loaded)
        cyaml_free(config_for(&complaint, &settings), schema, loaded, 0);
}

int scrim_yaml_load(const struct scrim_yaml_text *yaml, struct scrim_site_config **ret,
                    struct scrim_error *error)
{
    void *loaded = NULL;
    const int result = load(yaml, &site_value, &loaded, error);
    if (result >= 0)
        *ret = loaded;
    return result;
}

void scrim_yaml_free(struct scrim_site_config *config)
{
    unload(&site_value, config);
}

int scrim_yaml_load_camera(const struct scrim_yaml_text *yaml, struct scrim_camera_config **ret,
                           struct scrim_error *error)
{
    void *loaded = NULL;
    const int result = load(yaml, &one_camera_value, &loaded, error);
    if (result >= 0)
        *ret = loaded;
    return result;
}

void scrim_yaml_free_camera(struct scrim_camera_config *camera)
{
    unload(&one_camera_value, camera);
}
