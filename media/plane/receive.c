/* What comes in: ordinary packets of a publication go from here to all who watch it, everything else is left to Python.

   A packet is ordinary if it is the very next of its stream, from the address that its publisher is sent to, and neither
   padded nor a keyframe's first: then all that Python would do about it is counting, and that a lane does. Whatever is
   more than that comes to Python in the order in which it came, and the lane stays shut until Python opens it again. */
#include "inside.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

static double monotonic_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool is_from(const struct leg *leg, int fd, const union address *from) {
    if (leg == NULL || leg->reading == NULL || leg->fd != fd || fd < 0 ||
        leg->address.v4.sin_family != from->v4.sin_family || leg->address.v4.sin_port != from->v4.sin_port)
        return false;
    return from->v4.sin_family == AF_INET
               ? leg->address.v4.sin_addr.s_addr == from->v4.sin_addr.s_addr
               : memcmp(&leg->address.v6.sin6_addr, &from->v6.sin6_addr, sizeof from->v6.sin6_addr) == 0;
}

/* The lane whose next packet this seems to be; the leg that it came from. */
static struct lane *lane_for(struct plane *plane, int fd, const datagram_t *came, const union address *from,
                             struct leg **leg) {
    const uint8_t *data = came->data;
    if (came->bytes < HEADER_BYTES || came->bytes > MOST_PACKET_BYTES || (data[0] & 0xEF) != 0x80)
        return NULL; /* too short or too long, not RTP, padded, or with CSRCs */
    if (data[1] >= 192 && data[1] < 224)
        return NULL; /* RTCP (RFC 5761 §4) */
    uint32_t ssrc = get32(data + 8);
    for (struct lane *lane = lanes_near(plane, ssrc); lane != NULL; lane = lane->next) {
        const lane_t *told = &lane->told;
        if (!told->open || told->ssrc != ssrc || told->payload_type != (data[1] & 0x7F) ||
            get16(data + 2) != (told->sequence & 0xFFFF))
            continue;
        *leg = leg_of(plane, told->leg);
        if (is_from(*leg, fd, from))
            return lane;
    }
    return NULL;
}

static bool has_room(const lane_t *told, const struct leg *leg, uint32_t bytes) {
    return told->levels < MOST_LEVELS && told->arrivals < MOST_ARRIVALS && leg->intake.may_packets > 0 &&
           leg->intake.may_bytes >= bytes;
}

/* The packet as its subscribers get it; false if there is more to it than a lane may know. */
static bool read_packet(const lane_t *told, const uint8_t *data, uint32_t bytes, uint32_t at, packet_t *packet) {
    if (at == 0 || at == bytes)
        return false;
    *packet = (packet_t){.sequence = told->sequence,
                         .timestamp_ticks = get32(data + 4),
                         .marker_bit = data[1] & 0x80,
                         .kind = told->kind};
    switch (told->kind) {
    case LANE_SOUND:
        return true;
    case LANE_VP8:
        return read_vp8(data + at, bytes - at, packet);
    case LANE_VP9:
        return read_vp9(data + at, bytes - at, packet);
    case LANE_AV1:
        return is_plain_av1(data + at, bytes - at);
    case LANE_H264:
        return is_plain_h264(data + at, bytes - at);
    default:
        return false;
    }
}

/* As media.rtp.reports.Reception.on_packet, and what else must be known of a packet that is gone. */
static void count(lane_t *told, const uint8_t *data, uint32_t at, const packet_t *packet, uint32_t payload_bytes,
                  double now_s, int64_t wall_ns) {
    uint32_t transit = (uint32_t)((int64_t)(now_s * told->clock_rate_hz) - (int64_t)packet->timestamp_ticks);
    int64_t change = (int32_t)(transit - told->transit_ticks);
    told->jitter_16 += (double)(change < 0 ? -change : change) - told->jitter_16 / 16;
    told->transit_ticks = transit;
    told->sequence++;
    told->packets++;
    told->octets += payload_bytes;
    told->upper_octets += packet->temporal ? payload_bytes : 0;
    told->timestamp_ticks = packet->timestamp_ticks;
    told->at_s = now_s;
    told->wall_ns = wall_ns;
    uint32_t size = 0;
    const uint8_t *value = find_extension(data, at, told->level_id, &size);
    if (value != NULL && size > 0)
        told->level[told->levels++] = value[0] & 0x7F;
    value = find_extension(data, at, told->number_id, &size);
    if (value != NULL && size == 2)
        told->arrived[told->arrivals++] = (arrived_t){now_s, (uint16_t)get16(value)};
}

static void enqueue(struct plane *plane, const lane_t *told, const struct kept *kept) {
    if (told->count == 0)
        return;
    if (plane->queued == MOST_QUEUED)
        flush_queue(plane);
    struct queued *queued = &plane->queue[plane->queued++];
    queued->targets = told->targets;
    queued->count = told->count;
    queued->bytes = kept->bytes;
    queued->done = false;
    queued->packet = kept->packet;
    queued->payload = kept->payload;
}

/* Whether that was all; else Python must have it, perhaps as plaintext by now. */
static bool take(struct plane *plane, int fd, datagram_t *came, const union address *from, double now_s,
                 int64_t wall_ns) {
    struct leg *leg = NULL;
    struct lane *lane = lane_for(plane, fd, came, from, &leg);
    if (lane == NULL || !has_room(&lane->told, leg, came->bytes))
        return false;
    uint8_t *data = came->data;
    int bytes = (int)came->bytes;
    if (plane->unprotect(leg->reading, data, &bytes) != 0 || bytes < HEADER_BYTES || bytes > (int)came->bytes) {
        plane->counts->srtp_receive++;
        return true;
    }
    leg->intake.may_packets--;
    leg->intake.may_bytes -= came->bytes;
    leg->intake.packets++;
    leg->intake.bytes += came->bytes;
    leg->intake.heard_s = now_s;
    lane_t *told = &lane->told;
    packet_t packet;
    uint32_t at = payload_at(data, (uint32_t)bytes);
    const struct kept *kept = NULL;
    if (read_packet(told, data, (uint32_t)bytes, at, &packet))
        kept = keep(lane, &packet, data + at, (uint32_t)bytes - at);
    if (kept == NULL) {
        told->open = 0;
        came->lane = told->id;
        came->bytes = (uint32_t)bytes;
        return false;
    }
    count(told, data, at, &packet, kept->bytes, now_s, wall_ns);
    enqueue(plane, told, kept);
    return true;
}

static int read_some(struct plane *plane, int fd, uint32_t most) {
    if (most > MOST_READ)
        most = MOST_READ;
    for (uint32_t at = 0; at < most; at++) {
        plane->read_parts[at] = (struct iovec){plane->came[at].data, MOST_DATAGRAM_BYTES};
        plane->read_headers[at] = (struct mmsghdr){.msg_hdr = {.msg_name = &plane->read_from[at],
                                                               .msg_namelen = sizeof plane->read_from[at],
                                                               .msg_iov = &plane->read_parts[at],
                                                               .msg_iovlen = 1}};
    }
    int read = plane->read(fd, plane->read_headers, most, MSG_DONTWAIT, NULL);
    if (read < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    return (uint32_t)read < most ? read : (int)most;
}

/* Where it came from, as Python wants it. */
static void tell_from(datagram_t *came, const union address *from) {
    if (from->v4.sin_family == AF_INET) {
        came->address_bytes = sizeof from->v4.sin_addr;
        came->port = ntohs(from->v4.sin_port);
        came->flow = came->scope = 0;
        memcpy(came->address, &from->v4.sin_addr, sizeof from->v4.sin_addr);
    } else {
        came->address_bytes = sizeof from->v6.sin6_addr;
        came->port = ntohs(from->v6.sin6_port);
        came->flow = ntohl(from->v6.sin6_flowinfo);
        came->scope = from->v6.sin6_scope_id;
        memcpy(came->address, &from->v6.sin6_addr, sizeof from->v6.sin6_addr);
    }
}

void plane_receive(plane_t *plane, counts_t *counts, int fd, uint32_t most, double now_s, int64_t wall_ns,
                   received_t *received) {
    double begun_s = monotonic_s();
    uint64_t before = all_dropped(counts);
    *received = (received_t){0};
    plane->counts = counts;
    for (;;) {
        plane->now_ns = (int64_t)(now_s * 1e9);
        int read = read_some(plane, fd, most - received->read);
        if (read < 0)
            received->failed = 1;
        for (int at = 0; at < read; at++) {
            datagram_t *came = &plane->came[at];
            came->bytes = plane->read_headers[at].msg_len;
            came->lane = came->leg = 0;
            if (take(plane, fd, came, &plane->read_from[at], now_s, wall_ns) ||
                hear(plane, fd, came, &plane->read_from[at], now_s, wall_ns))
                continue;
            tell_from(came, &plane->read_from[at]);
            plane->over[received->over++] = came;
        }
        flush_queue(plane);
        if (read > 0)
            received->read += (uint32_t)read;
        if (read <= 0 || received->over > 0 || received->read >= most)
            break;
        /* Time has passed while that was sent, and there may be more. */
        double passed_s = monotonic_s() - begun_s;
        begun_s += passed_s;
        now_s += passed_s;
        wall_ns += (int64_t)(passed_s * 1e9);
    }
    plane->counts = NULL;
    received->dropped = all_dropped(counts) != before;
}

const datagram_t *plane_over(const plane_t *plane, uint32_t number) { return plane->over[number]; }

void plane_intake(plane_t *plane, uint64_t handle, intake_t *out) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL)
        return;
    *out = leg->intake;
    leg->intake.packets = leg->intake.bytes = 0;
}

void plane_allow(plane_t *plane, uint64_t handle, uint64_t packets, uint64_t bytes) {
    struct leg *leg = leg_of(plane, handle);
    if (leg == NULL)
        return;
    leg->intake.may_packets = packets;
    leg->intake.may_bytes = bytes;
}

double plane_heard(plane_t *plane, uint64_t handle) {
    const struct leg *leg = leg_of(plane, handle);
    return leg == NULL ? 0 : leg->intake.heard_s;
}
