// The root key in a TPM, against swtpm: the ring lives through destructions, restarts, failures at
// every write and a TPM that is not the one it was, and the TPM holds no old key.
#include "store_fixture.h"

#include "store/root_key.h"
#include "test.h"
#include "tpm/nv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HOUR scrim_hour_of(FIXTURE_START_US)

static pid_t swtpm;
static char swtpm_dir[256];
static uint16_t swtpm_port;

// Two neighbouring ports that nobody listens on.
static uint16_t free_ports(void)
{
    for (unsigned i = 0; i < 100; i++) {
        const uint16_t port = (uint16_t)(20000 + randombytes_uniform(20000));
        bool both = true;
        for (uint16_t p = port; p <= port + 1; p++) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const struct sockaddr_in at = {.sin_family = AF_INET,
                                           .sin_port = htons(p),
                                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
            both = both && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
            close(fd);
        }
        if (both)
            return port;
    }
    return 0;
}

static bool start_swtpm(void)
{
    char state[300], server[64], control[64], tcti[64];
    snprintf(state, sizeof state, "dir=%s", swtpm_dir);
    snprintf(server, sizeof server, "type=tcp,port=%u", swtpm_port);
    snprintf(control, sizeof control, "type=tcp,port=%u", swtpm_port + 1U);
    snprintf(tcti, sizeof tcti, "swtpm:host=127.0.0.1,port=%u", swtpm_port);
    setenv("SCRIM_TPM_TCTI", tcti, 1);
    swtpm = fork();
    if (swtpm == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server,
               "--ctrl", control, "--flags", "not-need-init", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200; i++) {
        struct scrim_tpm *tpm;
        if (waitpid(swtpm, NULL, WNOHANG) == swtpm)
            return false; // not installed
        if (scrim_tpm_open(&tpm, NULL) >= 0) {
            scrim_tpm_close(tpm);
            return true;
        }
        usleep(20000);
    }
    return false;
}

static void stop_swtpm(void)
{
    kill(swtpm, SIGTERM);
    waitpid(swtpm, NULL, 0);
}

static bool begin(struct fixture *f)
{
    fixture_create(f);
    f->config.root_key = SCRIM_ROOT_KEY_TPM;
    test_make_dir(swtpm_dir);
    swtpm_port = free_ports();
    if (start_swtpm())
        return true;
    test_remove_dir(swtpm_dir);
    fixture_destroy(f);
    return false;
}

static void end(struct fixture *f)
{
    stop_swtpm();
    test_remove_dir(swtpm_dir);
    fixture_destroy(f);
}

static void hours_path(const struct fixture *f, const char *name, char ret[SCRIM_PATH_MAX])
{
    char below[SCRIM_PATH_MAX];
    snprintf(below, sizeof below, SCRIM_HOURS_DIR "/%s", name);
    fixture_path(f, below, ret);
}

// What the TPM holds now.
static void load(const struct fixture *f, struct scrim_root_keys *ret)
{
    char dir[SCRIM_PATH_MAX];
    struct scrim_root_store *store = NULL;
    struct scrim_error error = {0};
    fixture_path(f, SCRIM_HOURS_DIR, dir);
    REQUIRE(scrim_root_store_open(&f->site, dir, &store, &error) >= 0);
    CHECK_INT(scrim_root_store_load(store, ret, &error), SCRIM_OK);
    scrim_root_store_close(store);
}

static void lives_in_the_tpm(void)
{
    struct fixture f;
    struct scrim_root_keys before, after;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    uint8_t key[SCRIM_HOUR_KEY], again[SCRIM_HOUR_KEY];
    if (!begin(&f))
        SKIP("swtpm does not run here");
    fixture_make_key(&f, "quay", FIXTURE_START_US);
    fixture_make_key(&f, "gate", FIXTURE_START_US);
    CHECK_INT(fixture_key(&f, "gate", HOUR, key, &error), SCRIM_OK);
    load(&f, &before);
    CHECK_INT(before.current.generation, 1);
    CHECK_INT(before.next.generation, 0);
    hours_path(&f, "root.key", path);
    CHECK(access(path, F_OK) < 0);

    fixture_shred(&f, "quay", FIXTURE_START_US);
    load(&f, &after);
    CHECK_INT(after.current.generation, 2);
    CHECK_INT(after.next.generation, 0);
    CHECK(memcmp(before.current.key, after.current.key, SCRIM_ROOT_KEY) != 0);
    CHECK(!fixture_has_key(&f, "quay", FIXTURE_START_US));

    // The host is started again.
    stop_swtpm();
    REQUIRE(start_swtpm());
    CHECK_INT(fixture_key(&f, "gate", HOUR, again, &error), SCRIM_OK);
    CHECK(memcmp(key, again, sizeof key) == 0);

    // The disk in another host: its TPM has no such index.
    stop_swtpm();
    test_remove_dir(swtpm_dir);
    CHECK_INT(mkdir(swtpm_dir, 0700), 0);
    REQUIRE(start_swtpm());
    CHECK_INT(fixture_key(&f, "gate", HOUR, again, &error), SCRIM_EAUTH);
    stop_swtpm();
    CHECK_INT(fixture_key(&f, "gate", HOUR, again, &error), SCRIM_EIO);
    CHECK(strstr(error.text, "no TPM answers") != NULL);
    REQUIRE(start_swtpm());
    end(&f);
}

static int crash_at(void *context, enum scrim_fault_op op, const char *what)
{
    unsigned *left = context;
    (void)what;
    if (op != SCRIM_FAULT_ALLOC && (*left)-- == 0)
        _exit(42);
    return 0;
}

static void killed_anywhere(void)
{
    struct fixture f;
    bool over = false;
    if (!begin(&f))
        SKIP("swtpm does not run here");
    fixture_make_key(&f, "quay", FIXTURE_START_US);
    for (unsigned fatal = 0; !over; fatal++) {
        struct scrim_root_keys before, after;
        uint8_t key[SCRIM_HOUR_KEY], again[SCRIM_HOUR_KEY];
        int status = 0;
        fixture_make_key(&f, "quay", FIXTURE_START_US);
        fixture_make_key(&f, "gate", FIXTURE_START_US);
        CHECK_INT(fixture_key(&f, "gate", HOUR, key, NULL), SCRIM_OK);
        load(&f, &before);
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            unsigned left = fatal;
            scrim_fault_set(crash_at, &left);
            fixture_shred(&f, "quay", FIXTURE_START_US);
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
        over = WEXITSTATUS(status) == 0;
        fixture_make_key(&f, "gate", FIXTURE_START_US); // completes or undoes
        load(&f, &after);
        CHECK_INT(after.next.generation, 0);
        CHECK_INT(fixture_key(&f, "gate", HOUR, again, NULL), SCRIM_OK);
        CHECK(memcmp(key, again, sizeof key) == 0);
        if (!fixture_has_key(&f, "quay", FIXTURE_START_US))
            CHECK(memcmp(before.current.key, after.current.key, SCRIM_ROOT_KEY) != 0);
    }
    CHECK(!fixture_has_key(&f, "quay", FIXTURE_START_US));
    end(&f);
}

static void begun_anywhere(void)
{
    struct fixture f;
    bool over = false;
    if (!begin(&f))
        SKIP("swtpm does not run here");
    for (unsigned fatal = 0; !over; fatal++) {
        char hours[SCRIM_PATH_MAX];
        int status = 0;
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            unsigned left = fatal;
            scrim_fault_set(crash_at, &left);
            fixture_make_key(&f, "quay", FIXTURE_START_US);
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
        over = WEXITSTATUS(status) == 0;
        fixture_make_key(&f, "quay", FIXTURE_START_US);
        CHECK(fixture_has_key(&f, "quay", FIXTURE_START_US));
        fixture_path(&f, SCRIM_HOURS_DIR, hours);
        test_remove_dir(hours);
    }
    end(&f);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"root key in a TPM: lives there, is replaced there", lives_in_the_tpm},
            {"root key in a TPM: killed at any operation, it is whole after", killed_anywhere},
            {"root key in a TPM: a site begun and killed at any operation begins again",
             begun_anywhere},
            {0},
        });
}
