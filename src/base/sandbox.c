#include "base/sandbox.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Younger than Debian 12's kernel headers: Landlock ABI 2 and 3.
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

int scrim_sandbox_begin(struct scrim_error *error)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
        return scrim_fail_errno(error, errno, "cannot switch core dumps off");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return scrim_fail_errno(error, errno, "cannot give up new privileges");
    return SCRIM_OK;
}

bool scrim_sandbox_lock_memory(void)
{
    // A limit that is not infinite would make later allocations fail.
    struct rlimit limit;
    if (geteuid() != 0 &&
        (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY))
        return false;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

// What is mapped now: the first number of proc(5)'s statm, in pages. An error counts as nothing
// mapped, which makes the limit tighter, never looser.
static rlim_t mapped_bytes(void)
{
    struct scrim_buf text;
    scrim_buf_init(&text, 256);
    unsigned long pages = 0;
    if (scrim_fs_read("/proc/self/statm", &text, NULL) >= 0 &&
        scrim_buf_append_u8(&text, '\0') >= 0)
        pages = strtoul((const char *)text.data, NULL, 10);
    scrim_buf_finish(&text);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static int limit(__rlimit_resource_t resource, rlim_t value, const char *what,
                 struct scrim_error *error)
{
    const struct rlimit both = {value, value};
    return setrlimit(resource, &both) < 0 ? scrim_fail_errno(error, errno, "cannot limit %s", what)
                                          : SCRIM_OK;
}

int scrim_sandbox_limits(uint64_t more_memory, unsigned descriptors, struct scrim_error *error)
{
    int result = limit(RLIMIT_AS, mapped_bytes() + more_memory, "memory", error);
    if (result >= 0)
        result = limit(RLIMIT_NOFILE, descriptors, "descriptors", error);
    if (result >= 0)
        result = limit(RLIMIT_NPROC, 0, "processes", error);
    return result;
}

// Without a capability in the new user namespace nothing in it can be changed any more.
static int drop_capabilities(struct scrim_error *error)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capset, &head, none) < 0
               ? scrim_fail_errno(error, errno, "cannot give up capabilities")
               : SCRIM_OK;
}

// An empty file system becomes the root, in the place of /proc, which is there if anything is; then
// what was the root lies on top of it, and is taken off (pivot_root(2), NOTES).
static int empty_root(struct scrim_error *error)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/proc", "tmpfs", flags, "size=4k,nr_inodes=1,mode=555") < 0 ||
        chdir("/proc") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
        umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ||
        mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | flags, NULL) < 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "an empty root is not permitted: %s",
                          strerrordesc_np(errno));
    return SCRIM_OK;
}

int scrim_sandbox_isolate(struct scrim_error *error)
{
    const int namespaces =
        CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWCGROUP;
    // Without a user namespace of its own a program that is root keeps what root may.
    if (unshare(CLONE_NEWUSER | namespaces) < 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "namespaces are not permitted: %s",
                          strerrordesc_np(errno));
    const int rootless = empty_root(error);
    const int result = drop_capabilities(error);
    return result < 0 ? result : rootless;
}

// Every right that this kernel's Landlock can take away.
static uint64_t all_rights(long abi)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; // ABI 1: the first 13 bits
    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    return rights;
}

static uint64_t landlock_rights(unsigned rights)
{
    uint64_t access = 0;
    if (rights & SCRIM_MAY_READ)
        access |= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    if (rights & SCRIM_MAY_LIST)
        access |= LANDLOCK_ACCESS_FS_READ_DIR;
    if (rights & SCRIM_MAY_APPEND)
        access |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
    if (rights & SCRIM_MAY_CREATE)
        access |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR;
    if (rights & SCRIM_MAY_REMOVE)
        access |= LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR;
    return access;
}

static int allow_path(int ruleset, const struct scrim_sandbox_path *path, uint64_t handled,
                      struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = open(path->path, O_PATH | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", path->path);

    uint64_t access = landlock_rights(path->rights) & handled;
    if (!S_ISDIR(info.st_mode)) // rights of directories make no sense on a file and are refused
        access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                  LANDLOCK_ACCESS_FS_TRUNCATE;
    const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return scrim_fail_errno(error, errno, "cannot confine to %s", path->path);
    return SCRIM_OK;
}

int scrim_sandbox_files(const struct scrim_sandbox_path *paths, size_t count,
                        struct scrim_error *error)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "this kernel has no Landlock: files are not confined");

    const struct landlock_ruleset_attr attributes = {.handled_access_fs = all_rights(abi)};
    SCRIM_AUTO(scrim_close_fd)
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return scrim_fail_errno(error, errno, "cannot make a Landlock ruleset");

    for (size_t i = 0; i < count; i++) {
        const int result = allow_path(ruleset, &paths[i], attributes.handled_access_fs, error);
        if (result < 0)
            return result;
    }
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return scrim_fail_errno(error, errno, "cannot confine file access");
    return SCRIM_OK;
}

static const char *const base_calls[] = {
    // memory
    "brk", "munmap", "mremap", "madvise", "mlock", "munlock",
    // threads that exist, time, randomness
    "futex", "sched_yield", "sched_getaffinity", "set_robust_list", "rseq", "membarrier",
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "adjtimex",
    "getrandom",
    // signals of our own
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    // descriptors that are open
    "read", "readv", "pread64", "write", "writev", "pwrite64", "recvfrom", "recvmsg", "shutdown",
    "getsockopt", "close", "fstat", "lseek", "poll", "ppoll", "epoll_wait", "epoll_pwait",
    "epoll_ctl", "eventfd2", "fsync", "fdatasync",
    // ourselves
    "getpid", "gettid", "getuid", "getrusage", "sysinfo", "exit", "exit_group", NULL};

const char *const scrim_sandbox_never[] = {"execve",
                                           "execveat",
                                           "fork",
                                           "vfork",
                                           "ptrace",
                                           "process_vm_readv",
                                           "process_vm_writev",
                                           "pidfd_getfd",
                                           "kcmp",
                                           "mount",
                                           "umount2",
                                           "pivot_root",
                                           "chroot",
                                           "unshare",
                                           "setns",
                                           "move_mount",
                                           "open_tree",
                                           "fsopen",
                                           "init_module",
                                           "finit_module",
                                           "delete_module",
                                           "kexec_load",
                                           "kexec_file_load",
                                           "reboot",
                                           "swapon",
                                           "swapoff",
                                           "bpf",
                                           "perf_event_open",
                                           "userfaultfd",
                                           "add_key",
                                           "request_key",
                                           "keyctl",
                                           "settimeofday",
                                           "clock_settime",
                                           "sethostname",
                                           "setdomainname",
                                           "iopl",
                                           "ioperm",
                                           "acct",
                                           "quotactl",
                                           "io_uring_setup",
                                           "open_by_handle_at",
                                           "personality",
                                           NULL};

// Adds one rule a name. A name that libseccomp knows and this architecture lacks is skipped.
static int add_rules(scmp_filter_ctx filter, uint32_t action, const char *const *names,
                     struct scrim_error *error)
{
    for (; names && *names; names++) {
        const int number = seccomp_syscall_resolve_name(*names);
        if (number == __NR_SCMP_ERROR)
            return scrim_fail(error, SCRIM_EINVAL, "unknown system call name %s", *names);
        const int result = seccomp_rule_add(filter, action, number, 0);
        if (result < 0 && result != -EDOM && result != -EEXIST)
            return scrim_fail_errno(error, -result, "cannot filter system call %s", *names);
    }
    return SCRIM_OK;
}

// A thread is a clone with CLONE_THREAD; anything else would be a process. clone3 hides its flags
// from seccomp, so it answers ENOSYS and libc falls back to clone.
static int forbid_processes(scmp_filter_ctx filter, struct scrim_error *error)
{
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    if (result >= 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return result < 0 ? scrim_fail_errno(error, -result, "cannot forbid new processes") : SCRIM_OK;
}

static int load(scmp_filter_ctx filter, struct scrim_error *error)
{
    const int result = seccomp_load(filter);
    return result < 0 ? scrim_fail_errno(error, -result, "cannot load the system call filter")
                      : SCRIM_OK;
}

// send(2), but not to an address: a datagram socket would reach anybody with it.
static int allow_send(scmp_filter_ctx filter, struct scrim_error *error)
{
    const int result =
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_EQ, 0));
    return result < 0 ? scrim_fail_errno(error, -result, "cannot filter system call sendto")
                      : SCRIM_OK;
}

// Memory, but none that holds new code: who gets in has to make do with ours.
static int allow_memory(scmp_filter_ctx filter, struct scrim_error *error)
{
    static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int result = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls && result >= 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return result < 0 ? scrim_fail_errno(error, -result, "cannot filter calls for memory")
                      : SCRIM_OK;
}

// Of fcntl what has to do with the descriptor alone: F_SETOWN and F_SETSIG send signals to anybody.
static int allow_fcntl(scmp_filter_ctx filter, struct scrim_error *error)
{
    static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,    F_SETFD,
                                   F_GETFL, F_SETFL,         F_ADD_SEALS};
    int result = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && result >= 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i]));
    return result < 0 ? scrim_fail_errno(error, -result, "cannot filter system call fcntl")
                      : SCRIM_OK;
}

// abort() signals a thread of ours; nobody else's.
static int allow_abort(scmp_filter_ctx filter, struct scrim_error *error)
{
    const int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return result < 0 ? scrim_fail_errno(error, -result, "cannot filter system call tgkill")
                      : SCRIM_OK;
}

int scrim_sandbox_calls(const char *const *more, struct scrim_error *error)
{
    tzset(); // libc would open /etc/localtime with the first date it breaks down
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return scrim_fail(error, SCRIM_ENOMEM, "cannot make a system call filter");
    int result = add_rules(filter, SCMP_ACT_ALLOW, base_calls, error);
    if (result >= 0)
        result = allow_send(filter, error);
    if (result >= 0)
        result = allow_memory(filter, error);
    if (result >= 0)
        result = allow_fcntl(filter, error);
    if (result >= 0)
        result = allow_abort(filter, error);
    if (result >= 0)
        result = add_rules(filter, SCMP_ACT_ALLOW, more, error);
    if (result >= 0)
        result = load(filter, error);
    seccomp_release(filter);
    return result;
}

static int refuse_calls(const char *const *names, bool processes_too, struct scrim_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return scrim_fail(error, SCRIM_ENOMEM, "cannot make a system call filter");
    int result = add_rules(filter, SCMP_ACT_ERRNO(EPERM), names, error);
    if (result >= 0 && processes_too)
        result = forbid_processes(filter, error);
    if (result >= 0)
        result = load(filter, error);
    seccomp_release(filter);
    return result;
}

int scrim_sandbox_deny(const char *const *names, struct scrim_error *error)
{
    return refuse_calls(names, true, error);
}

int scrim_sandbox_forbid(const char *const *names, struct scrim_error *error)
{
    return refuse_calls(names, false, error);
}

int scrim_sandbox_no_network(struct scrim_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return scrim_fail(error, SCRIM_ENOMEM, "cannot make a system call filter");
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    result = result < 0 ? scrim_fail_errno(error, -result, "cannot filter system call socket")
                        : load(filter, error);
    seccomp_release(filter);
    return result;
}
