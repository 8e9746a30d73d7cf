/* What receivers say of what they get, kept until Python asks: with a hundred of them Python would wake up for each.

   Taken is a datagram that says nothing but how media arrives (receiver reports, REMB) from the address that its leg is
   sent to, decrypted and taken apart. Any other is left to Python, as it came or as plaintext. */
#include "inside.h"

#include <string.h>

enum {
    SHORTEST = 8, /* head and SSRC, which are not encrypted */
    SDES = 202,
    RECEIVER_REPORT = 201,
    PAYLOAD_FEEDBACK = 206,
    EXTENDED_REPORT = 207,
    OTHER_FEEDBACK = 15,
    BLOCK_BYTES = 24,
    MOST_EXPONENT = 40, /* of REMB, whose 18 bits then fit 63 */
};

/* --- whose it is ------------------------------------------------------------------------------------------------ */

static uint32_t row_of(int fd, const union address *from) {
    uint32_t sum = (uint32_t)fd << 16 ^ from->v4.sin_port, words[4] = {0};
    if (from->v4.sin_family == AF_INET)
        words[0] = from->v4.sin_addr.s_addr;
    else
        memcpy(words, &from->v6.sin6_addr, sizeof words);
    for (int at = 0; at < 4; at++)
        sum = (sum ^ words[at]) * 2654435761u;
    return sum >> 22;
}
_Static_assert(LEG_ROWS == 1 << 10, "the high bits of the product");

void find_no_more(struct plane *plane, struct leg *leg) {
    uint32_t place = (uint32_t)(leg - plane->legs) + 1;
    if (leg->fd < 0)
        return;
    for (uint32_t *at = &plane->near[row_of(leg->fd, &leg->address)]; *at != 0; at = &plane->legs[*at - 1].next_near)
        if (*at == place) {
            *at = leg->next_near;
            return;
        }
}

void find_from_now(struct plane *plane, struct leg *leg) {
    if (leg->fd < 0)
        return;
    uint32_t *row = &plane->near[row_of(leg->fd, &leg->address)];
    leg->next_near = *row;
    *row = (uint32_t)(leg - plane->legs) + 1;
}

static struct leg *leg_at(struct plane *plane, int fd, const union address *from) {
    for (uint32_t at = plane->near[row_of(fd, from)]; at != 0; at = plane->legs[at - 1].next_near)
        if (is_from(&plane->legs[at - 1], fd, from))
            return &plane->legs[at - 1];
    return NULL;
}

void plane_hear(plane_t *plane, uint64_t handle) {
    struct leg *leg = leg_of(plane, handle);
    if (leg != NULL)
        leg->heard = true;
}

/* --- what it says ----------------------------------------------------------------------------------------------- */

/* One more thing said; false if there is no room. */
static bool say(struct plane *plane, uint32_t *said, const said_t *what) {
    if (*said == MOST_SAID)
        return false;
    plane->told_us[(*said)++] = *what;
    return true;
}

static bool read_blocks(struct plane *plane, uint32_t *said, said_t *what, const uint8_t *packet, uint32_t bytes) {
    uint32_t count = packet[0] & 0x1F;
    if (bytes < SHORTEST + BLOCK_BYTES * count)
        return false;
    for (const uint8_t *at = packet + SHORTEST; count > 0; count--, at += BLOCK_BYTES) {
        what->ssrc = get32(at);
        what->fraction_lost = at[4];
        what->lost = (int32_t)(get32(at + 4) << 8) / 256;
        what->highest_sequence = get32(at + 8);
        what->jitter_ticks = get32(at + 12);
        what->last_sr = get32(at + 16);
        what->delay_since_sr = get32(at + 20);
        if (!say(plane, said, what))
            return false;
    }
    return true;
}

static bool read_remb(struct plane *plane, uint32_t *said, said_t *what, const uint8_t *packet, uint32_t bytes) {
    if (bytes < 20 || memcmp(packet + 12, "REMB", 4) != 0 || bytes < 20 + 4 * (uint32_t)packet[16] ||
        packet[17] >> 2 > MOST_EXPONENT)
        return false;
    what->bps = (int64_t)((uint32_t)(packet[17] & 3) << 16 | get16(packet + 18)) << (packet[17] >> 2);
    bool room = say(plane, said, what);
    what->bps = -1;
    return room;
}

/* As media.rtp.rtcp.parse_rtcp; false if there is more to it than is taken here, or it is damaged. */
static bool read_reports(struct plane *plane, uint32_t *said, said_t *what, const uint8_t *data, uint32_t bytes) {
    while (bytes > 0) {
        if (bytes < SHORTEST || data[0] >> 5 != 4)
            return false; /* cut, another version, or padded */
        uint32_t size = 4 + 4 * get16(data + 2);
        if (size < SHORTEST || size > bytes)
            return false;
        switch (data[1]) {
        case RECEIVER_REPORT:
            if (!read_blocks(plane, said, what, data, size))
                return false;
            break;
        case PAYLOAD_FEEDBACK:
            if ((data[0] & 0x1F) != OTHER_FEEDBACK || !read_remb(plane, said, what, data, size))
                return false;
            break;
        case SDES:
        case EXTENDED_REPORT:
            break; /* nobody asks */
        default:
            return false;
        }
        data += size;
        bytes -= size;
    }
    return true;
}

/* --- taking it -------------------------------------------------------------------------------------------------- */

/* By what is not encrypted: the head of the first packet. */
static bool may_be_report(const datagram_t *came) {
    const uint8_t *data = came->data;
    return came->bytes > SHORTEST && came->bytes <= MOST_PACKET_BYTES && data[0] >> 6 == 2 &&
           (data[1] == RECEIVER_REPORT || (data[1] == PAYLOAD_FEEDBACK && (data[0] & 0x1F) == OTHER_FEEDBACK));
}

/* Whether a leg may say one more thing now. By time, and not until Python asks: that does so before whatever it looks
   at itself, and who floods would be let in again by its own flood. */
static bool may_say(const struct plane *plane, struct leg *leg, double now_s) {
    if (now_s - leg->said_since >= SAID_S) {
        leg->said_since = now_s;
        leg->said = 0;
    }
    return leg->said < MOST_SAID_BY_ONE && plane->said < MOST_SAID;
}

bool hear(struct plane *plane, int fd, datagram_t *came, const union address *from, double now_s, int64_t wall_ns) {
    if (plane->unprotect_rtcp == NULL || !may_be_report(came))
        return false;
    struct leg *leg = leg_at(plane, fd, from);
    if (leg == NULL || !leg->heard || !may_say(plane, leg, now_s))
        return false;
    int bytes = (int)came->bytes;
    if (plane->unprotect_rtcp(leg->reading, came->data, &bytes) != 0 || bytes < SHORTEST || bytes > (int)came->bytes) {
        plane->counts->srtp_receive++;
        return true;
    }
    leg->intake.heard_s = now_s;
    uint64_t handle = (uint64_t)leg->generation << 32 | (uint32_t)(leg - plane->legs + 1);
    said_t what = {.leg = handle, .at_s = now_s, .wall_ns = wall_ns, .bps = -1};
    uint32_t said = plane->said;
    if (!read_reports(plane, &said, &what, came->data, (uint32_t)bytes)) {
        came->leg = handle;
        came->bytes = (uint32_t)bytes;
        leg->said++;
        return false;
    }
    leg->said += said > plane->said ? said - plane->said : 1;
    plane->said = said;
    return true;
}

uint32_t plane_said(plane_t *plane, said_t *out) {
    uint32_t said = plane->said;
    memcpy(out, plane->told_us, said * sizeof *out);
    plane->said = 0;
    return said;
}
