// The FUSE protocol for a file system that consists of one file: bytes in, bytes out, no I/O.
// The kernel's side and the meaning of every field: linux/fuse.h, Documentation/filesystems/fuse.
#include "cswap.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/stat.h>

// What we speak: old enough for every kernel that has mounts without a mount point, and nothing newer is needed.
#define MINOR_SPOKEN 31
// Since this one the answer to INIT has its present length.
#define MINOR_LEAST 23
// Requests under way in the kernel at once; as many as the server has buffers for.
#define BACKGROUND_MAX 32
// Attributes never change: the kernel need not ask twice.
#define VALID_SECONDS 0xFFFFFFFFu

_Static_assert(
    SIMBENCH_FUSE_HEAD_BYTES == sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in), "data comes after the head");
_Static_assert(
    SIMBENCH_FUSE_ANSWER_BYTES >= sizeof(struct fuse_out_header) + sizeof(struct fuse_attr_out), "the longest answer fits");

static uint32_t finish(void *answer, uint64_t unique, int error, size_t body) {
    struct fuse_out_header *header = answer;
    header->len = (uint32_t)(sizeof *header + body);
    header->error = error;
    header->unique = unique;
    return header->len;
}

static int answer_init(const struct fuse_init_in *in, struct fuse_init_out *out) {
    // Only the first 16 bytes are read: that is all old kernels send.
    if (in->major < 7 || (in->major == 7 && in->minor < MINOR_LEAST)) return -EPROTO;
    out->major = 7;
    out->minor = in->major == 7 && in->minor < MINOR_SPOKEN ? in->minor : MINOR_SPOKEN;
    out->flags = in->flags & (FUSE_BIG_WRITES | FUSE_ASYNC_DIO);
    out->max_background = BACKGROUND_MAX;
    out->congestion_threshold = BACKGROUND_MAX;
    out->max_write = SIMBENCH_FUSE_DATA_BYTES;
    out->time_gran = 1;
    return 0;
}

static void answer_attributes(uint64_t file_bytes, struct fuse_attr_out *out) {
    out->attr_valid = VALID_SECONDS;
    out->attr.ino = FUSE_ROOT_ID;
    out->attr.size = file_bytes;
    out->attr.blocks = file_bytes / 512;
    out->attr.mode = S_IFREG | 0600;
    out->attr.nlink = 1;
    out->attr.blksize = 4096;
}

static void answer_space(uint64_t file_bytes, struct fuse_statfs_out *out) {
    out->st.blocks = file_bytes / 4096;
    out->st.bsize = 4096;
    out->st.frsize = 4096;
    out->st.namelen = 255;
}

// A read or a write that lies within the file and a buffer; otherwise it is answered with an error at once.
static void take_data(
    struct simbench_fuse_request *request, int step, uint64_t offset, uint32_t bytes, uint64_t file_bytes, void *answer) {
    if (bytes > SIMBENCH_FUSE_DATA_BYTES || offset > file_bytes || bytes > file_bytes - offset) {
        request->answer_bytes = finish(answer, request->unique, -EINVAL, 0);
        return;
    }
    request->step = step;
    request->offset = offset;
    request->bytes = bytes;
}

void simbench_fuse_take(
    const void *head, size_t bytes, uint64_t file_bytes, void *answer, struct simbench_fuse_request *request) {
    const struct fuse_in_header *header = head;
    const char *in = (const char *)head + sizeof *header;
    char *out = (char *)answer + sizeof(struct fuse_out_header);
    memset(request, 0, sizeof *request);
    memset(answer, 0, SIMBENCH_FUSE_ANSWER_BYTES);
    if (bytes < sizeof *header) return;
    request->unique = header->unique;
    request->step = SIMBENCH_FUSE_ANSWER;
    int error = 0;
    size_t body = 0;
    switch (header->opcode) {
    case FUSE_INIT:
        error = answer_init((const struct fuse_init_in *)in, (struct fuse_init_out *)out);
        body = sizeof(struct fuse_init_out);
        break;
    case FUSE_GETATTR:
        answer_attributes(file_bytes, (struct fuse_attr_out *)out);
        body = sizeof(struct fuse_attr_out);
        break;
    case FUSE_STATFS:
        answer_space(file_bytes, (struct fuse_statfs_out *)out);
        body = sizeof(struct fuse_statfs_out);
        break;
    case FUSE_OPEN:
        // No page cache between the loop device and this server: what is swapped out must leave memory.
        ((struct fuse_open_out *)out)->open_flags = FOPEN_DIRECT_IO;
        body = sizeof(struct fuse_open_out);
        break;
    case FUSE_READ: {
        const struct fuse_read_in *read = (const struct fuse_read_in *)in;
        take_data(request, SIMBENCH_FUSE_READ, read->offset, read->size, file_bytes, answer);
        return;
    }
    case FUSE_WRITE: {
        const struct fuse_write_in *write = (const struct fuse_write_in *)in;
        if (bytes - SIMBENCH_FUSE_HEAD_BYTES != write->size) error = -EINVAL;
        else take_data(request, SIMBENCH_FUSE_WRITE, write->offset, write->size, file_bytes, answer);
        if (error == 0) return;
        break;
    }
    case FUSE_FSYNC:   // a swap area that outlives its machine is worth nothing
    case FUSE_RELEASE:
    case FUSE_DESTROY: break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: request->step = SIMBENCH_FUSE_NOTHING; return;
    default: error = -ENOSYS; break; // the kernel does without, and mostly does not ask again
    }
    request->answer_bytes = finish(answer, request->unique, error, error == 0 ? body : 0);
}

// The data follows the header, and counts in its length.
uint32_t simbench_fuse_end_read(const struct simbench_fuse_request *request, int64_t result, void *answer) {
    finish(answer, request->unique, result < 0 ? (int)result : 0, result < 0 ? 0 : (size_t)result);
    return sizeof(struct fuse_out_header);
}

uint32_t simbench_fuse_end_write(const struct simbench_fuse_request *request, int64_t result, void *answer) {
    struct fuse_write_out *out = (struct fuse_write_out *)((char *)answer + sizeof(struct fuse_out_header));
    memset(out, 0, sizeof *out);
    if (result < 0) return finish(answer, request->unique, (int)result, 0);
    out->size = (uint32_t)result;
    return finish(answer, request->unique, 0, sizeof *out);
}
