/* Drives media/plane/kernel.c by scripts of bytes, under AddressSanitizer and UBSan: test_kernel.py builds and feeds it.

   Standard input is inputs, each after its length (4 bytes, little endian). An input is a list of steps; whatever it
   says, the kernel must read and write only what is its own, and lose no packet from its counts. */
#include "../../media/plane/kernel.c"

#include <stdio.h>

enum { HANDLES = 8, FANS = 4 };

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
    plane_t *plane = plane_new((uintptr_t)protect, (uintptr_t)answer_send, byte() & 1);
    demand(plane != NULL, "memory");
    while (input.at < input.end) {
        uint8_t step = byte(), which = byte();
        switch (step % 10) {
        case 0:
            handles[which % HANDLES] = plane_open(plane, which);
            break;
        case 1:
            aim(plane, handles[which % HANDLES], which);
            break;
        case 2:
            plane_close(plane, handles[which % HANDLES]);
            break;
        case 3: { /* new targets, once nothing waits for the old ones */
            plane_flush(plane, &counts, 1);
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
            plane_number(plane, handles[which % HANDLES]);
            break;
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
