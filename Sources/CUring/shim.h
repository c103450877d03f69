// liburing for Swift: the header itself, and inline forms of what the importer leaves out.
#ifndef SIMBENCH_CURING_H
#define SIMBENCH_CURING_H
// glibc's features before all else: liburing.h defines _GNU_SOURCE, which would give this module another fd_set than
// Swift's Glibc module has, and a first build in a clean tree fails on the difference.
#include <features.h>
// The kernel's header first: its include guard then keeps liburing's own copy of the same structs out,
// so that this module and others that name `struct io_uring_sqe` agree on one definition.
#include <linux/io_uring.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000 // glibc shows it under _GNU_SOURCE only
#endif
// Constants that older kernel headers lack; the kernel refuses with EINVAL what it does not know.
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_RECVSEND_POLL_FIRST
#define IORING_RECVSEND_POLL_FIRST (1U << 0)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
enum { SIMBENCH_OP_FIXED_FD_INSTALL = 54, SIMBENCH_OP_URING_CMD = 46, SIMBENCH_SOCKET_SETSOCKOPT = 3 };

// Sets up a ring for one thread: DEFER_TASKRUN (6.1), else COOP_TASKRUN (5.19). 0 or the negated errno.
static inline int simbench_ring_init(struct io_uring *ring, unsigned entries, unsigned completions) {
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = completions};
    int error = io_uring_queue_init_params(entries, ring, &p);
    if (error == -EINVAL) {
        p = (struct io_uring_params){.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = completions};
        error = io_uring_queue_init_params(entries, ring, &p);
    }
    return error;
}

// The next submission entry, zeroed but for its token; NULL when the queue is full.
static inline struct io_uring_sqe *simbench_sqe(struct io_uring *ring) { return io_uring_get_sqe(ring); }

// Takes one completion off the queue.
static inline bool simbench_ring_next(struct io_uring *ring, uint64_t *token, int32_t *result, uint32_t *flags) {
    unsigned head = *ring->cq.khead;
    if (head == io_uring_smp_load_acquire(ring->cq.ktail)) return false;
    const struct io_uring_cqe *cqe = &ring->cq.cqes[head & *ring->cq.kring_mask];
    *token = cqe->user_data;
    *result = cqe->res;
    *flags = cqe->flags;
    io_uring_smp_store_release(ring->cq.khead, head + 1);
    return true;
}

static inline void simbench_prep_accept(struct io_uring_sqe *sqe, int listener, uint64_t token) {
    io_uring_prep_multishot_accept_direct(sqe, listener, NULL, NULL, 0);
    io_uring_sqe_set_data64(sqe, token);
}

// The steps of a connection attempt: each is linked to the next, and only the last one reports success.
static inline void simbench_prep_socket(struct io_uring_sqe *sqe, uint32_t slot, uint64_t token) {
    io_uring_prep_socket_direct(sqe, AF_INET, SOCK_STREAM, 0, slot, 0);
    sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, token);
}

// setsockopt through the ring (Linux 6.7). The value must stay where it is until the operation ran.
static inline void simbench_prep_setsockopt(
    struct io_uring_sqe *sqe, uint32_t slot, int level, int name, const void *value, int bytes, uint64_t token) {
    io_uring_prep_rw(SIMBENCH_OP_URING_CMD, sqe, (int)slot, NULL, 0, SIMBENCH_SOCKET_SETSOCKOPT);
    // The layout of a socket command: level and name where `addr` lies, length beside the file index, value in addr3.
    sqe->addr = (uint64_t)(uint32_t)level | (uint64_t)(uint32_t)name << 32;
    ((uint32_t *)sqe)[11] = (uint32_t)bytes;
    ((uint64_t *)sqe)[6] = (uint64_t)(uintptr_t)value;
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, token);
}

static inline void simbench_prep_connect(
    struct io_uring_sqe *sqe, uint32_t slot, const struct sockaddr_in *to, uint64_t token) {
    io_uring_prep_connect(sqe, (int)slot, (const struct sockaddr *)to, sizeof *to);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

static inline void simbench_prep_watch(struct io_uring_sqe *sqe, uint32_t slot, uint64_t token) {
    io_uring_prep_poll_add(sqe, (int)slot, POLLIN | POLLRDHUP);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

// Shares `entries` places for buffers with the kernel, as group `group`. 0 or the negated errno (Linux 5.19).
static inline int simbench_share_buffers(struct io_uring *ring, void *places, unsigned entries, unsigned group) {
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t)(uintptr_t)places, .ring_entries = entries, .bgid = (uint16_t)group};
    io_uring_buf_ring_init((struct io_uring_buf_ring *)places);
    return io_uring_register_buf_ring(ring, &reg, 0);
}

static inline void simbench_give_buffer(void *places, unsigned entries, void *buffer, unsigned bytes, uint16_t number) {
    struct io_uring_buf_ring *shared = (struct io_uring_buf_ring *)places;
    io_uring_buf_ring_add(shared, buffer, bytes, number, io_uring_buf_ring_mask(entries), 0);
    io_uring_buf_ring_advance(shared, 1);
}

// A receive that names a group instead of a buffer, and waits before it tries: nothing is there yet.
static inline void simbench_prep_receive_at_rest(struct io_uring_sqe *sqe, uint32_t slot, unsigned group, uint64_t token) {
    io_uring_prep_recv(sqe, (int)slot, NULL, 0, 0);
    sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = (uint16_t)group;
    io_uring_sqe_set_data64(sqe, token);
}

// Whether a completion names a buffer of a group, and which.
static inline bool simbench_names_buffer(uint32_t flags) { return flags & IORING_CQE_F_BUFFER; }
static inline uint32_t simbench_buffer_named(uint32_t flags) { return flags >> IORING_CQE_BUFFER_SHIFT; }

static inline void simbench_prep_bell(struct io_uring_sqe *sqe, int descriptor, uint64_t token) {
    io_uring_prep_poll_multishot(sqe, descriptor, POLLIN);
    io_uring_sqe_set_data64(sqe, token);
}

static inline void simbench_prep_receive(
    struct io_uring_sqe *sqe, uint32_t slot, void *buffer, size_t capacity, bool waits, uint64_t token) {
    io_uring_prep_recv(sqe, (int)slot, buffer, capacity, waits ? 0 : MSG_DONTWAIT);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

// MSG_WAITALL: the kernel goes on until the whole message is taken, so that no part comes back.
static inline void simbench_prep_send(
    struct io_uring_sqe *sqe, uint32_t slot, const void *buffer, size_t count, uint64_t token) {
    io_uring_prep_send(sqe, (int)slot, buffer, count, MSG_NOSIGNAL | MSG_WAITALL);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

// connect to AF_UNSPEC: TCP drops the connection with a reset, the socket stays.
static inline void simbench_prep_disconnect(struct io_uring_sqe *sqe, uint32_t slot, const struct sockaddr *nowhere, uint64_t token) {
    io_uring_prep_connect(sqe, (int)slot, nowhere, sizeof *nowhere);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, token);
}

// The kernel hands this to a thread of its own in any case (REQ_F_FORCE_ASYNC): it is for the few that close in order.
// It always reports: the slot's close waits for it.
static inline void simbench_prep_shutdown(struct io_uring_sqe *sqe, uint32_t slot, uint64_t token) {
    io_uring_prep_shutdown(sqe, (int)slot, SHUT_WR);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

// Gives a direct descriptor an ordinary one beside it (Linux 6.8): at once, by no thread of the kernel's.
static inline void simbench_prep_install(struct io_uring_sqe *sqe, uint32_t slot, uint64_t token) {
    io_uring_prep_rw(SIMBENCH_OP_FIXED_FD_INSTALL, sqe, (int)slot, NULL, 0, 0);
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, token);
}

static inline void simbench_prep_close(struct io_uring_sqe *sqe, uint32_t slot, uint64_t token) {
    io_uring_prep_close_direct(sqe, slot);
    io_uring_sqe_set_data64(sqe, token);
}

// Ends the operation that carries `victim`; only a failure reports.
static inline void simbench_prep_cancel(struct io_uring_sqe *sqe, uint64_t victim, uint64_t token) {
    io_uring_prep_cancel64(sqe, victim, 0);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, token);
}

#endif
