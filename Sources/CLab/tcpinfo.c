// What one TCP connection has carried, from the kernel's own count.
#include "clab.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

int simbench_tcp_bytes(int fd, uint64_t *acknowledged, uint64_t *received) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return -errno;
    if (length < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return -ENOSYS;
    *acknowledged = info.tcpi_bytes_acked;
    *received = info.tcpi_bytes_received;
    return 0;
}
