/* zframe.c - three calls, made again after EINTR. */
#include "dispatcher/shell/zframe.h"

#include <errno.h>

int zframe_send(void *socket, const void *data, size_t size, bool more)
{
    int rc;
    do {
        rc = zmq_send(socket, size > 0 ? data : "", size, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

int zframe_send_message(void *socket, zmq_msg_t *message)
{
    int rc;
    do {
        rc = zmq_msg_send(message, socket, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

int zframe_receive(void *socket, zmq_msg_t *message)
{
    int rc;
    do {
        rc = zmq_msg_recv(message, socket, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}
