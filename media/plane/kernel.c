/* The fan-out in C: every queued packet of a publication, rewritten and encrypted for each target, many per call.

   The caller owns one thread and all ordering; nothing here waits or allocates while media flows. Packets of one flush
   are sent target by target, so that those of one picture to one subscriber leave as one datagram that the kernel cuts
   (UDP GSO). What an answer of the system means is the same as in media/peer/leg.py: one packet is lost, and counted.

   Nothing that came from a network is trusted: offsets are checked against lengths, handles against generations. */
#include "inside.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

plane_t *plane_new(uintptr_t protect, uintptr_t unprotect, uintptr_t unprotect_rtcp, uintptr_t send, uintptr_t read,
                   int gso) {
    struct plane *plane = aligned_alloc(64, sizeof *plane);
    if (plane == NULL)
        return NULL;
    memset(plane, 0, offsetof(struct plane, came));
    plane->protect = (crypt_fn)protect;
    plane->unprotect = (crypt_fn)unprotect;
    plane->unprotect_rtcp = (crypt_fn)unprotect_rtcp;
    plane->read = read ? (read_fn)read : (read_fn)recvmmsg;
    plane->send = send ? (send_fn)send : (send_fn)sendmmsg;
    plane->gso = gso != 0;
    return plane;
}

void plane_free(plane_t *plane) {
    drop_lanes(plane);
    for (uint32_t at = 0; at < plane->legs_used; at++)
        free(plane->legs[at].numbering);
    free(plane->legs);
    free(plane);
}

/* --- legs ------------------------------------------------------------------------------------------------------- */

struct leg *leg_of(struct plane *plane, uint64_t handle) {
    uint32_t place = (uint32_t)handle;
    if (place == 0 || place > plane->legs_used)
        return NULL;
    struct leg *leg = &plane->legs[place - 1];
    return leg->session != NULL && leg->generation == (uint32_t)(handle >> 32) ? leg : NULL;
}

uint64_t plane_open(plane_t *plane, uintptr_t session, uintptr_t reading) {
    uint32_t place = plane->free_leg;
    if (session == 0)
        return 0;
    if (place != 0) {
        plane->free_leg = plane->legs[place - 1].next_free;
    } else {
        if (plane->legs_used == plane->legs_held) {
            uint32_t held = plane->legs_held ? 2 * plane->legs_held : 16;
            struct leg *legs = realloc(plane->legs, held * sizeof *legs);
            if (legs == NULL)
                return 0;
            plane->legs = legs;
            plane->legs_held = held;
        }
        place = ++plane->legs_used;
        plane->legs[place - 1].generation = 0;
    }
    struct leg *leg = &plane->legs[place - 1];
    uint32_t generation = leg->generation;
    *leg = (struct leg){
        .session = (void *)session, .reading = (void *)reading, .generation = generation, .fd = -1};
    return (uint64_t)generation << 32 | place;
}

void plane_aim(plane_t *plane, uint64_t handle, int fd, const char *address, uint32_t address_bytes, uint16_t port) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL)
        return;
    find_no_more(plane, leg);
    leg->fd = fd;
    leg->gso = plane->gso;
    memset(&leg->address, 0, sizeof leg->address);
    if (address_bytes == sizeof leg->address.v4.sin_addr) {
        leg->address_bytes = sizeof leg->address.v4;
        leg->address.v4.sin_family = AF_INET;
        leg->address.v4.sin_port = htons(port);
        memcpy(&leg->address.v4.sin_addr, address, address_bytes);
    } else if (address_bytes == sizeof leg->address.v6.sin6_addr) {
        leg->address_bytes = sizeof leg->address.v6;
        leg->address.v6.sin6_family = AF_INET6;
        leg->address.v6.sin6_port = htons(port);
        memcpy(&leg->address.v6.sin6_addr, address, address_bytes);
    } else {
        leg->fd = -1;
    }
    find_from_now(plane, leg);
}

void plane_close(plane_t *plane, uint64_t handle) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL)
        return;
    find_no_more(plane, leg);
    leg->session = leg->reading = NULL;
    free(leg->numbering);
    leg->numbering = NULL;
    leg->generation++;
    leg->next_free = plane->free_leg;
    plane->free_leg = (uint32_t)handle;
}

/* --- transport-wide numbers ------------------------------------------------------------------------------------- */

_Static_assert((MOST_REMEMBERED & (MOST_REMEMBERED - 1)) == 0 && MOST_REMEMBERED <= 0x8000, "a ring by low bits");

int plane_number(plane_t *plane, uint64_t handle) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL)
        return -1;
    if (leg->numbering == NULL)
        leg->numbering = calloc(1, sizeof *leg->numbering);
    return leg->numbering == NULL ? -1 : 0;
}

static uint32_t take_number(struct numbering *numbering, uint32_t bytes, int64_t now_ns) {
    uint32_t number = numbering->next++;
    numbering->ring[number % MOST_REMEMBERED] = (left_t){.at_ns = now_ns, .number = number, .bytes = bytes};
    return number;
}

int64_t plane_take_number(plane_t *plane, uint64_t handle, uint32_t bytes, int64_t now_ns) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL || leg->numbering == NULL)
        return -1;
    return take_number(leg->numbering, bytes, now_ns);
}

uint32_t plane_left(plane_t *plane, uint64_t handle, uint16_t first, uint32_t count, left_t *out) {
    const struct leg *leg = leg_of(plane, handle);
    uint32_t found = 0;
    if (leg == NULL || leg->numbering == NULL)
        return 0;
    uint32_t newest = leg->numbering->next - 1;
    uint32_t number = newest - (uint16_t)(newest - first);
    if (count > MOST_REMEMBERED) { /* what lies before is forgotten */
        number += count - MOST_REMEMBERED;
        count = MOST_REMEMBERED;
    }
    for (; count > 0; count--, number++) {
        const left_t *left = &leg->numbering->ring[number % MOST_REMEMBERED];
        if (left->number == number && left->bytes != 0)
            out[found++] = *left;
    }
    return found;
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

/* How many of these messages the system took, at least one; else the negative errno of the first. */
static int try_send(struct plane *plane, struct mmsghdr *headers, uint32_t count) {
    for (;;) {
        int sent = plane->send(plane->fd, headers, count, MSG_DONTWAIT);
        int error = sent < 0 ? errno : EIO;
        plane->counts->calls++;
        if (sent > 0)
            return (uint32_t)sent < count ? sent : (int)count;
        if (error != EINTR)
            return -error;
    }
}

static void drop(struct plane *plane, int error, uint64_t packets) {
    *(error == EAGAIN || error == EWOULDBLOCK ? &plane->counts->send_full : &plane->counts->send_failed) += packets;
}

/* The way to this address takes no datagram that it must cut: its packets go one by one, from now on. */
static void send_apart(struct plane *plane, const struct msghdr *whole, struct leg *leg) {
    leg->gso = false;
    plane->counts->gso_refused++;
    for (size_t part = 0; part < whole->msg_iovlen; part++) {
        struct mmsghdr one = {.msg_hdr = {.msg_name = whole->msg_name,
                                          .msg_namelen = whole->msg_namelen,
                                          .msg_iov = whole->msg_iov + part,
                                          .msg_iovlen = 1}};
        int sent = try_send(plane, &one, 1);
        if (sent > 0)
            plane->counts->sent++;
        else
            drop(plane, -sent, 1);
    }
}

/* Send messages in order; what cannot go is lost and counted, and does not keep the next from going. */
static void send_messages(struct plane *plane) {
    for (uint32_t at = 0; at < plane->messages;) {
        const struct msghdr *first = &plane->headers[at].msg_hdr;
        int sent = try_send(plane, plane->headers + at, plane->messages - at);
        if (sent > 0) {
            for (; sent > 0; sent--)
                plane->counts->sent += plane->headers[at++].msg_hdr.msg_iovlen;
            continue;
        }
        if (first->msg_iovlen > 1 && (sent == -EINVAL || sent == -EIO || sent == -EMSGSIZE))
            send_apart(plane, first, plane->told[at].leg);
        else
            drop(plane, -sent, first->msg_iovlen);
        at++;
    }
}

static void send_waiting(struct plane *plane) {
    for (uint32_t at = 0; at < plane->messages; at++) {
        struct msghdr *header = &plane->headers[at].msg_hdr;
        struct message *message = &plane->told[at];
        if (header->msg_iovlen < 2)
            continue;
        uint16_t segment = (uint16_t)message->segment_bytes;
        header->msg_control = message->control;
        header->msg_controllen = sizeof message->control;
        struct cmsghdr *control = CMSG_FIRSTHDR(header);
        control->cmsg_level = IPPROTO_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(control), &segment, sizeof segment);
    }
    send_messages(plane);
    plane->messages = plane->slots = 0;
}

/* Whether the newest message can take one more packet for `leg`, which the system will cut off again. */
static bool can_join(const struct plane *plane, const struct leg *leg, uint32_t bytes) {
    if (plane->messages == 0 || !leg->gso)
        return false;
    const struct message *last = &plane->told[plane->messages - 1];
    return last->leg == leg && !last->whole && bytes <= last->segment_bytes &&
           plane->headers[plane->messages - 1].msg_hdr.msg_iovlen < MOST_SEGMENTS;
}

/* The packet in the next slot goes to `leg`. */
static void add(struct plane *plane, struct leg *leg, uint32_t bytes) {
    struct iovec *part = &plane->parts[plane->slots];
    *part = (struct iovec){plane->slot[plane->slots], bytes};
    plane->slots++;
    if (can_join(plane, leg, bytes)) {
        struct message *last = &plane->told[plane->messages - 1];
        plane->headers[plane->messages - 1].msg_hdr.msg_iovlen++;
        last->whole = bytes < last->segment_bytes;
        return;
    }
    plane->told[plane->messages] = (struct message){.leg = leg, .segment_bytes = bytes};
    plane->headers[plane->messages] = (struct mmsghdr){.msg_hdr = {.msg_name = &leg->address,
                                                                   .msg_namelen = leg->address_bytes,
                                                                   .msg_iov = part,
                                                                   .msg_iovlen = 1}};
    plane->messages++;
}

/* --- rewriting -------------------------------------------------------------------------------------------------- */

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* As media.rtp.rewrite.rewrite_picture, in place. */
static void move_picture(uint8_t *payload, uint32_t bytes, const packet_t *packet, const target_t *target) {
    uint32_t at = packet->picture_id_at;
    uint32_t id = (uint32_t)packet->picture_id + target->picture_id;
    if (packet->picture_id_bits == 15 && at + 1 < bytes)
        put16(payload + at, 0x8000 | (id & 0x7FFF));
    else if (packet->picture_id_bits == 7 && at < bytes)
        payload[at] = id & 0x7F;
    if (packet->tl0_at != 0 && packet->tl0_at < bytes)
        payload[packet->tl0_at] = (uint8_t)(packet->tl0 + target->tl0);
}

/* The plaintext packet that `target` gets; 0 if it would be too long. */
static uint32_t write_packet(uint8_t *out, const struct queued *queued, const target_t *target) {
    const packet_t *packet = &queued->packet;
    uint32_t head = HEADER_BYTES + (uint32_t)target->extension_bytes;
    if (target->extension_bytes > MOST_EXTENSION_BYTES || head + queued->bytes > MOST_PACKET_BYTES)
        return 0;
    out[0] = target->first_byte;
    out[1] = packet->marker_bit | target->payload_type;
    put16(out + 2, (uint32_t)((uint64_t)packet->sequence + (uint64_t)target->sequence));
    put32(out + 4, packet->timestamp_ticks + target->timestamp_ticks);
    put32(out + 8, target->ssrc);
    memcpy(out + HEADER_BYTES, target->extensions, target->extension_bytes);
    memcpy(out + head, queued->payload, queued->bytes);
    if (target->moved)
        move_picture(out + head, queued->bytes, packet, target);
    return head + queued->bytes;
}

/* One packet to one target, as far as it can go now. */
static void send_to(struct plane *plane, struct leg *leg, const target_t *target, const struct queued *queued) {
    if (leg == NULL) {
        plane->counts->leg_gone++;
        return;
    }
    if (leg->fd < 0) {
        plane->counts->unproved++;
        return;
    }
    if (plane->slots == MOST_SLOTS || (plane->messages && plane->fd != leg->fd))
        send_waiting(plane);
    plane->fd = leg->fd;
    uint8_t *out = plane->slot[plane->slots];
    int bytes = (int)write_packet(out, queued, target);
    if (bytes != 0 && leg->numbering != NULL && target->numbered_at != 0 &&
        target->numbered_at + 2 <= target->extension_bytes)
        put16(out + HEADER_BYTES + target->numbered_at, take_number(leg->numbering, (uint32_t)bytes, plane->now_ns));
    if (bytes == 0 || plane->protect(leg->session, out, &bytes) != 0 || bytes <= 0 || bytes > SLOT_BYTES) {
        plane->counts->srtp_send++;
        return;
    }
    add(plane, leg, (uint32_t)bytes);
}

/* All queued packets of the publication that the one at `begin` is of. */
static void fan_out(struct plane *plane, uint32_t begin) {
    const struct queued *first = &plane->queue[begin];
    for (uint32_t number = 0; number < first->count; number++) {
        const target_t *target = &first->targets[number];
        struct leg *leg = leg_of(plane, target->handle);
        for (uint32_t at = begin; at < plane->queued; at++) {
            const struct queued *queued = &plane->queue[at];
            if (queued->targets == first->targets && queued->packet.sequence >= target->first)
                send_to(plane, leg, target, queued);
        }
    }
    for (uint32_t at = plane->queued; at-- > begin;)
        if (plane->queue[at].targets == first->targets)
            plane->queue[at].done = true;
}

int plane_push(plane_t *plane, const target_t *targets, uint32_t count, const packet_t *packet, const char *payload,
               uint32_t bytes) {
    if (plane->queued == MOST_QUEUED || bytes > MOST_PAYLOAD_BYTES)
        return -1;
    struct queued *queued = &plane->queue[plane->queued++];
    queued->targets = targets;
    queued->count = count;
    queued->bytes = bytes;
    queued->done = false;
    queued->packet = *packet;
    memcpy(queued->copy, payload, bytes);
    queued->payload = queued->copy;
    return plane->queued == MOST_QUEUED;
}

void flush_queue(struct plane *plane) {
    for (uint32_t at = 0; at < plane->queued; at++)
        if (!plane->queue[at].done)
            fan_out(plane, at);
    send_waiting(plane);
    plane->queued = 0;
}

uint64_t all_dropped(const counts_t *counts) {
    return counts->unproved + counts->send_full + counts->send_failed + counts->srtp_send + counts->leg_gone +
           counts->srtp_receive;
}

int plane_flush(plane_t *plane, counts_t *counts, int64_t now_ns) {
    uint64_t before = all_dropped(counts);
    plane->counts = counts;
    plane->now_ns = now_ns;
    flush_queue(plane);
    plane->counts = NULL;
    return all_dropped(counts) != before;
}
