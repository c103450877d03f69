// Swap areas, loop devices and a FUSE mount without a mount point: what swapon, losetup and mount do, without a process
// for each and without names that outlive their user.
#include "cswap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

// The same numbers on every architecture; glibc has names for them only since 2.36.
#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#define KILLED_WAIT_MILLISECONDS 5000

int simbench_file_system(const char *path, uint64_t *type, uint64_t *free_bytes) {
    struct statfs system;
    if (statfs(path, &system) < 0) return -errno;
    *type = (uint32_t)system.f_type; // sign-extended on some architectures
    *free_bytes = (uint64_t)system.f_bavail * (uint64_t)system.f_frsize;
    return 0;
}

int simbench_swap_file(const char *path, uint64_t bytes, const char **stage) {
    *stage = "make the file";
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    // Only btrfs and its like know the flag, and only while the file is empty.
    int flags;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_NOCOW_FL;
        ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    *stage = "reserve its space";
    int result;
    do result = fallocate(fd, 0, 0, (off_t)bytes);
    while (result < 0 && errno == EINTR);
    if (result == 0) return fd;
    int error = errno;
    close(fd);
    unlink(path);
    return -error;
}

int simbench_swap_on(const char *path, int priority) {
    if (priority > SWAP_FLAG_PRIO_MASK) priority = SWAP_FLAG_PRIO_MASK;
    return swapon(path, SWAP_FLAG_PREFER | priority) < 0 ? -errno : 0;
}

// Ends a child that may be deep in the kernel; it is left behind when even that takes too long.
static int end_child(pid_t child) {
    kill(child, SIGKILL);
    for (int waited = 0; waited < KILLED_WAIT_MILLISECONDS; waited += 10) {
        if (waitpid(child, NULL, WNOHANG) != 0) break;
        usleep(10000);
    }
    return -ETIMEDOUT;
}

// The child makes only system calls, so a fork is safe even where other threads exist.
int simbench_swap_off(const char *path, int timeout_milliseconds) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    pid_t child = fork();
    if (child == 0) {
        int error = swapoff(path) < 0 ? errno : 0;
        _exit(write(ends[1], &error, sizeof error) == sizeof error ? 0 : 1);
    }
    int error = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -error;
    }
    struct pollfd entry = {.fd = ends[0], .events = POLLIN};
    int ready;
    do ready = poll(&entry, 1, timeout_milliseconds);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        close(ends[0]);
        return end_child(child);
    }
    if (read(ends[0], &error, sizeof error) != sizeof error) error = EINTR; // killed
    close(ends[0]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return -error;
}

int simbench_pipe(int32_t *read_end, int32_t *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

// ---- loop devices ---------------------------------------------------------------------------------------------------

int simbench_loop_free(void) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -errno;
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    int error = errno;
    close(control);
    return number < 0 ? -error : number;
}

int simbench_loop_attach(const char *device, int file, const char *name) {
    int fd = open(device, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    struct loop_config config = {.fd = (uint32_t)file, .block_size = 4096};
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
    strncpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE - 1);
    if (ioctl(fd, LOOP_CONFIGURE, &config) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

int simbench_loop_is(const char *device, const char *name) {
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    struct loop_info64 info = {0};
    int result = ioctl(fd, LOOP_GET_STATUS64, &info);
    close(fd);
    return result == 0 && strncmp((const char *)info.lo_file_name, name, LO_NAME_SIZE - 1) == 0;
}

int simbench_loop_detach(const char *device) {
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int error = ioctl(fd, LOOP_CLR_FD) < 0 ? errno : 0;
    close(fd);
    return -error;
}

// ---- FUSE -----------------------------------------------------------------------------------------------------------

int simbench_fuse_try(void) {
    long context = syscall(SYS_fsopen, "fuse", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    close((int)context);
    return 0;
}

static int set_option(int context, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0);
}

int simbench_fuse_mount(int connection) {
    int context = (int)syscall(SYS_fsopen, "fuse", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    char number[16], most[16];
    snprintf(number, sizeof number, "%d", connection);
    snprintf(most, sizeof most, "%d", SIMBENCH_FUSE_DATA_BYTES);
    int mount = -1;
    // A root that is a regular file: there is nothing else in this file system.
    if (set_option(context, "source", "simbench-swap") == 0 && set_option(context, "fd", number) == 0
        && set_option(context, "rootmode", "100000") == 0 && set_option(context, "user_id", "0") == 0
        && set_option(context, "group_id", "0") == 0 && set_option(context, "max_read", most) == 0
        && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int error = errno;
    close(context);
    return mount < 0 ? -error : mount;
}

int simbench_fuse_open(int mount) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", mount);
    int fd;
    do fd = open(path, O_RDWR | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    // Asks for the size: a loop device on older kernels (6.1) takes what is known, and that is 0 until someone has asked.
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd < 0 ? -errno : fd;
}

// ---- the page shared with the server --------------------------------------------------------------------------------

struct simbench_swap_page *simbench_swap_page_map(int file) {
    void *page = mmap(NULL, sizeof(struct simbench_swap_page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return page == MAP_FAILED ? NULL : page;
}

void simbench_swap_page_unmap(struct simbench_swap_page *page) { munmap(page, sizeof *page); }
