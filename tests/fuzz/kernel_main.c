/* Drives the kernel of media/plane by scripts of bytes, under AddressSanitizer and UBSan: test_kernel.py builds and feeds it.

   Standard input is inputs, each after its length (4 bytes, little endian). An input is a list of steps; whatever it
   says, the kernel must read and write only what is its own, and lose no packet from its counts. */
#include "../../media/plane/inside.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { HANDLES = 8, FANS = 4, LANES = 4 };

static struct {
    const uint8_t *at, *end;
} input;

static uint8_t byte(void) { return input.at < input.end ? *input.at++ : 0; }

static uint32_t number(void) {
    uint32_t high = byte();
    return high << 8 | byte();
}

static void demand(bool held, const char *what) {
    if (!held) {
        fprintf(stderr, "the kernel broke a promise: %s\n", what);
        abort();
    }
}

static int protect(void *session, void *packet, int *bytes) {
    uint8_t *at = packet;
    demand(session != NULL, "a session");
    demand(*bytes >= HEADER_BYTES && *bytes <= MOST_PACKET_BYTES, "no more than SRTP takes");
    int trailer = byte() % (MOST_TRAILER_BYTES + 1);
    memset(at + *bytes, 0xAA, (size_t)trailer);
    *bytes += trailer;
    return byte() % 8 == 1;
}

static int unprotect(void *session, void *packet, int *bytes) {
    uint8_t told = byte();
    demand(session != NULL, "a session");
    demand(*bytes >= HEADER_BYTES && *bytes <= MOST_PACKET_BYTES, "a packet");
    if (told < 128) { /* what is cut off must not be looked at again */
        int left = *bytes - told % 24;
        ASAN_POISON_MEMORY_REGION((uint8_t *)packet + (left < 0 ? 0 : left), (size_t)(*bytes - (left < 0 ? 0 : left)));
        *bytes = left;
    }
    return told > 250;
}

static int unprotect_rtcp(void *session, void *packet, int *bytes) {
    demand(session != NULL, "a session");
    demand(*bytes > 8 && *bytes <= MOST_PACKET_BYTES, "a report");
    if (byte() & 1) { /* the trailer of a real one */
        int left = *bytes < 20 ? 0 : *bytes - 20;
        ASAN_POISON_MEMORY_REGION((uint8_t *)packet + left, (size_t)(*bytes - left));
        *bytes = left;
    }
    return byte() > 250;
}

/* What is read next: the very packets of lanes, more or less, and reports of legs. */
static struct {
    plane_t *plane;
    const uint64_t *handles;
    lane_t *lanes[LANES];
    int poll, ready; /* an epoll instance, and what in it can always be read */
} made;

/* Reports, REMB and what else there is, of sizes that are mostly true. */
static uint32_t write_rtcp(uint8_t *data, union address *from) {
    static const uint8_t kinds[] = {201, 206, 202, 207, 205, 200, 203, 206};
    const struct leg *leg = leg_of(made.plane, made.handles[byte() % HANDLES]);
    uint32_t bytes = 0;
    *from = (union address){.v4 = {.sin_family = AF_INET, .sin_port = 9}};
    if (leg != NULL && leg->address_bytes != 0 && byte() < 250)
        *from = leg->address;
    for (uint32_t parts = 1 + byte() % 4; parts > 0; parts--) {
        uint8_t kind = kinds[byte() % 8], count = byte();
        uint32_t blocks = count < 200 ? count % 4 : count % 32, size = kind == 206 ? 20 + 4 * blocks : 8 + 24 * blocks;
        uint8_t wrong = byte();
        data[bytes] = 0x80 | (kind == 206 ? 15 : (uint8_t)blocks);
        data[bytes + 1] = kind;
        data[bytes + 2] = 0;
        data[bytes + 3] = wrong < 240 || wrong > 245 ? (uint8_t)(size / 4 - 1) : wrong;
        for (uint32_t at = 4; at < size; at++)
            data[bytes + at] = at < 24 ? byte() : (uint8_t)at;
        if (kind == 206 && wrong < 230) {
            memcpy(data + bytes + 12, "REMB", 4);
            data[bytes + 16] = (uint8_t)blocks;
        }
        if (wrong > 245)
            data[bytes] = wrong > 250 ? wrong : data[bytes] | 31;
        bytes += size;
        if (bytes > 400)
            break;
    }
    return bytes + 20;
}

static uint32_t write_datagram(uint8_t *data, uint32_t room, union address *from, uint32_t *ahead) {
    uint8_t told = byte();
    if (told >= 192)
        return write_rtcp(data, from);
    uint32_t which = told % LANES;
    const lane_t *lane = made.lanes[which];
    uint32_t bytes = number() % (room + 1), at = 0;
    const struct leg *leg = lane == NULL ? NULL : leg_of(made.plane, lane->leg);
    *from = (union address){.v4 = {.sin_family = AF_INET, .sin_port = 9}};
    if (leg != NULL && leg->address_bytes != 0 && byte() < 240)
        *from = leg->address;
    if (lane != NULL && bytes >= HEADER_BYTES && byte() < 240) {
        uint8_t flags = byte();
        uint16_t sequence = (uint16_t)(lane->sequence + ahead[which]++ + (flags > 240 ? byte() : 0));
        data[0] = flags < 240 ? 0x80 | (flags & 0x10) : flags;
        data[1] = lane->payload_type | (flags & 0x80);
        data[2] = (uint8_t)(sequence >> 8);
        data[3] = (uint8_t)sequence;
        for (at = 4; at < 8; at++)
            data[at] = byte();
        for (; at < HEADER_BYTES; at++)
            data[at] = (uint8_t)(lane->ssrc >> 8 * (11 - at));
    }
    for (uint32_t scripted = at + 40; at < bytes; at++)
        data[at] = at < scripted ? byte() : (uint8_t)at;
    return bytes;
}

static int answer_read(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout) {
    demand(count > 0 && count <= MOST_READ && flags == MSG_DONTWAIT && timeout == NULL, "a call in order");
    uint32_t given = byte() % (count + 1), ahead[LANES] = {0};
    if (given == 0 || fd < 0 || input.at >= input.end) {
        errno = byte() & 1 ? EAGAIN : EBADF;
        return -1;
    }
    for (uint32_t at = 0; at < given; at++) {
        const struct msghdr *message = &messages[at].msg_hdr;
        uint8_t *data = message->msg_iov->iov_base;
        uint32_t room = (uint32_t)message->msg_iov->iov_len;
        ASAN_UNPOISON_MEMORY_REGION(data, room);
        messages[at].msg_len = write_datagram(data, room, message->msg_name, ahead);
        ASAN_POISON_MEMORY_REGION(data + messages[at].msg_len, room - messages[at].msg_len);
    }
    return (int)given;
}

static void tell_lane(lane_t *lane, target_t *fan, uint32_t count) {
    lane->targets = fan;
    lane->count = fan == NULL ? 0 : count;
    lane->sequence = number();
    lane->clock_rate_hz = byte() & 1 ? 90000 : 48000;
    lane->transit_ticks = number() << 16;
    lane->kind = byte() % 6; /* one more than there are */
    lane->payload_type = byte() % 128;
    lane->level_id = byte() % 17;
    lane->number_id = byte() % 17;
    lane->open = 1;
    if (byte() & 1)
        lane->packets = lane->levels = lane->arrivals = 0;
}

static uint64_t due(const lane_t *lane, int64_t since) {
    uint64_t packets = 0;
    for (; since < lane->sequence; since++)
        for (uint32_t at = 0; at < lane->count; at++)
            packets += since >= lane->targets[at].first;
    return packets;
}

/* As plane_receive, by waiting for a socket that is always ready; `which` says whether it is watched at all. */
static void wait_for(counts_t *counts, int fd, uint8_t which, received_t *received) {
    struct epoll_event event = {.events = which & 4 ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.fd = fd}};
    waited_t waited;
    demand(epoll_ctl(made.poll, EPOLL_CTL_MOD, made.ready, &event) == 0, "an epoll instance");
    if (which & 1)
        plane_unwatch(made.plane, fd);
    for (uint32_t times = which & 8 ? MOST_WATCHED + 1 : 1; which & 2 && times > 0; times--)
        plane_watch(made.plane, fd);
    plane_wait(made.plane, counts, made.poll, 0, 1, &waited);
    *received = waited.fd == -1 ? (received_t){0} : waited.received;
    demand(waited.fd == -1 || waited.fd == fd, "the socket that was ready");
    demand(waited.fd == -1 || received->over > 0 || received->failed, "something for Python");
}

static void ask(void) {
    static said_t said[MOST_SAID];
    uint32_t count = plane_said(made.plane, said);
    demand(count <= MOST_SAID, "no more than there is room for");
    for (uint32_t at = 0; at < count; at++)
        demand(said[at].leg != 0 && said[at].at_s > 0 && said[at].bps >= -1, "a report");
}

/* Returns how many packets must have left, or been lost and counted. */
static uint64_t receive(counts_t *counts, int fd, uint32_t most, bool waits) {
    int64_t since[LANES];
    uint64_t packets = 0;
    static volatile uint32_t seen;
    received_t received;
    for (int at = 0; at < LANES; at++)
        since[at] = made.lanes[at] == NULL ? 0 : made.lanes[at]->sequence;
    if (waits)
        wait_for(counts, fd, (uint8_t)most, &received);
    else
        plane_receive(made.plane, counts, fd, most, 1000.5, 1, &received);
    demand((waits || received.read <= most) && received.over <= received.read, "no more than was asked for");
    for (uint32_t at = 0; at < received.over; at++) {
        const datagram_t *over = plane_over(made.plane, at);
        demand(over->bytes <= MOST_DATAGRAM_BYTES && (over->address_bytes == 4 || over->address_bytes == 16),
               "a datagram");
        for (uint32_t each = 0; each < over->bytes; each++)
            seen += over->data[each];
    }
    for (int at = 0; at < MOST_READ; at++)
        ASAN_UNPOISON_MEMORY_REGION(made.plane->came[at].data, MOST_DATAGRAM_BYTES);
    for (int at = 0; at < LANES; at++)
        if (made.lanes[at] != NULL)
            packets += due(made.lanes[at], since[at]);
    return packets;
}

static void look_back(const lane_t *lane, uint32_t back) {
    packet_t packet;
    uint32_t bytes, sum = 0;
    const char *payload = lane_kept(lane, lane->sequence - back, &packet, &bytes);
    for (uint32_t at = 0; payload != NULL && at < bytes; at++)
        sum += (uint8_t)payload[at];
    demand(payload == NULL || (packet.sequence == lane->sequence - back && bytes > 0), "the packet that was asked for");
    (void)sum;
}

static int answer_send(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
    static const int errors[] = {EAGAIN, ENOBUFS, EINVAL, EIO, EMSGSIZE, EPERM, EINTR};
    demand(fd >= 0 && count > 0 && count <= MOST_SLOTS && flags == MSG_DONTWAIT, "a call in order");
    for (unsigned int at = 0; at < count; at++) {
        const struct msghdr *message = &messages[at].msg_hdr;
        size_t whole = 0;
        uint32_t sum = 0;
        demand(message->msg_namelen == sizeof(struct sockaddr_in) || message->msg_namelen == sizeof(struct sockaddr_in6),
               "an address");
        for (size_t part = 0; part < message->msg_iovlen; part++) {
            const uint8_t *bytes = message->msg_iov[part].iov_base;
            for (size_t each = 0; each < message->msg_iov[part].iov_len; each++)
                sum += bytes[each];
            whole += message->msg_iov[part].iov_len;
            demand(message->msg_iov[part].iov_len <= message->msg_iov[0].iov_len, "no segment above the first");
            demand(part + 1 >= message->msg_iovlen ||
                       message->msg_iov[part].iov_len == message->msg_iov[0].iov_len,
                   "only the last segment is shorter");
        }
        demand(whole > 0 && whole <= 65507 && message->msg_iovlen <= 64, "a datagram");
        demand((message->msg_iovlen > 1) == (message->msg_controllen > 0), "cut if many, plain if one");
        (void)sum;
    }
    uint8_t told = byte();
    if (told < 200)
        return told % 4 == 3 ? (int)(1 + told % count) : (int)count;
    errno = errors[told % 7];
    return -1;
}

/* An IPv4 address, one of IPv6, or nothing of the kind. */
static void aim(plane_t *plane, uint64_t handle, uint8_t which) {
    int fd = (int8_t)byte();
    uint32_t host = number();
    char address[16];
    for (size_t at = 0; at < sizeof address; at++)
        address[at] = (char)(host >> (at & 8));
    uint32_t bytes = which < 128 ? 4 : which < 248 ? 16 : which;
    plane_aim(plane, handle, fd, address, bytes, (uint16_t)number());
}

static void run(void) {
    uint64_t handles[HANDLES] = {0};
    target_t *fans[FANS] = {NULL};
    uint32_t sizes[FANS] = {0};
    uint64_t expected = 0;
    counts_t counts = {0};
    plane_t *plane = plane_new((uintptr_t)protect, (uintptr_t)unprotect, (uintptr_t)unprotect_rtcp, (uintptr_t)answer_send,
                               (uintptr_t)answer_read, byte() & 1);
    made.plane = plane;
    made.handles = handles;
    memset(made.lanes, 0, sizeof made.lanes);
    demand(plane != NULL, "memory");
    while (input.at < input.end) {
        uint8_t step = byte(), which = byte();
        switch (step % 16) {
        case 0:
            handles[which % HANDLES] = plane_open(plane, which, which & 15);
            break;
        case 1:
            aim(plane, handles[which % HANDLES], which);
            break;
        case 2:
            plane_close(plane, handles[which % HANDLES]);
            break;
        case 3: { /* new targets, once nothing waits for the old ones */
            plane_flush(plane, &counts, 1);
            for (int at = 0; at < LANES; at++)
                if (made.lanes[at] != NULL && made.lanes[at]->targets == fans[which % FANS]) {
                    made.lanes[at]->open = 0;
                    made.lanes[at]->targets = NULL;
                    made.lanes[at]->count = 0;
                }
            free(fans[which % FANS]);
            uint32_t size = sizes[which % FANS] = byte() % 40;
            target_t *fan = fans[which % FANS] = calloc(size + 1, sizeof *fan);
            demand(fan != NULL, "memory");
            for (uint32_t at = 0; at < size; at++) {
                uint8_t *raw = (uint8_t *)&fan[at];
                for (size_t each = 0; each < 24 + 16; each++)
                    raw[each] = byte();
                uint8_t whose = byte();
                if (whose < 240)
                    fan[at].handle = handles[whose % HANDLES];
                if (whose & 1)
                    fan[at].first = fan[at].first % 256;
            }
            break;
        }
        case 4: {
            packet_t packet;
            for (size_t each = 0; each < sizeof packet; each++)
                ((uint8_t *)&packet)[each] = byte();
            if (which & 128)
                packet.sequence &= 0xFF;
            uint32_t bytes = number() % 1600;
            char *payload = malloc(bytes + 1);
            demand(payload != NULL, "memory");
            memset(payload, which, bytes);
            target_t *fan = fans[which % FANS];
            int pushed = fan == NULL ? 0 : plane_push(plane, fan, sizes[which % FANS], &packet, payload, bytes);
            free(payload);
            demand(pushed >= 0 || bytes > MOST_PAYLOAD_BYTES, "room for what fits");
            for (uint32_t at = 0; fan != NULL && pushed >= 0 && at < sizes[which % FANS]; at++)
                expected += packet.sequence >= fan[at].first;
            if (pushed == 1)
                plane_flush(plane, &counts, 1);
            break;
        }
        case 7: {
            int64_t taken = plane_take_number(plane, handles[which % HANDLES], number(), byte());
            demand(taken >= -1 && taken <= UINT32_MAX, "a number or none");
            break;
        }
        case 8: {
            left_t left[MOST_REMEMBERED];
            uint32_t found = plane_left(plane, handles[which % HANDLES], (uint16_t)number(), number(), left);
            demand(found <= MOST_REMEMBERED, "no more than is remembered");
            for (uint32_t at = 0; at < found; at++)
                demand(left[at].bytes != 0 && (at == 0 || left[at].number > left[at - 1].number), "in order");
            break;
        }
        case 9:
            if (which & 8)
                plane_hear(plane, handles[which % HANDLES]);
            else
                plane_number(plane, handles[which % HANDLES]);
            break;
        case 10:
            if (made.lanes[which % LANES] == NULL)
                made.lanes[which % LANES] = plane_lane(plane, handles[byte() % HANDLES], which >> 6);
            break;
        case 11:
            if (made.lanes[which % LANES] != NULL)
                tell_lane(made.lanes[which % LANES], fans[(which >> 4) % FANS], sizes[(which >> 4) % FANS]);
            break;
        case 5:
        case 12: {
            const struct leg *leg = leg_of(plane, handles[which % HANDLES]);
            expected += receive(&counts, leg == NULL ? (int8_t)which : leg->fd, 1 + byte() % 70, step % 16 == 5);
            break;
        }
        case 13:
            if (which < 32 && made.lanes[which % LANES] != NULL) {
                plane_close_lane(plane, made.lanes[which % LANES]);
                made.lanes[which % LANES] = NULL;
            } else if (made.lanes[which % LANES] != NULL) {
                look_back(made.lanes[which % LANES], number() % 1100);
            }
            break;
        case 14:
            plane_allow(plane, handles[which % HANDLES], number(), number() << 8);
            break;
        case 15: {
            intake_t intake = {0};
            plane_intake(plane, handles[which % HANDLES], &intake);
            if (which & 8)
                ask();
            demand(plane_heard(plane, handles[which % HANDLES]) >= 0, "a time");
            break;
        }
        default:
            plane_flush(plane, &counts, 0);
        }
    }
    plane_flush(plane, &counts, 1);
    demand(counts.sent + counts.unproved + counts.send_full + counts.send_failed + counts.srtp_send +
                   counts.leg_gone == expected,
           "every packet is counted once");
    for (int fan = 0; fan < FANS; fan++)
        free(fans[fan]);
    plane_free(plane);
}

int main(void) {
    uint8_t head[4];
    unsigned long done = 0;
    struct epoll_event event = {0};
    made.poll = epoll_create1(0);
    made.ready = eventfd(1, 0);
    demand(epoll_ctl(made.poll, EPOLL_CTL_ADD, made.ready, &event) == 0, "an epoll instance");
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t bytes = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
        uint8_t *data = malloc(bytes + 1);
        demand(data != NULL && fread(data, 1, bytes, stdin) == bytes, "a whole input");
        input.at = data;
        input.end = data + bytes;
        fprintf(stderr, "\r%lu ", done);
        run();
        free(data);
        done++;
    }
    printf("%lu\n", done);
    return 0;
}
