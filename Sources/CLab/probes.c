// Questions that only trying can answer: may this user make namespaces and links, does io_uring work.
#include "clab.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const stages[] = {
    "ask in a child process", "make a user namespace", "map the user into it", "make a network namespace",
    "open a netlink socket",  "make a veth pair",
};
enum { STAGE_CHILD, STAGE_USER, STAGE_MAP, STAGE_NETWORK, STAGE_NETLINK, STAGE_VETH };

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t length = (ssize_t)strlen(text), written = write(fd, text, (size_t)length);
    int error = written == length ? 0 : written < 0 ? errno : EIO;
    close(fd);
    return -error;
}

static int enter_user_namespace(int *stage) {
    char map[64];
    unsigned uid = geteuid(), gid = getegid();
    *stage = STAGE_USER;
    if (unshare(CLONE_NEWUSER) < 0) return -errno;
    *stage = STAGE_MAP;
    int result = write_file("/proc/self/setgroups", "deny");
    if (result < 0 && result != -ENOENT) return result;
    snprintf(map, sizeof map, "0 %u 1\n", uid);
    if ((result = write_file("/proc/self/uid_map", map)) < 0) return result;
    snprintf(map, sizeof map, "0 %u 1\n", gid);
    return write_file("/proc/self/gid_map", map);
}

int simbench_enter_user_namespace(const char **stage) {
    int at = STAGE_USER, result = enter_user_namespace(&at);
    *stage = stages[at];
    return result;
}

struct veth_message {
    struct nlmsghdr header;
    struct ifinfomsg info;
    struct rtattr link_info;
    struct rtattr kind;
    char kind_name[8];
};

static int make_veth(int *stage) {
    *stage = STAGE_NETLINK;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    *stage = STAGE_VETH;
    struct veth_message message = {0};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_NEWLINK;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    message.link_info.rta_type = IFLA_LINKINFO;
    message.link_info.rta_len = sizeof message.link_info + sizeof message.kind + sizeof message.kind_name;
    message.kind.rta_type = IFLA_INFO_KIND;
    message.kind.rta_len = sizeof message.kind + 5;
    memcpy(message.kind_name, "veth", 5);
    if (send(fd, &message, sizeof message, 0) < 0) return -errno;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[512];
    } answer;
    ssize_t bytes = recv(fd, &answer, sizeof answer, 0);
    if (bytes < 0) return -errno;
    return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

struct verdict {
    int stage, result;
};

static struct verdict try_all(bool with_user_namespace) {
    struct verdict verdict = {STAGE_USER, 0};
    if (with_user_namespace && (verdict.result = enter_user_namespace(&verdict.stage)) < 0) return verdict;
    verdict.stage = STAGE_NETWORK;
    if (unshare(CLONE_NEWNET) < 0) verdict.result = -errno;
    else verdict.result = make_veth(&verdict.stage);
    return verdict;
}

// The child makes only system calls, so a fork is safe even where other threads exist.
int simbench_try_namespaces(bool with_user_namespace, const char **stage) {
    *stage = stages[STAGE_CHILD];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    pid_t child = fork();
    if (child == 0) {
        struct verdict verdict = try_all(with_user_namespace);
        _exit(write(ends[1], &verdict, sizeof verdict) == sizeof verdict ? 0 : 1);
    }
    int error = errno;
    close(ends[1]);
    struct verdict verdict = {STAGE_CHILD, -EIO};
    if (child < 0) verdict.result = -error;
    else if (read(ends[0], &verdict, sizeof verdict) != sizeof verdict) verdict.result = -EIO;
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    *stage = stages[verdict.stage];
    return verdict.result;
}

int simbench_try_ring(uint32_t setup_flags) {
    struct io_uring_params parameters = {.flags = setup_flags};
    long fd = syscall(SYS_io_uring_setup, 2, &parameters);
    if (fd < 0) return -errno;
    close((int)fd);
    return 0;
}
