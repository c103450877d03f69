// What Swift's Glibc module lacks: epoll, per-thread namespaces and affinity, spawning with a chosen set of
// descriptors, signalfd. Every function returns a value >= 0, or a negated errno; none touches the global errno's
// meaning for the caller. Functions called once per event are inline, so that a hot loop in Swift pays no call.
#ifndef SIMBENCH_CLAB_H
#define SIMBENCH_CLAB_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

// ---- epoll ---------------------------------------------------------------------------------------------------------

// Bytes of one event in the raw buffer given to simbench_epoll_wait (12 on x86-64, 16 elsewhere).
enum { SIMBENCH_EPOLL_EVENT_BYTES = sizeof(struct epoll_event) };

static const uint32_t SIMBENCH_EPOLL_IN = EPOLLIN;
static const uint32_t SIMBENCH_EPOLL_OUT = EPOLLOUT;
static const uint32_t SIMBENCH_EPOLL_ERR = EPOLLERR;
static const uint32_t SIMBENCH_EPOLL_HUP = EPOLLHUP;
static const uint32_t SIMBENCH_EPOLL_RDHUP = EPOLLRDHUP;
static const uint32_t SIMBENCH_EPOLL_EDGE = 1u << 31;
static const uint32_t SIMBENCH_EPOLL_ONESHOT = 1u << 30;
static const uint32_t SIMBENCH_EPOLL_EXCLUSIVE = 1u << 28;

static inline int simbench_epoll_create(void) {
    int fd = epoll_create1(02000000 /* EPOLL_CLOEXEC */);
    return fd < 0 ? -errno : fd;
}

static inline int simbench_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = data;
    return epoll_ctl(epoll, operation, fd, &event) < 0 ? -errno : 0;
}

static inline int simbench_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return simbench_epoll_control(epoll, 1 /* EPOLL_CTL_ADD */, fd, events, data);
}

static inline int simbench_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return simbench_epoll_control(epoll, 3 /* EPOLL_CTL_MOD */, fd, events, data);
}

static inline int simbench_epoll_remove(int epoll, int fd) {
    return simbench_epoll_control(epoll, 2 /* EPOLL_CTL_DEL */, fd, 0, 0);
}

// Waits for at most `capacity` events; the buffer holds capacity × SIMBENCH_EPOLL_EVENT_BYTES. -1 waits for ever.
static inline int simbench_epoll_wait(int epoll, void *buffer, int capacity, int timeout_milliseconds) {
    int count = epoll_wait(epoll, (struct epoll_event *)buffer, capacity, timeout_milliseconds);
    return count < 0 ? -errno : count;
}

static inline uint32_t simbench_epoll_event_flags(const void *buffer, int index) {
    return ((const struct epoll_event *)buffer)[index].events;
}

static inline uint64_t simbench_epoll_event_data(const void *buffer, int index) {
    return ((const struct epoll_event *)buffer)[index].data.u64;
}

// Makes an anonymous mapping larger; it may move. NULL when the kernel refuses.
void *simbench_remap(void *memory, uint64_t bytes, uint64_t new_bytes);

// As simbench_epoll_wait with a timeout in nanoseconds (epoll_pwait2, Linux 5.11); falls back to whole milliseconds,
// rounded up, where the kernel lacks it. Negative waits for ever.
int simbench_epoll_wait_nanoseconds(int epoll, void *buffer, int capacity, int64_t timeout_nanoseconds);

// ---- sockets and small descriptors ---------------------------------------------------------------------------------

// Accepts without asking for the peer's address; the new socket is non-blocking and close-on-exec.
int simbench_accept(int listener);

int simbench_eventfd(unsigned initial);
// Anonymous shared memory of the given size, close-on-exec; its name shows in /proc/PID/maps.
int simbench_memory_file(const char *name, uint64_t bytes);

// Raises the soft RLIMIT_NOFILE to the hard one; returns what is then allowed.
int64_t simbench_raise_descriptor_limit(void);

// ---- namespaces and descriptor tables: each acts on the CALLING THREAD only ----------------------------------------

int simbench_enter_network_namespace(int fd);
int simbench_unshare_network(void);
// A descriptor table of this thread's own, a copy of the shared one (RLIMIT_NOFILE counts per table). The copy still
// holds every descriptor that was open: close what this thread does not need, or they stay open as long as it lives.
int simbench_unshare_files(void);
// The calling thread's network namespace, as a close-on-exec descriptor that keeps it alive.
int simbench_open_own_network_namespace(void);

// Makes this process root inside a new user namespace. Only while the process has a single thread.
// On failure *stage names the step that was refused.
int simbench_enter_user_namespace(const char **stage);

// Finds out, in a child that ends at once, whether namespaces and a veth pair can be made, with a new user namespace
// first when `with_user_namespace`. Returns 0 or the negated errno; *stage is then the step that was refused.
int simbench_try_namespaces(bool with_user_namespace, const char **stage);

// ---- CPUs and memory nodes, of the calling thread -------------------------------------------------------------------

// Fills at most `capacity` CPU numbers; returns how many the thread may run on.
int simbench_get_affinity(int32_t *cpus, int capacity);
int simbench_set_affinity(const int32_t *cpus, int count);
// Prefer memory of these nodes (not bind: when they are full, others serve). None undoes.
int simbench_prefer_memory_nodes(const int32_t *nodes, int count);

// ---- signals --------------------------------------------------------------------------------------------------------

// Blocks the signals in the calling thread (call before any other thread starts: they inherit) and returns a
// non-blocking signalfd for them.
int simbench_signal_descriptor(const int32_t *signals, int count);
// The next pending signal's number; -EAGAIN when there is none.
int simbench_read_signal(int fd);

// ---- io_uring -------------------------------------------------------------------------------------------------------

// Sets up a ring of two entries with these IORING_SETUP_ flags and closes it. 0, or the negated errno.
int simbench_try_ring(uint32_t setup_flags);
static const uint32_t SIMBENCH_RING_COOP_TASKRUN = 1u << 8;

// ---- processes ------------------------------------------------------------------------------------------------------

struct simbench_descriptor_pair {
    int32_t from, to;
};

struct simbench_spawn_request {
    const char *path;
    char *const *arguments;   // NULL-terminated, argv[0] included
    char *const *environment; // NULL-terminated
    // `from` here becomes `to` there; everything else above 2 is closed at exec.
    const struct simbench_descriptor_pair *descriptors;
    int descriptor_count;
    const int32_t *cgroup_procs; // open cgroup.procs files the child writes itself into before exec
    int cgroup_count;
    const int32_t *cpus; // none: inherit
    int cpu_count;
    const int32_t *memory_nodes; // none: inherit
    int memory_node_count;
    int network_namespace; // < 0: inherit
    // SIGKILL the child when the THREAD that spawned it ends: spawn from a thread that lives as long as the run.
    bool dies_with_parent;
    // A process group of its own, so that a terminal's Ctrl-C does not reach it.
    bool own_process_group;
    // It is process 1 of a pid namespace of its own: whatever it starts ends with it.
    bool own_pid_namespace;
    // Its memory comes in single pages, whatever /sys/kernel/mm/transparent_hugepage/enabled says.
    bool no_huge_pages;
};

// Returns the pid; *pidfd is a close-on-exec descriptor of it. On failure nothing is left behind, the result is a
// negated errno, and *stage names the step. Costs a vfork: no page tables are copied.
int simbench_spawn(const struct simbench_spawn_request *request, int *pidfd, const char **stage);

struct simbench_exit {
    int32_t code;   // exit code, or -1 when a signal ended it
    int32_t signal; // 0 when it exited
    int64_t user_microseconds, system_microseconds;
    int64_t peak_resident_bytes;
};

// Reaps the child if it ended: 1 and *result; 0 while it runs; a negated errno otherwise.
int simbench_reap(int pid, struct simbench_exit *result);
int simbench_signal_process(int pidfd, int signal);

// Gives the calling thread the lowest priority for good; on Linux a niceness is a thread's own (setpriority(2)).
void simbench_give_way(void);

// What a TCP connection has carried: bytes of ours that the other side has acknowledged, and bytes of its that came.
// Returns 0 or a negated errno.
int simbench_tcp_bytes(int fd, uint64_t *acknowledged, uint64_t *received);

#endif
