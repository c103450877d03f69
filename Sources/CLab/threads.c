// What a thread may change for itself alone: namespaces, descriptor table, CPUs, memory node, signals.
#include "clab.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CPUS_MAX 8192
#define MPOL_DEFAULT_ 0
#define MPOL_PREFERRED_ 1
#define MPOL_PREFERRED_MANY_ 5
#define NODES_MAX 1024

int simbench_enter_network_namespace(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }
int simbench_unshare_network(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }
int simbench_unshare_files(void) { return unshare(CLONE_FILES) < 0 ? -errno : 0; }

// Raising one's niceness is refused to nobody.
void simbench_give_way(void) { (void)setpriority(PRIO_PROCESS, 0, 19); }

int simbench_open_own_network_namespace(void) {
    // Not /proc/self: that is the process' first thread, which may be elsewhere.
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int simbench_get_affinity(int32_t *cpus, int capacity) {
    cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
    if (set == NULL) return -ENOMEM;
    size_t bytes = CPU_ALLOC_SIZE(CPUS_MAX);
    int count = 0;
    if (sched_getaffinity(0, bytes, set) < 0) {
        count = -errno;
    } else {
        for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
            if (!CPU_ISSET_S(cpu, bytes, set)) continue;
            if (count < capacity) cpus[count] = cpu;
            count++;
        }
    }
    CPU_FREE(set);
    return count;
}

// The set lies on the stack: this also runs between vfork and exec, where malloc is not allowed.
int simbench_set_affinity(const int32_t *cpus, int count) {
    unsigned long set[CPUS_MAX / (8 * sizeof(unsigned long))] = {0};
    const int bits = 8 * sizeof(unsigned long);
    for (int i = 0; i < count; i++) {
        if (cpus[i] < 0 || cpus[i] >= CPUS_MAX) return -EINVAL;
        set[cpus[i] / bits] |= 1ul << (cpus[i] % bits);
    }
    return sched_setaffinity(0, sizeof set, (const cpu_set_t *)set) < 0 ? -errno : 0;
}

// The system call and not libnuma, which allocates: this also runs between vfork and exec.
int simbench_prefer_memory_nodes(const int32_t *nodes, int count) {
    unsigned long mask[NODES_MAX / (8 * sizeof(unsigned long))] = {0};
    const int bits = 8 * sizeof(unsigned long);
    for (int i = 0; i < count; i++) {
        if (nodes[i] < 0 || nodes[i] >= NODES_MAX) return -EINVAL;
        mask[nodes[i] / bits] |= 1ul << (nodes[i] % bits);
    }
    if (count <= 0) return syscall(SYS_set_mempolicy, MPOL_DEFAULT_, NULL, 0ul) < 0 ? -errno : 0;
    const int mode = count == 1 ? MPOL_PREFERRED_ : MPOL_PREFERRED_MANY_;
    // One more than there are bits: the kernel looks at one bit less than it is told of.
    if (syscall(SYS_set_mempolicy, mode, mask, (unsigned long)NODES_MAX + 1) == 0) return 0;
    // Before Linux 5.15 one node can be preferred, and of several the one that a thread runs on: that is the default.
    if (count > 1 && errno == EINVAL) return simbench_prefer_memory_nodes(NULL, 0);
    return -errno;
}

int simbench_signal_descriptor(const int32_t *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++)
        if (sigaddset(&set, signals[i]) < 0) return -EINVAL;
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) return -error;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int simbench_read_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t bytes = read(fd, &info, sizeof info);
    if (bytes < 0) return -errno;
    return bytes == sizeof info ? (int)info.ssi_signo : -EIO;
}

int simbench_eventfd(unsigned initial) {
    int fd = eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int simbench_memory_file(const char *name, uint64_t bytes) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) return -errno;
    if (ftruncate(fd, (off_t)bytes) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

int64_t simbench_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

int simbench_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int simbench_epoll_wait_nanoseconds(int epoll, void *buffer, int capacity, int64_t timeout_nanoseconds) {
    static _Atomic bool lacking;
    if (timeout_nanoseconds < 0) return simbench_epoll_wait(epoll, buffer, capacity, -1);
#ifdef SYS_epoll_pwait2
    if (!lacking) {
        struct timespec timeout = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
        long count = syscall(SYS_epoll_pwait2, epoll, buffer, capacity, &timeout, NULL, 0);
        if (count >= 0) return (int)count;
        if (errno != ENOSYS) return -errno;
        lacking = true;
    }
#endif
    int64_t milliseconds = (timeout_nanoseconds + 999999) / 1000000;
    return simbench_epoll_wait(epoll, buffer, capacity, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
}

void *simbench_remap(void *memory, uint64_t bytes, uint64_t new_bytes) {
    void *moved = mremap(memory, bytes, new_bytes, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}
