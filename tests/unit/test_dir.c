#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

void test_remove_dir(const char *path);

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

void test_remove_dir(const char *path)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0)
        perror(path);
}
