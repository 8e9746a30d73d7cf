/* What the parts of the kernel share: kernel.c (legs, numbers, sending), lane.c (a publication's stream and its history),
   receive.c (what comes in), report.c (what receivers say), wait.c (until something comes), rtp.c (reading a packet). */
#ifndef PASSLINE_INSIDE_H
#define PASSLINE_INSIDE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "kernel.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    HEADER_BYTES = 12,
    MOST_PACKET_BYTES = 1500, /* media.peer.rates.MAX_DATAGRAM_BYTES, before SRTP adds its tag */
    MOST_TRAILER_BYTES = 148, /* SRTP_MAX_TRAILER_LEN and the SRTCP index */
    SLOT_BYTES = 1664,        /* a multiple of a cache line that holds both */
    MOST_SEGMENTS = 32,       /* UDP_MAX_SEGMENTS was 64 at first */
    MOST_SLOTS = 128,         /* packets per system call: 208 KiB stay in the second level cache */
    LANE_ROWS = 256,
    LEG_ROWS = 1024,
    MOST_SAID_BY_ONE = 25, /* reports in SAID_S, each datagram one at least: media.peer.rates.REPORTS_PER_S */
};
#define SAID_S 0.05
_Static_assert(SLOT_BYTES >= MOST_PACKET_BYTES + MOST_TRAILER_BYTES, "a protected packet fits its slot");
_Static_assert(MOST_SEGMENTS * SLOT_BYTES < 65507, "as many packets fit one datagram before it is cut");
_Static_assert(MOST_PACKET_BYTES < MOST_DATAGRAM_BYTES, "one that is too long is seen to be");

typedef int (*crypt_fn)(void *session, void *packet, int *bytes);
typedef int (*send_fn)(int fd, struct mmsghdr *messages, unsigned int count, int flags);
typedef int (*read_fn)(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);

/* The numbers of one leg, and what had the last MOST_REMEMBERED of them: a ring by the low bits of the number. */
struct numbering {
    uint32_t next;
    left_t ring[MOST_REMEMBERED];
};

union address {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct leg {
    void *session; /* NULL: free */
    void *reading; /* of what comes from it; NULL: Python decrypts that */
    struct numbering *numbering; /* NULL: packets have no transport-wide numbers */
    uint32_t generation;
    uint32_t next_free; /* index + 1 */
    uint32_t next_near; /* in its row; likewise */
    int fd;
    bool gso; /* until the way to this address refuses it */
    socklen_t address_bytes;
    union address address;
    intake_t intake;
    bool heard;        /* what it reports may wait until Python asks */
    double said_since; /* monotonic s: when its SAID_S began */
    uint32_t said;     /* so much in them, of MOST_SAID_BY_ONE */
};

struct queued {
    const target_t *targets;
    uint32_t count;
    uint32_t bytes;
    bool done;
    packet_t packet;
    const uint8_t *payload; /* in `copy`, or in the history of a lane */
    uint8_t copy[MOST_PAYLOAD_BYTES];
};

struct message {
    struct leg *leg;
    uint32_t segment_bytes; /* of every packet in it but the last, which may be shorter */
    bool whole;             /* a shorter one closed it */
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
};

/* A packet that may be asked for again. */
struct kept {
    packet_t packet;
    uint32_t bytes;
    uint8_t payload[];
};

struct lane {
    lane_t told; /* at the beginning, so that Python's pointer is ours */
    struct lane *next; /* in its row */
    struct kept *ring[MOST_KEPT];
};

struct plane {
    crypt_fn protect, unprotect, unprotect_rtcp;
    send_fn send;
    read_fn read;
    bool gso;
    struct leg *legs;
    uint32_t legs_used, legs_held, free_leg;
    counts_t *counts; /* of the running flush */
    int64_t now_ns;   /* likewise */
    int fd;           /* of the messages waiting */
    uint32_t queued, slots, messages;
    uint32_t watched;
    int watch[MOST_WATCHED]; /* sockets that plane_wait reads */
    uint64_t lanes_made;
    struct lane *lanes[LANE_ROWS]; /* by SSRC */
    uint32_t near[LEG_ROWS];       /* legs by address; index + 1 */
    uint32_t said;                 /* how much, since Python asked last */
    said_t told_us[MOST_SAID];
    struct mmsghdr headers[MOST_SLOTS];
    struct message told[MOST_SLOTS];
    struct iovec parts[MOST_SLOTS];
    struct mmsghdr read_headers[MOST_READ];
    struct iovec read_parts[MOST_READ];
    union address read_from[MOST_READ];
    const datagram_t *over[MOST_READ]; /* what the last plane_receive left to Python */
    struct queued queue[MOST_QUEUED];
    _Alignas(64) datagram_t came[MOST_READ];
    _Alignas(64) uint8_t slot[MOST_SLOTS][SLOT_BYTES];
};

/* kernel.c */
struct leg *leg_of(struct plane *plane, uint64_t handle);
void flush_queue(struct plane *plane);
uint64_t all_dropped(const counts_t *counts);

/* receive.c: whether a datagram of this socket is from where the leg is believed to be. */
bool is_from(const struct leg *leg, int fd, const union address *from);

/* report.c: a leg is found by its address, or not any more: before that changes, and after. `hear` says whether Python
   need not see this datagram; else it must have it, perhaps as plaintext by now. */
void find_no_more(struct plane *plane, struct leg *leg);
void find_from_now(struct plane *plane, struct leg *leg);
bool hear(struct plane *plane, int fd, datagram_t *came, const union address *from, double now_s, int64_t wall_ns);

/* lane.c: the lanes among which that of a stream is; keep a packet for repeats, NULL if there is no memory. */
struct lane *lanes_near(const struct plane *plane, uint32_t ssrc);
const struct kept *keep(struct lane *lane, const packet_t *packet, const uint8_t *payload, uint32_t bytes);
void drop_lanes(struct plane *plane);

/* rtp.c: none reads past `bytes`. */
uint32_t get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
/* Where the payload begins in a packet of at least HEADER_BYTES, without CSRCs; 0 if its extension is longer than it. */
uint32_t payload_at(const uint8_t *packet, uint32_t bytes);
/* As media.rtp.packet.extension: the value and its size; NULL if absent or damaged. `end` is where the payload begins. */
const uint8_t *find_extension(const uint8_t *packet, uint32_t end, uint8_t wanted, uint32_t *value_bytes);
/* As media.rtp.vp8.parse_vp8, into `packet`; false if it is damaged or begins a keyframe. */
bool read_vp8(const uint8_t *payload, uint32_t bytes, packet_t *packet);
/* As media.rtp.vp9.parse_vp9, into `packet`; false if it is damaged or tells how a picture's layers lie, and where one
   begins that needs no other. */
bool read_vp9(const uint8_t *payload, uint32_t bytes, packet_t *packet);
/* Whether an H.264 payload is of a picture that is none to begin with, for sure. */
bool is_plain_h264(const uint8_t *payload, uint32_t bytes);
/* Whether an AV1 payload does not begin a coded video sequence. */
bool is_plain_av1(const uint8_t *payload, uint32_t bytes);
#endif
