// The smallest harness that says what went wrong: CHECK in test functions, a table of them in main.
//
//     static void chunk_roundtrip(void) { CHECK(open(seal(x)) == x); CHECK_INT(count, 3); }
//     int main(int argc, char **argv) { return test_run(argc, argv, (struct test[]){{"chunk
//     roundtrip", chunk_roundtrip}, {0}}); }
//
// Every test prints "ok NAME" or "FAIL NAME file:line expression"; one that cannot run here calls
// SKIP.
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test {
    const char *name;
    void (*run)(void);
};

static int test_failures;
static bool test_skipped;

#define CHECK(expression)                                             \
    do {                                                              \
        if (!(expression)) {                                          \
            printf("  %s:%d: %s\n", __FILE__, __LINE__, #expression); \
            test_failures++;                                          \
        }                                                             \
    } while (0)

#define CHECK_INT(actual, expected)                                                            \
    do {                                                                                       \
        const intmax_t test_a = (intmax_t)(actual), test_e = (intmax_t)(expected);             \
        if (test_a != test_e) {                                                                \
            printf("  %s:%d: %s is %" PRIdMAX ", expected %" PRIdMAX "\n", __FILE__, __LINE__, \
                   #actual, test_a, test_e);                                                   \
            test_failures++;                                                                   \
        }                                                                                      \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                        \
    do {                                                                                    \
        const char *test_a = (actual), *test_e = (expected);                                \
        if (strcmp(test_a, test_e) != 0) {                                                  \
            printf("  %s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__, __LINE__, #actual, \
                   test_a, test_e);                                                         \
            test_failures++;                                                                \
        }                                                                                   \
    } while (0)

// Ends the test function when going on makes no sense.
#define REQUIRE(expression)                                           \
    do {                                                              \
        if (!(expression)) {                                          \
            printf("  %s:%d: %s\n", __FILE__, __LINE__, #expression); \
            test_failures++;                                          \
            return;                                                   \
        }                                                             \
    } while (0)

#define SKIP(why)                       \
    do {                                \
        printf("  skipped: %s\n", why); \
        test_skipped = true;            \
        return;                         \
    } while (0)

// Runs all tests, or only those whose name contains argv[1]. Returns the exit status.
static inline int test_run(int argc, char **argv, const struct test *tests)
{
    int failed = 0;
    for (; tests->name; tests++) {
        if (argc > 1 && !strstr(tests->name, argv[1]))
            continue;
        test_failures = 0;
        test_skipped = false;
        tests->run();
        failed += test_failures > 0;
        printf("%s %s\n", test_failures ? "FAIL" : test_skipped ? "skip" : "ok", tests->name);
        fflush(stdout);
    }
    return failed > 0;
}

// A fresh directory under $TMPDIR; removed with everything in it by test_remove_dir.
static inline void test_make_dir(char ret[256])
{
    const char *base = getenv("TMPDIR");
    snprintf(ret, 256, "%s/scrim-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(ret)) {
        perror(ret);
        exit(1);
    }
}

void test_remove_dir(const char *path);
