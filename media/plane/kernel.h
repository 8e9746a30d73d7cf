/* What media/plane/native.py calls. Read by the C compiler and by cffi (tools/kernel.py), so only plain declarations. */
#ifndef PASSLINE_KERNEL_H
#define PASSLINE_KERNEL_H
#include <stdint.h>

#define MOST_EXTENSION_BYTES 61
#define MOST_PAYLOAD_BYTES 1500
#define MOST_QUEUED 32
#define MOST_REMEMBERED 1024

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

/* One packet of a publication, as media.rtp.cache.MediaPacket; what is said of VP8 is 0 without a descriptor. */
typedef struct {
    int64_t sequence;
    uint32_t timestamp_ticks;
    uint16_t picture_id_at;
    uint16_t picture_id;
    uint16_t tl0_at;
    uint8_t picture_id_bits;
    uint8_t tl0;
    uint8_t marker_bit;
} packet_t;

/* What happened to outgoing packets; plane_flush adds to it. */
typedef struct {
    uint64_t sent;
    uint64_t calls;
    uint64_t unproved;
    uint64_t send_full;
    uint64_t send_failed;
    uint64_t srtp_send;
    uint64_t leg_gone;
    uint64_t gso_refused;
} counts_t;

/* A packet that got a transport-wide number: when it left, ns, and its size before SRTP. */
typedef struct {
    int64_t at_ns;
    uint32_t number; /* counts on past 16 bits */
    uint32_t bytes;
} left_t;

typedef struct plane plane_t;

/* `protect` is srtp_protect, `send` sendmmsg if 0; `gso` says whether the system has UDP_SEGMENT. NULL: no memory. */
plane_t *plane_new(uintptr_t protect, uintptr_t send, int gso);
void plane_free(plane_t *plane);

/* A leg of this SRTP session, which must live until plane_close. 0: no memory. */
uint64_t plane_open(plane_t *plane, uintptr_t session);
/* Where its packets go from now on: an address of 4 or 16 bytes in network order, a port in host order; nowhere if
   fd < 0. A stale handle is ignored. */
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
#endif
