// Spawning by vfork and exec. posix_spawn can do neither namespaces, cgroups, affinity nor a death signal; fork copies
// page tables. As in glibc's posix_spawn, the child runs on a stack of its own in the parent's memory, with all signals
// blocked, and reports errors by writing into the parent's frame.
#include "clab.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_BYTES (256 * 1024)
#define DESCRIPTORS_MAX 1024
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

struct child {
    const struct simbench_spawn_request *request;
    sigset_t mask; // the parent's, for the child's program
    pid_t parent;
    int error;
    const char *stage;
};

static int fail(struct child *child, const char *stage) {
    child->error = errno ? errno : EINVAL;
    child->stage = stage;
    _exit(127);
}

// Everything above 2 closes at exec; only what is asked for is then put back.
static void close_rest_at_exec(void) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
    struct rlimit limit;
    long last = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (long)limit.rlim_cur : 65536;
    for (int fd = 3; fd < last; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// Sources first move above every destination, so that no destination overwrites a source still needed.
static void place_descriptors(struct child *child) {
    const struct simbench_spawn_request *request = child->request;
    int moved[DESCRIPTORS_MAX], above = 3;
    for (int i = 0; i < request->descriptor_count; i++)
        if (request->descriptors[i].to >= above) above = request->descriptors[i].to + 1;
    for (int i = 0; i < request->descriptor_count; i++) {
        moved[i] = fcntl(request->descriptors[i].from, F_DUPFD_CLOEXEC, above);
        if (moved[i] < 0) fail(child, "hand over a descriptor");
    }
    for (int i = 0; i < request->descriptor_count; i++)
        if (dup2(moved[i], request->descriptors[i].to) < 0) fail(child, "hand over a descriptor");
}

static void reset_signals(const sigset_t *mask) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction now;
        if (sigaction(signal, NULL, &now) == 0 && now.sa_handler != SIG_DFL) sigaction(signal, &standard, NULL);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
}

static int run_child(void *argument) {
    struct child *child = argument;
    const struct simbench_spawn_request *request = child->request;
    errno = 0;
    if (request->dies_with_parent) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail(child, "set the death signal");
        // The parent died before the signal was set. From a pid namespace of one's own no parent is seen.
        if (!request->own_pid_namespace && getppid() != child->parent) _exit(127);
    }
    if (request->own_process_group && setpgid(0, 0) < 0) fail(child, "make a process group");
    for (int i = 0; i < request->cgroup_count; i++)
        if (write(request->cgroup_procs[i], "0", 1) != 1) fail(child, "join the cgroup");
    if (request->network_namespace >= 0 && setns(request->network_namespace, CLONE_NEWNET) < 0)
        fail(child, "enter the network namespace");
    // A kernel without huge pages may refuse, and gives none.
    if (request->no_huge_pages) prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    int result;
    if (request->cpu_count > 0 && (result = simbench_set_affinity(request->cpus, request->cpu_count)) < 0) {
        errno = -result;
        fail(child, "set the CPU affinity");
    }
    if (request->memory_node_count > 0
        && (result = simbench_prefer_memory_nodes(request->memory_nodes, request->memory_node_count)) < 0) {
        errno = -result;
        fail(child, "prefer the memory nodes");
    }
    close_rest_at_exec();
    place_descriptors(child);
    reset_signals(&child->mask);
    execve(request->path, request->arguments, request->environment);
    return fail(child, "run the program");
}

int simbench_spawn(const struct simbench_spawn_request *request, int *pidfd, const char **stage) {
    struct child child = {.request = request, .parent = getpid(), .error = 0, .stage = ""};
    *stage = "start a process";
    if (request->descriptor_count > DESCRIPTORS_MAX) return -E2BIG;
    char *stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -errno;
    sigset_t all;
    sigfillset(&all);
    // The child's program starts with no signal blocked: the conductor blocks the ones it reads from a signalfd.
    sigemptyset(&child.mask);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int fd = -1;
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (request->own_pid_namespace ? CLONE_NEWPID : 0);
    pid_t pid = clone(run_child, stack + CHILD_STACK_BYTES, flags, &child, &fd);
    int error = pid < 0 ? errno : child.error;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, CHILD_STACK_BYTES);
    if (error == 0) {
        *pidfd = fd;
        return pid;
    }
    if (pid > 0) {
        *stage = child.stage;
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        close(fd);
    }
    return -error;
}

int simbench_reap(int pid, struct simbench_exit *result) {
    int status;
    struct rusage usage;
    pid_t reaped;
    do reaped = wait4(pid, &status, WNOHANG, &usage);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return -errno;
    if (reaped == 0) return 0;
    result->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->user_microseconds = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec;
    result->system_microseconds = usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec;
    result->peak_resident_bytes = usage.ru_maxrss * 1024LL;
    return 1;
}

int simbench_signal_process(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}
