// Serves the file that a loop device, and on it a swap area, lies on; and limits how fast.
//
// What it must never do is wait for memory that only swapping out through itself can free. So all its memory is
// allocated, touched and locked before the swap area is on, it makes no library call that allocates, and it reads and
// writes the backing file past the page cache. When it ends, for whatever reason, the kernel fails what waits for it.
//
// What that guarantees: a limited memory group, however tight, cannot stop its own swap, because this server is outside
// of it and what the kernel allocates on the way (FUSE requests, block requests) is charged to no group. What it does
// not: when the whole host is out of memory, these few small allocations wait like everybody else's for other memory
// to become free, and swapping through this device is then as slow as its limit. The kernel keeps reserves for swap on
// disks, none for swap through a process. PR_SET_IO_FLUSHER at least keeps the server's own allocations from waiting
// for swap; it needs CAP_SYS_RESOURCE. Without it, a host that is about to run out of memory may stall until its OOM
// killer has ended something, so the lab leaves the host memory to spare and only its own group without.
#include "cswap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 32
#define NANOSECONDS 1000000000u
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

// A request on its way; its data lies in a buffer of its own.
struct slot {
    bool taken;
    uint64_t due; // nanoseconds
    struct simbench_fuse_request request;
    char head[SIMBENCH_FUSE_HEAD_BYTES] __attribute__((aligned(8)));
    char answer[SIMBENCH_FUSE_ANSWER_BYTES] __attribute__((aligned(8)));
    char *data;
};

struct server {
    struct simbench_swap_page *page;
    uint64_t file_bytes;
    struct simbench_limit reads, writes, both;
    struct slot slots[SLOTS];
};

static uint64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

static void count(struct server *server, enum simbench_swap_word word, uint64_t more) {
    simbench_swap_set(server->page, word, simbench_swap_get(server->page, word) + more);
}

// ---- start ----------------------------------------------------------------------------------------------------------

// Its own process: it must end with no one but the server, and what it does must not cost the server its life, as
// taking a swap area off may. When the starter is gone it takes the area off, so that a crash leaves no area whose
// priority draws the host's own pages to it. The area's users went with the starter, so there is little to read back.
static void watch_starter(struct simbench_swap_page *page, pid_t server) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server) _exit(0);
    // The server must stay the only holder of the connection: the kernel ends it with its last descriptor.
    close(SIMBENCH_SWAP_FD_CONNECTION);
    close(SIMBENCH_SWAP_FD_FILE);
    char byte;
    ssize_t bytes;
    do bytes = read(SIMBENCH_SWAP_FD_LIFELINE, &byte, 1);
    while (bytes > 0 || (bytes < 0 && errno == EINTR));
    uint64_t number = simbench_swap_get(page, SIMBENCH_SWAP_LOOP);
    if (number == 0) _exit(0);
    for (int word = SIMBENCH_SWAP_READ_LIMIT; word <= SIMBENCH_SWAP_LATENCY; word++) simbench_swap_set(page, word, 0);
    char device[32];
    snprintf(device, sizeof device, "/dev/loop%llu", (unsigned long long)number - 1);
    if (simbench_loop_is(device, page->name)) swapoff(device);
    _exit(0);
}

static bool forbid_oom_kill(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, "-1000", 5) == 5;
    close(fd);
    return written;
}

static void protect(struct simbench_swap_page *page) {
    uint64_t lacks = 0;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0) lacks |= SIMBENCH_SWAP_UNLOCKED;
    if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0) lacks |= SIMBENCH_SWAP_NO_FLUSHER;
    if (!forbid_oom_kill()) lacks |= SIMBENCH_SWAP_KILLABLE;
    int flags = fcntl(SIMBENCH_SWAP_FD_FILE, F_GETFL);
    if (fcntl(SIMBENCH_SWAP_FD_FILE, F_SETFL, flags | O_DIRECT) < 0) lacks |= SIMBENCH_SWAP_CACHED;
    simbench_swap_set(page, SIMBENCH_SWAP_LACKS, lacks);
    // The default rounds every wait up by 50 µs.
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

static int prepare(struct server *server) {
    char *data = mmap(NULL, (size_t)SLOTS * SIMBENCH_FUSE_DATA_BYTES, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (data == MAP_FAILED) return -errno;
    memset(server->slots, 0, sizeof server->slots);
    for (int i = 0; i < SLOTS; i++) server->slots[i].data = data + (size_t)i * SIMBENCH_FUSE_DATA_BYTES;
    server->file_bytes = simbench_swap_get(server->page, SIMBENCH_SWAP_FILE_BYTES);
    int flags = fcntl(SIMBENCH_SWAP_FD_CONNECTION, F_GETFL);
    return flags < 0 || fcntl(SIMBENCH_SWAP_FD_CONNECTION, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

// ---- requests -------------------------------------------------------------------------------------------------------

static void send_answer(const void *answer, size_t answer_bytes, void *data, size_t data_bytes) {
    struct iovec parts[2] = {{(void *)answer, answer_bytes}, {data, data_bytes}};
    // A refusal means that the kernel no longer wants the answer.
    while (writev(SIMBENCH_SWAP_FD_CONNECTION, parts, data_bytes > 0 ? 2 : 1) < 0 && errno == EINTR) {}
}

static uint64_t due(struct server *server, const struct simbench_fuse_request *request, uint64_t now) {
    const struct simbench_swap_page *page = server->page;
    bool reads = request->step == SIMBENCH_FUSE_READ;
    uint64_t own = simbench_limit_due(reads ? &server->reads : &server->writes,
        simbench_swap_get(page, reads ? SIMBENCH_SWAP_READ_LIMIT : SIMBENCH_SWAP_WRITE_LIMIT), now, request->bytes);
    uint64_t both = simbench_limit_due(
        &server->both, simbench_swap_get(page, SIMBENCH_SWAP_BOTH_LIMIT), now, request->bytes);
    return (own > both ? own : both) + simbench_swap_get(page, SIMBENCH_SWAP_LATENCY);
}

static void carry_out(struct server *server, struct slot *slot) {
    const struct simbench_fuse_request *request = &slot->request;
    bool reads = request->step == SIMBENCH_FUSE_READ;
    ssize_t result;
    do result = reads ? pread(SIMBENCH_SWAP_FD_FILE, slot->data, request->bytes, (off_t)request->offset)
                      : pwrite(SIMBENCH_SWAP_FD_FILE, slot->data, request->bytes, (off_t)request->offset);
    while (result < 0 && errno == EINTR);
    if (result < 0) result = -errno;
    else if (result != request->bytes) result = -EIO; // half a page of swap is none
    if (result < 0) count(server, SIMBENCH_SWAP_FAILED, 1);
    else count(server, reads ? SIMBENCH_SWAP_READ : SIMBENCH_SWAP_WRITTEN, (uint64_t)result);
    if (reads) {
        uint32_t bytes = simbench_fuse_end_read(request, result, slot->answer);
        send_answer(slot->answer, bytes, slot->data, result < 0 ? 0 : (size_t)result);
    } else {
        send_answer(slot->answer, simbench_fuse_end_write(request, result, slot->answer), NULL, 0);
    }
    slot->taken = false;
}

enum taken { TAKEN, NONE_WAITS, THE_END };

// Takes one request into a free slot. What moves no data is answered at once.
static enum taken take(struct server *server, struct slot *slot) {
    struct iovec parts[2] = {{slot->head, sizeof slot->head}, {slot->data, SIMBENCH_FUSE_DATA_BYTES}};
    ssize_t bytes = readv(SIMBENCH_SWAP_FD_CONNECTION, parts, 2);
    if (bytes < 0) {
        if (errno == EAGAIN) return NONE_WAITS;
        // ENOENT: the request was taken back.
        return errno == EINTR || errno == ENOENT ? TAKEN : THE_END;
    }
    struct simbench_fuse_request *request = &slot->request;
    simbench_fuse_take(slot->head, (size_t)bytes, server->file_bytes, slot->answer, request);
    if (request->step == SIMBENCH_FUSE_ANSWER) send_answer(slot->answer, request->answer_bytes, NULL, 0);
    if (request->step == SIMBENCH_FUSE_READ || request->step == SIMBENCH_FUSE_WRITE) {
        slot->due = due(server, request, now_nanoseconds());
        slot->taken = true;
    }
    return TAKEN;
}

static struct slot *free_slot(struct server *server) {
    for (int i = 0; i < SLOTS; i++)
        if (!server->slots[i].taken) return &server->slots[i];
    return NULL;
}

static struct slot *first_due(struct server *server) {
    struct slot *first = NULL;
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &server->slots[i];
        if (slot->taken && (first == NULL || slot->due < first->due)) first = slot;
    }
    return first;
}

// Until the next request comes or is due. Without a free slot only the latter counts.
static void rest(const struct slot *first, bool has_room) {
    struct pollfd entry = {.fd = SIMBENCH_SWAP_FD_CONNECTION, .events = POLLIN};
    struct timespec wait, *limit = NULL;
    if (first != NULL) {
        uint64_t now = now_nanoseconds(), left = first->due > now ? first->due - now : 0;
        wait.tv_sec = (time_t)(left / NANOSECONDS);
        wait.tv_nsec = (long)(left % NANOSECONDS);
        limit = &wait;
    }
    ppoll(&entry, has_room ? 1 : 0, limit, NULL);
}

static void run(struct server *server) {
    simbench_swap_set(server->page, SIMBENCH_SWAP_STATE, 1);
    while (true) {
        struct slot *room;
        while ((room = free_slot(server)) != NULL) {
            enum taken taken = take(server, room);
            if (taken == THE_END) return;
            if (taken == NONE_WAITS) break;
            struct slot *first = first_due(server);
            if (first != NULL && first->due <= now_nanoseconds()) break;
        }
        struct slot *first = first_due(server);
        if (first != NULL && first->due <= now_nanoseconds()) carry_out(server, first);
        else rest(first, room != NULL);
    }
}

// Started by hand, the descriptors are someone's files.
static bool is_fuse(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(10, 229);
}

int simbench_swap_serve(void) {
    if (!is_fuse(SIMBENCH_SWAP_FD_CONNECTION)) return -EBADF;
    // Too big for a stack, and locked with the rest.
    static struct server server;
    server.page = simbench_swap_page_map(SIMBENCH_SWAP_FD_PAGE);
    if (server.page == NULL) return -EBADF;
    // It outlives its starter until the area is off: nothing that ends a terminal or a session may end it.
    setsid();
    for (int number = 1; number <= SIGTERM; number++)
        if (number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGPIPE || number == SIGTERM)
            signal(number, SIG_IGN);
    pid_t self = getpid(), watcher = fork();
    if (watcher < 0) return -errno;
    if (watcher == 0) watch_starter(server.page, self);
    int error = prepare(&server);
    if (error < 0) return error;
    protect(server.page);
    run(&server);
    return 0;
}
