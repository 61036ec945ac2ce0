/* accepted.c - apart from others for the kernel's own header: glibc's struct tcp_info is older. */
#include "dispatcher/shell/accepted.h"

#include <linux/in.h>
#include <linux/tcp.h>
#include <sys/socket.h>

bool accepted_lives(int descriptor)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    return descriptor >= 0 && getpeername(descriptor, (struct sockaddr *)&peer, &size) == 0;
}

void accepted_cut(int descriptor)
{
    if (accepted_lives(descriptor)) {
        shutdown(descriptor, SHUT_RDWR);
    }
}

uint64_t accepted_said(int descriptor)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}
