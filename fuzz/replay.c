// Runs every file of a corpus directory through a fuzz target, so that ordinary builds keep old
// finds fixed.
#include "base/fs.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *directory, const char *name)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf content;
    struct scrim_error error;
    scrim_buf_init(&content, 16U << 20);
    int result = scrim_path_join(path, directory, name);
    if (result >= 0)
        result = scrim_fs_read(path, &content, &error);
    if (result < 0)
        fprintf(stderr, "%s\n", error.text);
    else
        LLVMFuzzerTestOneInput(content.data, content.len);
    scrim_buf_finish(&content);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_DIR\n", argv[0]);
        return 2;
    }
    char **names;
    size_t count;
    struct scrim_error error;
    if (scrim_fs_list(argv[1], &names, &count, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    int failed = count == 0; // an empty corpus proves nothing
    for (size_t i = 0; i < count; i++)
        failed |= replay(argv[1], names[i]) < 0;
    printf("ok %zu inputs\n", count);
    scrim_fs_free_names(names, count);
    return failed;
}
