#include "site/cameras_dir.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAMERAS_MAX 1024U // with those of scrim.yaml
#define FAULTS_MAX 1024U
#define YAML_MODE 0640
#define PASSWORD_MODE 0600

static const char yaml_end[] = ".yaml", password_end[] = ".password";

void scrim_camera_password_name(const char *id, char ret[SCRIM_CAMERA_PASSWORD_NAME])
{
    snprintf(ret, SCRIM_CAMERA_PASSWORD_NAME, SCRIM_CAMERAS_DIR "/%s%s", id, password_end);
}

static int path_of(const char *dir, const char *id, const char *end, char ret[SCRIM_PATH_MAX],
                   struct scrim_error *error)
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/" SCRIM_CAMERAS_DIR "/%s%s", dir, id, end);
    return length < SCRIM_PATH_MAX ? SCRIM_OK
                                   : scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
}

// --- reading ---

static void add_fault(struct scrim_site *site, const char *camera, const char *text)
{
    if (site->faults_count == FAULTS_MAX)
        return; // a thousand say enough
    struct scrim_site_fault *faults =
        scrim_new_array(site->faults_count + 1, struct scrim_site_fault);
    for (unsigned i = 0; i < site->faults_count; i++)
        faults[i] = site->faults[i];
    struct scrim_site_fault *fault = &faults[site->faults_count++];
    snprintf(fault->camera, sizeof fault->camera, "%s", camera);
    snprintf(fault->text, sizeof fault->text, "%s", text);
    free(site->faults);
    site->faults = faults;
}

// The array is of libcyaml's kind still: one block, which free() ends.
static void append(struct scrim_site_config *config, struct scrim_camera_config *camera)
{
    struct scrim_camera_config *cameras =
        scrim_new_array(config->cameras_count + 1, struct scrim_camera_config);
    for (unsigned i = 0; i < config->cameras_count; i++)
        cameras[i] = config->cameras[i];
    camera->added = true;
    cameras[config->cameras_count++] = *camera;
    free(camera); // what it points to belongs to the array now
    free(config->cameras);
    config->cameras = cameras;
}

// Whoever writes these files may be the desk, which faces the network: the recorder reads a
// password for it from this camera's own file, and sends nobody another one.
static int check_password(const char *path, const struct scrim_camera_config *camera,
                          struct scrim_error *error)
{
    char name[SCRIM_CAMERA_PASSWORD_NAME];
    scrim_camera_password_name(camera->id, name);
    if (camera->password_env || (camera->password_file && strcmp(camera->password_file, name) != 0))
        return scrim_fail(
            error, SCRIM_EINVAL,
            "%s:1: camera '%s': password_file: here it can only be %s; another one, or "
            "password_env, needs scrim.yaml",
            path, camera->id, name);
    return SCRIM_OK;
}

static int check_place(const struct scrim_site *site, const char *path, const char *id,
                       const struct scrim_camera_config *camera, struct scrim_error *error)
{
    if (strcmp(camera->id, id) != 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s:1: id: the file's name and the id '%s' differ",
                          path, camera->id);
    if (scrim_site_camera(site, id))
        return scrim_fail(error, SCRIM_EINVAL,
                          "%s:1: camera '%s': id: %s/scrim.yaml has a camera of this id, too, and "
                          "that one counts",
                          path, id, site->dir);
    if (site->config->cameras_count >= CAMERAS_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "%s: more than %u cameras", path, CAMERAS_MAX);
    return SCRIM_OK;
}

static int load_one(struct scrim_site *site, const char *id, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_camera_config *camera = NULL;
    struct scrim_buf text;
    scrim_buf_init(&text, SCRIM_CAMERA_FILE_MAX);
    int result = path_of(site->dir, id, yaml_end, path, error);
    if (result >= 0)
        result = scrim_fs_read(path, &text, error);
    if (result >= 0)
        result = scrim_camera_parse(path, (const char *)text.data, text.len, &camera, error);
    if (result >= 0)
        result = check_place(site, path, id, camera, error);
    if (result >= 0)
        result = check_password(path, camera, error);
    if (result >= 0)
        append(site->config, camera);
    else
        scrim_camera_config_free(camera);
    scrim_buf_finish(&text);
    return result;
}

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), end_length = strlen(end);
    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

// Hidden files and those that a write left behind unfinished ("quay.yaml.new123") are nobody's.
static bool is_of_no_concern(const char *name)
{
    return name[0] == '.' || strstr(name, ".new") || ends_with(name, password_end);
}

static void take_name(struct scrim_site *site, const char *name)
{
    struct scrim_error error;
    char id[SCRIM_CAMERA_ID_MAX + 1] = "";
    const size_t length = strlen(name), end = sizeof yaml_end - 1;
    if (ends_with(name, yaml_end) && length - end <= SCRIM_CAMERA_ID_MAX)
        memcpy(id, name, length - end);
    if (!scrim_camera_id_valid(id)) {
        scrim_fail(&error, SCRIM_EINVAL,
                   "%s/" SCRIM_CAMERAS_DIR "/%.255s: no camera's file: a camera's is its id and "
                   "'.yaml'",
                   site->dir, name);
        add_fault(site, "", error.text);
    } else if (load_one(site, id, &error) < 0) {
        add_fault(site, id, error.text);
    }
}

void scrim_cameras_dir_load(struct scrim_site *site)
{
    char path[SCRIM_PATH_MAX], **names = NULL;
    struct scrim_error error;
    size_t count = 0;
    int result = scrim_path_join(path, site->dir, SCRIM_CAMERAS_DIR);
    result = result < 0 ? scrim_fail(&error, result, "%s: path too long", site->dir)
                        : scrim_fs_list(path, &names, &count, &error);
    if (result < 0 && result != SCRIM_ENOENT)
        add_fault(site, "", error.text);
    for (size_t i = 0; result >= 0 && i < count; i++) {
        if (!is_of_no_concern(names[i]))
            take_name(site, names[i]);
    }
    scrim_fs_free_names(names, count);
}

// --- writing ---

int scrim_cameras_dir_make(const char *dir, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, dir, SCRIM_CAMERAS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    return access(path, F_OK) == 0 ? SCRIM_OK : scrim_fs_make_dirs(path, 0750, error);
}

static int remove_file(const char *path, struct scrim_error *error)
{
    const int result = scrim_fs_unlink(path, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

static int change_password(const char *path, const struct scrim_camera_change *change,
                           struct scrim_error *error)
{
    if (change->password)
        return scrim_fs_replace(path, change->password->data, change->password->len, PASSWORD_MODE,
                                error);
    return change->forget ? remove_file(path, error) : SCRIM_OK;
}

static int write_camera(const char *yaml, const char *password,
                        const struct scrim_camera_change *change, struct scrim_error *error)
{
    if (change->is_new && access(yaml, F_OK) == 0)
        return scrim_fail(error, SCRIM_EEXIST, "%s is there already", yaml);
    // A new password first: the file that names it never stands alone. One to forget goes last.
    int result = change->forget ? SCRIM_OK : change_password(password, change, error);
    if (result >= 0)
        result =
            change->is_new
                ? scrim_fs_create(yaml, change->text->data, change->text->len, YAML_MODE, error)
                : scrim_fs_replace(yaml, change->text->data, change->text->len, YAML_MODE, error);
    if (result >= 0 && change->forget)
        result = change_password(password, change, error);
    return result;
}

static int remove_camera(const char *yaml, const char *password, struct scrim_error *error)
{
    const int result = scrim_fs_unlink(yaml, error);
    return result < 0 ? result : remove_file(password, error);
}

int scrim_cameras_dir_touch(const char *dir, struct scrim_error *error)
{
    char changed[SCRIM_PATH_MAX];
    int result = scrim_cameras_dir_make(dir, error);
    if (result >= 0)
        result = path_of(dir, SCRIM_CAMERAS_CHANGED, "", changed, error);
    return result < 0 ? result : scrim_fs_replace(changed, "", 0, YAML_MODE, error);
}

int scrim_cameras_dir_change(const char *dir, const struct scrim_camera_change *change,
                             struct scrim_error *error)
{
    char yaml[SCRIM_PATH_MAX], password[SCRIM_PATH_MAX], changed[SCRIM_PATH_MAX];
    int result = path_of(dir, change->id, yaml_end, yaml, error);
    if (result >= 0)
        result = path_of(dir, change->id, password_end, password, error);
    if (result >= 0)
        result = path_of(dir, SCRIM_CAMERAS_CHANGED, "", changed, error);
    if (result >= 0)
        result = change->text ? write_camera(yaml, password, change, error)
                              : remove_camera(yaml, password, error);
    // Its fsync flushes the directory's removals, too.
    return result < 0 ? result : scrim_fs_replace(changed, "", 0, YAML_MODE, error);
}
