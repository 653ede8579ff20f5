/* A library that is loaded before the program (LD_PRELOAD). It numbers the program's file system calls, and
 * ends the process at one of them, or lets that one fail.
 *
 * The calls are caught by seccomp, not by the names of libc functions: part of them are made without libc.
 * A filter sends SIGSYS for each call of a kind in the list; the handler makes the call itself, from the
 * one instruction that the filter lets pass. Only calls on paths below CRASH_FOLDER and on regular files
 * count.
 *
 * CRASH_FOLDER  folder of the files that count
 * CRASH_AT      number of the call, from 1; 0 to count only
 * CRASH_ERRNO   error of the call; 0 to kill the process before it
 * CRASH_BARE    1 for a file system without unnamed files, without hard links, and without renames that
 *               refuse to replace
 * CRASH_NO_LOCKS 1 for a file system whose server keeps no locks
 * CRASH_LOSE    1 to fail the first fdatasync with EIO and to lose all bytes of the file. Later ones succeed,
 *               as those of the kernel do
 * CRASH_LOG     file for the number of calls and the name of the one that was hit
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define REG(n) (uc->uc_mcontext.gregs[n])
__asm__(".text\n.globl crash_call\n.type crash_call,@function\ncrash_call:\n"
        "mov %rdi,%rax\nmov %rsi,%r11\nmov (%r11),%rdi\nmov 8(%r11),%rsi\nmov 16(%r11),%rdx\n"
        "mov 24(%r11),%r10\nmov 32(%r11),%r8\nmov 40(%r11),%r9\nsyscall\n"
        ".globl crash_passed\ncrash_passed:\nret\n");
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
__asm__(".text\n.globl crash_call\n.type crash_call,%function\ncrash_call:\n"
        "mov x8,x0\nmov x9,x1\nldp x0,x1,[x9]\nldp x2,x3,[x9,#16]\nldp x4,x5,[x9,#32]\nsvc #0\n"
        ".globl crash_passed\ncrash_passed:\nret\n");
#else
#error "no seccomp handler for this processor"
#endif

long crash_call(long number, const long *args);
extern const char crash_passed[];

enum kind { PATH0, PATH1, PATH3, FD0, FD2 };
struct call {
    int number;
    enum kind kind;
    const char *name;
};
/* The argument by which a call counts: a path, or a descriptor. */
static const struct call CALLS[] = {
#ifdef SYS_open
    {SYS_open, PATH0, "open"},
    {SYS_rename, PATH1, "rename"},
    {SYS_link, PATH1, "link"},
    {SYS_unlink, PATH0, "unlink"},
    {SYS_mkdir, PATH0, "mkdir"},
    {SYS_chmod, PATH0, "chmod"},
    {SYS_lstat, PATH0, "lstat"},
    {SYS_stat, PATH0, "stat"},
#endif
    {SYS_openat, PATH1, "openat"},
    {SYS_renameat2, PATH3, "renameat2"},
    {SYS_linkat, PATH3, "linkat"},
    {SYS_unlinkat, PATH1, "unlinkat"},
    {SYS_mkdirat, PATH1, "mkdirat"},
    {SYS_fchmodat, PATH1, "fchmodat"},
    {SYS_statx, PATH1, "statx"},
    {SYS_write, FD0, "write"},
    {SYS_writev, FD0, "writev"},
    {SYS_pwrite64, FD0, "pwrite64"},
    {SYS_read, FD0, "read"},
    {SYS_pread64, FD0, "pread64"},
    {SYS_splice, FD2, "splice"},
    {SYS_copy_file_range, FD2, "copy_file_range"},
    {SYS_ftruncate, FD0, "ftruncate"},
    {SYS_fsync, FD0, "fsync"},
    {SYS_fdatasync, FD0, "fdatasync"},
    {SYS_fchmod, FD0, "fchmod"},
    {SYS_flock, FD0, "flock"},
    {SYS_utimensat, FD0, "utimensat"},
    {SYS_fstat, FD0, "fstat"},
};
#define COUNT (sizeof CALLS / sizeof *CALLS)

static const char *folder;
static size_t folder_len;
static long hit_at;
static int hit_errno;
static int is_bare;
static int has_no_locks;
static atomic_int loses;
static int has_lost;
static int log_fd = -1;
static atomic_long count;

static int is_below(long path) {
    return path && strncmp((const char *)path, folder, folder_len) == 0;
}

static int is_regular(long fd) {
    struct stat st;
    long args[6] = {fd, (long)&st};
    return crash_call(SYS_fstat, args) == 0 && S_ISREG(st.st_mode);
}

static int counts(const struct call *call, const long *args) {
    switch (call->kind) {
    case PATH0: return is_below(args[0]);
    /* statx of a descriptor has an empty path. */
    case PATH1: return is_below(args[1]) || (call->number == SYS_statx && is_regular(args[0]));
    case PATH3: return is_below(args[3]);
    case FD0: return is_regular(args[0]);
    case FD2: return is_regular(args[2]);
    }
    return 0;
}

static void record(const char *name, long at) {
    char line[64];
    int len = snprintf(line, sizeof line, "%ld %s\n", at, name);
    long args[6] = {log_fd, (long)line, len, 0};
    crash_call(SYS_pwrite64, args);
}

/* The error by which a bare file system refuses a call; 0 for one that it makes. */
static long refusal(long number, const long *args) {
    if (number == SYS_openat && (args[2] & O_TMPFILE) == O_TMPFILE) return EOPNOTSUPP;
    if (number == SYS_linkat) return EPERM;
    if (number == SYS_renameat2 && args[4]) return EINVAL;
#ifdef SYS_open
    if (number == SYS_open && (args[1] & O_TMPFILE) == O_TMPFILE) return EOPNOTSUPP;
    if (number == SYS_link) return EPERM;
#endif
    return 0;
}

/* Overwrites a file with zeros, as if the kernel had dropped its dirty pages. */
static void lose(long fd) {
    static const char zeros[4096];
    struct stat st;
    long args[6] = {fd, (long)&st};
    if (crash_call(SYS_fstat, args)) return;
    for (long at = 0; at < st.st_size; at += sizeof zeros) {
        long left = st.st_size - at;
        long write_args[6] = {fd, (long)zeros, left < (long)sizeof zeros ? left : (long)sizeof zeros, at};
        crash_call(SYS_pwrite64, write_args);
    }
    record("lost", 0);
    has_lost = 1;
}

static long handle(long number, const long *args) {
    if (number == SYS_fdatasync && is_regular(args[0]) && atomic_exchange(&loses, 0)) {
        lose(args[0]);
        return -EIO;
    }
    for (size_t i = 0; i < COUNT; i++) {
        const struct call *call = &CALLS[i];
        if (call->number != number || !counts(call, args)) continue;
        long at = atomic_fetch_add(&count, 1) + 1;
        if (at != hit_at) continue;
        record(call->name, at);
        if (hit_errno) return -hit_errno;
        long kill_args[6] = {getpid(), SIGKILL};
        crash_call(SYS_kill, kill_args);
    }
    long refused = is_bare ? refusal(number, args) : 0;
    if (has_no_locks && number == SYS_flock) refused = ENOLCK;
    if (refused) return -refused;
    return crash_call(number, args);
}

static void on_call(int signal, siginfo_t *info, void *context) {
    (void)signal;
    ucontext_t *uc = context;
#if defined(__x86_64__)
    long args[6] = {REG(REG_RDI), REG(REG_RSI), REG(REG_RDX), REG(REG_R10), REG(REG_R8), REG(REG_R9)};
    REG(REG_RAX) = handle(info->si_syscall, args);
#else
    unsigned long long *r = uc->uc_mcontext.regs;
    long args[6] = {r[0], r[1], r[2], r[3], r[4], r[5]};
    r[0] = handle(info->si_syscall, args);
#endif
}

static void refuse(const char *why) {
    fprintf(stderr, "crash shim: %s: %s\n", why, strerror(errno));
    _exit(99);
}

__attribute__((constructor)) static void start(void) {
    const char *at = getenv("CRASH_AT"), *error = getenv("CRASH_ERRNO"), *log = getenv("CRASH_LOG");
    folder = getenv("CRASH_FOLDER");
    if (!folder || !at || !error || !log) return;
    folder_len = strlen(folder);
    hit_at = atol(at) > 0 ? atol(at) : 0;
    hit_errno = atoi(error);
    is_bare = getenv("CRASH_BARE") != NULL;
    has_no_locks = getenv("CRASH_NO_LOCKS") != NULL;
    loses = getenv("CRASH_LOSE") != NULL;
    log_fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd < 0) refuse("cannot open the log");
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    if (sigaction(SIGSYS, &action, NULL)) refuse("sigaction");

    uint64_t passed = (uint64_t)(uintptr_t)crash_passed;
    struct sock_filter filter[11 + 2 * COUNT];
    size_t n = 0;
#define LOAD(field) \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, value)
#define UNLESS(value, skip) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)
    filter[n++] = LOAD(arch);
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = LOAD(instruction_pointer);
    filter[n++] = UNLESS(passed, 3);
    filter[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    filter[n++] = UNLESS(passed >> 32, 1);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = LOAD(nr);
    for (size_t i = 0; i < COUNT; i++) {
        filter[n++] = UNLESS(CALLS[i].number, 1);
        filter[n++] = RETURN(SECCOMP_RET_TRAP);
    }
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = n, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) refuse("no_new_privs");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) refuse("seccomp");
}

__attribute__((destructor)) static void end(void) {
    if (log_fd >= 0 && !has_lost && (!hit_at || atomic_load(&count) < hit_at)) record("end", atomic_load(&count));
}
