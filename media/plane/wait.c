/* Sleeping until there is something for Python: what lanes take from watched sockets meanwhile wakes nobody up there.

   It stands where the event loop of the process sleeps (media/plane/selector.py), and sleeps on that loop's own epoll
   instance, so that timers, other descriptors and other threads end it as ever. */
#include "inside.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>

enum {
    MOST_READY = 16,
    MOST_IN_A_ROW = 128, /* datagrams of one socket before others get their turn; media.peer.mux.BATCH */
};

int plane_watch(plane_t *plane, int fd) {
    if (plane->watched == MOST_WATCHED)
        return -1;
    plane->watch[plane->watched++] = fd;
    return 0;
}

void plane_unwatch(plane_t *plane, int fd) {
    for (uint32_t at = 0; at < plane->watched; at++)
        if (plane->watch[at] == fd) {
            plane->watch[at] = plane->watch[--plane->watched];
            return;
        }
}

static bool is_watched(const struct plane *plane, const struct epoll_event *event) {
    for (uint32_t at = 0; at < plane->watched; at++)
        if (plane->watch[at] == event->data.fd)
            return event->events == EPOLLIN;
    return false;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Rounded up, as Python's own selectors do: who wakes up too early only sleeps again. */
static int left_ms(int64_t until_ns) {
    int64_t ms = (until_ns - now_ns() + 999999) / 1000000;
    return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Read what came to watched sockets. Whether that was all, and Python need not know of it. */
static bool pass_all(struct plane *plane, counts_t *counts, const struct epoll_event *ready, int count,
                     int64_t ahead_ns, waited_t *waited) {
    for (int at = 0; at < count; at++) {
        if (!is_watched(plane, &ready[at])) {
            waited->others = 1;
            continue;
        }
        int fd = ready[at].data.fd;
        uint64_t before = all_dropped(counts);
        int64_t now = now_ns();
        plane_receive(plane, counts, fd, MOST_IN_A_ROW, (double)now / 1e9, now + ahead_ns, &waited->received);
        waited->dropped |= all_dropped(counts) != before;
        if (waited->received.over > 0 || waited->received.failed) {
            waited->fd = fd;
            waited->others |= at + 1 < count;
            return false;
        }
    }
    return !waited->others;
}

void plane_wait(plane_t *plane, counts_t *counts, int poll, int timeout_ms, int64_t ahead_ns, waited_t *waited) {
    struct epoll_event ready[MOST_READY];
    int64_t until_ns = now_ns() + (int64_t)timeout_ms * 1000000;
    *waited = (waited_t){.fd = -1};
    for (int ms = timeout_ms;; ms = timeout_ms < 0 ? -1 : left_ms(until_ns)) {
        int count = epoll_wait(poll, ready, MOST_READY, ms);
        if (count < 0) {
            waited->others = errno != EINTR; /* Python asks and hears it too; after a signal it only looks about */
            return;
        }
        if (!pass_all(plane, counts, ready, count, ahead_ns, waited) || count == 0 || ms == 0)
            return;
    }
}
