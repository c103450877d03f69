// A swap device whose speed is a parameter: swap areas, loop devices, a FUSE file and the server behind it.
// As in clab.h every function returns a value >= 0, or a negated errno.
#ifndef SIMBENCH_CSWAP_H
#define SIMBENCH_CSWAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- swap areas and the files behind them ---------------------------------------------------------------------------

// The kind of the file system that a path lies on (statfs' f_type), and what an ordinary user may still fill of it.
int simbench_file_system(const char *path, uint64_t *type, uint64_t *free_bytes);

// A new file of so many bytes, all of them allocated, not copied on write, for its owner only. On failure nothing is
// left and *stage names the step.
int simbench_swap_file(const char *path, uint64_t bytes, const char **stage);

int simbench_swap_on(const char *path, int priority);

// Runs in a child process, for two reasons: the kernel makes whoever takes a swap area off the first choice of its OOM
// killer, and a child can be ended when it takes too long. -ETIMEDOUT: the area is still on.
int simbench_swap_off(const char *path, int timeout_milliseconds);

// A close-on-exec pipe.
int simbench_pipe(int32_t *read_end, int32_t *write_end);

// ---- loop devices ---------------------------------------------------------------------------------------------------

// The longest name a loop device carries, with its terminating zero.
enum { SIMBENCH_LOOP_NAME_BYTES = 64 };

// The number of a free loop device; the kernel makes one when all are taken.
int simbench_loop_free(void);
// Puts a loop device over an open file: direct I/O, blocks of 4 KiB, detached by the kernel when its last user leaves.
// Returns the device's descriptor, which is a user. -EBUSY: someone else was quicker.
int simbench_loop_attach(const char *device, int file, const char *name);
// Whether a device is attached under this name: 1 or 0.
int simbench_loop_is(const char *device, const char *name);
int simbench_loop_detach(const char *device);

// ---- FUSE -----------------------------------------------------------------------------------------------------------

// 0 when this kernel and user can mount FUSE without a mount point (Linux 5.2, CAP_SYS_ADMIN).
int simbench_fuse_try(void);
// Mounts a file system that consists of one file, without a mount point: it is in no mount table, and is gone with the
// last descriptor of it. Returns a descriptor of that file, not open for reading or writing (O_PATH).
int simbench_fuse_mount(int connection);
// Opens that file. Waits for the server's answer; an end of the server ends the wait.
int simbench_fuse_open(int mount);

// The most that one request reads or writes. At 100 MB/s it takes 1.3 ms: coarse enough for the disk, fine enough for a
// limit to look smooth. 32 pages of 4 KiB is also what kernels before 4.20 are bound to.
enum { SIMBENCH_FUSE_DATA_BYTES = 128 * 1024 };
// A request's header and, for a write, what precedes its data.
enum { SIMBENCH_FUSE_HEAD_BYTES = 80 };
// Holds every answer but the data of a read.
enum { SIMBENCH_FUSE_ANSWER_BYTES = 160 };

enum simbench_fuse_step {
    SIMBENCH_FUSE_NOTHING, // the kernel wants no answer
    SIMBENCH_FUSE_ANSWER,  // `answer_bytes` are ready to be sent
    SIMBENCH_FUSE_READ,    // read from the file, then simbench_fuse_end_read
    SIMBENCH_FUSE_WRITE,   // write to the file, then simbench_fuse_end_write
};

struct simbench_fuse_request {
    int32_t step;
    uint32_t answer_bytes;
    uint64_t unique;
    uint64_t offset; // of a read or a write in the file
    uint32_t bytes;
};

// What a request asks for, and the answer if it needs no data. Pure. `head` holds the request's first
// SIMBENCH_FUSE_HEAD_BYTES, of `bytes` in all; `answer` has room for SIMBENCH_FUSE_ANSWER_BYTES.
void simbench_fuse_take(
    const void *head, size_t bytes, uint64_t file_bytes, void *answer, struct simbench_fuse_request *request);
// The answers' beginnings after the data was moved: `result` bytes, or a negated errno. Return their lengths. Pure.
uint32_t simbench_fuse_end_read(const struct simbench_fuse_request *request, int64_t result, void *answer);
uint32_t simbench_fuse_end_write(const struct simbench_fuse_request *request, int64_t result, void *answer);

// ---- the limit ------------------------------------------------------------------------------------------------------

// A token bucket, kept as the time at which everything let through so far would have gone over a line of that speed.
struct simbench_limit {
    uint64_t busy_until; // nanoseconds
};

// An idle line saves up so much; it makes up for a server that wakes a little late.
static const uint64_t SIMBENCH_LIMIT_CREDIT_NANOSECONDS = 5000000;

// When so many bytes, asked for now, have gone over the line. `bytes_per_second` 0: no limit. Pure.
static inline uint64_t simbench_limit_due(
    struct simbench_limit *limit, uint64_t bytes_per_second, uint64_t now, uint64_t bytes) {
    if (bytes_per_second == 0) return now;
    uint64_t earliest = now > SIMBENCH_LIMIT_CREDIT_NANOSECONDS ? now - SIMBENCH_LIMIT_CREDIT_NANOSECONDS : 0;
    if (limit->busy_until < earliest) limit->busy_until = earliest;
    limit->busy_until += bytes * 1000000000u / bytes_per_second;
    return limit->busy_until > now ? limit->busy_until : now;
}

// ---- the server -----------------------------------------------------------------------------------------------------

// Words of the page that the server shares with the process that started it; each has one writer.
enum simbench_swap_word {
    // Written by the starter. Limits are read anew for every request; 0 is no limit.
    SIMBENCH_SWAP_FILE_BYTES,
    SIMBENCH_SWAP_READ_LIMIT,  // bytes per second
    SIMBENCH_SWAP_WRITE_LIMIT, // bytes per second
    SIMBENCH_SWAP_BOTH_LIMIT,  // bytes per second, reads and writes together
    SIMBENCH_SWAP_LATENCY,     // nanoseconds, added to every request
    SIMBENCH_SWAP_LOOP,        // the loop device's number + 1; 0 while there is none
    // Written by the server.
    SIMBENCH_SWAP_STATE,   // 0 starting, 1 serving
    SIMBENCH_SWAP_LACKS,   // bits of simbench_swap_lack
    SIMBENCH_SWAP_READ,    // bytes so far
    SIMBENCH_SWAP_WRITTEN, // bytes so far
    SIMBENCH_SWAP_FAILED,  // requests the backing file refused
    SIMBENCH_SWAP_WORDS
};

// Protections that the server could not get.
enum simbench_swap_lack {
    SIMBENCH_SWAP_UNLOCKED = 1,   // its memory may be swapped out: no CAP_IPC_LOCK
    SIMBENCH_SWAP_NO_FLUSHER = 2, // its allocations may wait for swap-out: no CAP_SYS_RESOURCE
    SIMBENCH_SWAP_KILLABLE = 4,   // the OOM killer may choose it: no CAP_SYS_RESOURCE
    SIMBENCH_SWAP_CACHED = 8,     // the backing file takes no direct I/O: what is swapped out stays in the page cache too
};

struct simbench_swap_page {
    uint64_t words[SIMBENCH_SWAP_WORDS];
    char name[SIMBENCH_LOOP_NAME_BYTES]; // the loop device's, so that no one else's is ever touched
};

static inline uint64_t simbench_swap_get(const struct simbench_swap_page *page, enum simbench_swap_word word) {
    return __atomic_load_n(&page->words[word], __ATOMIC_ACQUIRE);
}

static inline void simbench_swap_set(struct simbench_swap_page *page, enum simbench_swap_word word, uint64_t value) {
    __atomic_store_n(&page->words[word], value, __ATOMIC_RELEASE);
}

// Maps a page file made by the starter, shared; NULL when it cannot.
struct simbench_swap_page *simbench_swap_page_map(int file);
void simbench_swap_page_unmap(struct simbench_swap_page *page);

// Descriptors that the server is started with.
enum {
    SIMBENCH_SWAP_FD_CONNECTION = 3, // /dev/fuse, mounted; no other process may hold it, or its end would not be noticed
    SIMBENCH_SWAP_FD_FILE = 4,       // the backing file
    SIMBENCH_SWAP_FD_PAGE = 5,
    SIMBENCH_SWAP_FD_LIFELINE = 6, // a pipe whose other end only the starter holds
};

// Serves until the kernel lets go of the file. Returns 0, or the negated errno of what it could not start without.
int simbench_swap_serve(void);

#endif
