/* What media/plane/native.py calls. Read by the C compiler and by cffi (tools/kernel.py), so only plain declarations. */
#ifndef PASSLINE_KERNEL_H
#define PASSLINE_KERNEL_H
#include <stdint.h>

#define MOST_EXTENSION_BYTES 61
#define MOST_PAYLOAD_BYTES 1500
#define MOST_QUEUED 32
#define MOST_REMEMBERED 1024
#define MOST_KEPT 1024
#define MOST_LEVELS 64
#define MOST_ARRIVALS 256
#define MOST_READ 32
#define MOST_WATCHED 64
#define MOST_SAID 512
#define MOST_DATAGRAM_BYTES 1504

/* One slot, as media.plane.base.Target. An array of them belongs to the caller and is not changed. */
typedef struct {
    uint64_t handle;
    int64_t first;
    int64_t sequence;
    uint32_t timestamp_ticks;
    uint32_t ssrc;
    uint16_t picture_id;
    uint8_t tl0;
    uint8_t moved;
    uint8_t first_byte;
    uint8_t payload_type;
    uint8_t extension_bytes;
    uint8_t numbered_at; /* where in the extensions the packet's transport-wide number goes; 0: nowhere */
    uint8_t extensions[MOST_EXTENSION_BYTES];
} target_t;

/* One packet of a publication, as media.rtp.cache.MediaPacket; what is said of a picture is 0 without a descriptor. */
typedef struct {
    int64_t sequence;
    uint32_t timestamp_ticks;
    uint16_t picture_id_at;
    uint16_t picture_id;
    uint16_t tl0_at;
    uint8_t picture_id_bits;
    uint8_t tl0;
    uint8_t marker_bit;
    uint8_t kind; /* of the lane that took it; without one not used */
    uint8_t temporal; /* its layer; likewise */
} packet_t;

/* What happened to packets; plane_flush and plane_receive add to it. */
typedef struct {
    uint64_t sent;
    uint64_t calls;
    uint64_t unproved;
    uint64_t send_full;
    uint64_t send_failed;
    uint64_t srtp_send;
    uint64_t leg_gone;
    uint64_t gso_refused;
    uint64_t srtp_receive; /* incoming, not decrypted */
} counts_t;

/* A packet that got a transport-wide number: when it left, ns, and its size before SRTP. */
typedef struct {
    int64_t at_ns;
    uint32_t number; /* counts on past 16 bits */
    uint32_t bytes;
} left_t;

/* When a packet with a transport-wide number of its sender came. */
typedef struct {
    double at_s;
    uint16_t number;
} arrived_t;

#define LANE_SOUND 0
#define LANE_VP8 1
#define LANE_H264 2
#define LANE_VP9 3
#define LANE_AV1 4

/* A publication's stream on its way past Python. Python writes it between calls, a call goes on from there. */
typedef struct {
    uint64_t id;
    uint64_t leg; /* its publisher's handle */
    uint32_t ssrc;
    /* Told when it is opened. */
    uint32_t count; /* of targets, which must live until it is shut */
    const target_t *targets;
    int64_t sequence; /* of the packet that is to come next */
    double jitter_16;
    uint32_t transit_ticks;
    uint32_t clock_rate_hz;
    uint8_t open;
    uint8_t kind;
    uint8_t payload_type;
    uint8_t level_id;
    uint8_t number_id;
    /* Since Python took it up last. */
    uint8_t level[MOST_LEVELS];
    uint32_t levels;
    uint32_t arrivals;
    uint32_t packets;
    uint32_t timestamp_ticks; /* of the newest, as when it came */
    double at_s;
    int64_t wall_ns;
    uint64_t octets;
    uint64_t upper_octets; /* of these, of upper temporal layers */
    arrived_t arrived[MOST_ARRIVALS];
} lane_t;

/* What lanes took of one peer, and may yet take before Python is asked again. */
typedef struct {
    uint64_t may_packets;
    uint64_t may_bytes;
    uint64_t packets;
    uint64_t bytes;
    double heard_s; /* when the newest came; 0: none yet */
} intake_t;

/* One thing that a receiver reported: a block about a stream (RFC 3550 §6.4.1), or what it may be sent in all (REMB). */
typedef struct {
    uint64_t leg;
    double at_s;
    int64_t wall_ns;
    int64_t bps; /* -1: it is a block */
    uint32_t ssrc;
    uint32_t fraction_lost;
    int32_t lost;
    uint32_t highest_sequence;
    uint32_t jitter_ticks;
    uint32_t last_sr;
    uint32_t delay_since_sr;
} said_t;

/* A datagram as it came, or the plaintext of one that a lane would not take, or of RTCP. */
typedef struct {
    uint64_t lane; /* its id, if it is of one */
    uint64_t leg; /* its handle, if this is RTCP; both 0: as it came */
    uint32_t bytes; /* MOST_DATAGRAM_BYTES: perhaps more */
    uint32_t flow;
    uint32_t scope;
    uint16_t port;
    uint8_t address_bytes; /* 4 or 16 */
    uint8_t address[16];
    uint8_t data[MOST_DATAGRAM_BYTES];
} datagram_t;

typedef struct {
    uint32_t read;
    uint32_t over; /* of those, for Python */
    uint32_t failed; /* the system could not read */
    uint32_t dropped; /* something was, see counts_t */
} received_t;

/* Why plane_wait ended. */
typedef struct {
    received_t received; /* from `fd` */
    int32_t fd; /* of the socket of which something is left to Python, or that failed; -1: there is none */
    uint32_t others; /* more is ready, which only the caller knows of */
    uint32_t dropped; /* something was, see counts_t */
} waited_t;

typedef struct plane plane_t;

/* `protect`, `unprotect` and `unprotect_rtcp` are srtp_protect, srtp_unprotect and srtp_unprotect_rtcp (0: Python reads
   all RTCP); `send` is sendmmsg and `read` recvmmsg if 0; `gso` says whether the system has UDP_SEGMENT. NULL: no
   memory. */
plane_t *plane_new(uintptr_t protect, uintptr_t unprotect, uintptr_t unprotect_rtcp, uintptr_t send, uintptr_t read,
                   int gso);
void plane_free(plane_t *plane);

/* A leg of these SRTP sessions, one for what is sent and one for what comes (0: Python decrypts that), which must live
   until plane_close. 0: no memory. */
uint64_t plane_open(plane_t *plane, uintptr_t session, uintptr_t reading);
/* Where its packets go from now on, and from where it is believed: an address of 4 or 16 bytes in network order, a port
   in host order; nowhere if fd < 0. A stale handle is ignored. */
void plane_aim(plane_t *plane, uint64_t handle, int fd, const char *address, uint32_t address_bytes, uint16_t port);
void plane_close(plane_t *plane, uint64_t handle);

/* Copy one packet into the queue. `targets` must live until plane_flush, which must follow once the result is 1 (full);
   -1: not taken, there is no room or it is too large. */
int plane_push(plane_t *plane, const target_t *targets, uint32_t count, const packet_t *packet, const char *payload,
               uint32_t bytes);
/* Send all that is queued, now or not at all; `now_ns` is when. Returns whether anything was dropped. */
int plane_flush(plane_t *plane, counts_t *counts, int64_t now_ns);

/* Let the packets of a leg be numbered, from 0. Returns 0; -1: no memory, or a stale handle. */
int plane_number(plane_t *plane, uint64_t handle);
/* The next number, for a packet that the caller sends; -1 if the leg is not numbered. */
int64_t plane_take_number(plane_t *plane, uint64_t handle, uint32_t bytes, int64_t now_ns);
/* What is remembered of the newest `count` packets whose numbers begin, in their low 16 bits, with `first`; at most
   MOST_REMEMBERED. Returns how many were written to `out`, in order. */
uint32_t plane_left(plane_t *plane, uint64_t handle, uint16_t first, uint32_t count, left_t *out);

/* Read what is there, up to `most` datagrams, and send what lanes make of it; `now_s` is monotonic, `wall_ns` UTC. Stops
   sooner once something is left to Python, which must read that (plane_over) before the next call. */
void plane_receive(plane_t *plane, counts_t *counts, int fd, uint32_t most, double now_s, int64_t wall_ns,
                   received_t *received);
const datagram_t *plane_over(const plane_t *plane, uint32_t number);
/* Sleep on the epoll instance `poll`, whose events carry their descriptors, for at most `timeout_ms` (-1: for ever), and
   do as plane_receive with what comes to watched sockets meanwhile. Ends sooner once anything else is ready, something
   is left to Python, or a signal came. The wall clock is the monotonic one and `ahead_ns`: as of the whole process it
   never jumps. */
void plane_wait(plane_t *plane, counts_t *counts, int poll, int timeout_ms, int64_t ahead_ns, waited_t *waited);
/* A socket to be read by plane_wait, until plane_unwatch. Returns 0; -1: there are too many, Python must read it. */
int plane_watch(plane_t *plane, int fd);
void plane_unwatch(plane_t *plane, int fd);
/* What lanes took of a leg since this was asked last; to `out`, which stays as it is if the handle is stale. */
void plane_intake(plane_t *plane, uint64_t handle, intake_t *out);
/* When a lane took something of it last; 0 if never. */
double plane_heard(plane_t *plane, uint64_t handle);
/* So much may lanes take of it from now on. */
void plane_allow(plane_t *plane, uint64_t handle, uint64_t packets, uint64_t bytes);

/* From now on what this leg reports may wait for plane_said. */
void plane_hear(plane_t *plane, uint64_t handle);
/* What was reported since this was asked last, in order: to `out`, which has room for MOST_SAID. Returns how many. */
uint32_t plane_said(plane_t *plane, said_t *out);

/* A shut lane for the stream `ssrc` of a leg, until plane_close_lane. NULL: no memory. */
lane_t *plane_lane(plane_t *plane, uint64_t handle, uint32_t ssrc);
void plane_close_lane(plane_t *plane, lane_t *lane);
/* A packet of the last MOST_KEPT that it took, in place until the next plane_receive; NULL if it is not among them. */
const char *lane_kept(const lane_t *lane, int64_t sequence, packet_t *packet, uint32_t *bytes);
#endif
