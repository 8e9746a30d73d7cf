/* Reading a packet that came from a network: every length in it is a claim. */
#include "inside.h"

#include <stddef.h>

enum { ONE_BYTE = 0xBEDE, TWO_BYTE = 0x1000 };

uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }

uint32_t payload_at(const uint8_t *packet, uint32_t bytes) {
    uint32_t at = HEADER_BYTES;
    if (packet[0] & 0x10) {
        if (bytes < at + 4)
            return 0;
        at += 4 + 4 * get16(packet + at + 2);
    }
    return at <= bytes ? at : 0;
}

const uint8_t *find_extension(const uint8_t *packet, uint32_t end, uint8_t wanted, uint32_t *value_bytes) {
    uint32_t at = HEADER_BYTES;
    if (wanted == 0 || !(packet[0] & 0x10) || end < at + 4)
        return NULL;
    uint32_t profile = get16(packet + at);
    bool two_byte = (profile & 0xFFF0) == TWO_BYTE;
    if (profile != ONE_BYTE && !two_byte)
        return NULL;
    for (at += 4; at < end;) {
        uint32_t number = packet[at], size;
        if (number == 0) {
            at++;
            continue;
        }
        if (two_byte) {
            if (at + 2 > end)
                return NULL;
            size = packet[at + 1];
            at += 2;
        } else {
            size = (number & 0x0F) + 1;
            number >>= 4;
            at++;
            if (number == 15)
                return NULL;
        }
        if (at + size > end)
            return NULL;
        if (number == wanted) {
            *value_bytes = size;
            return packet + at;
        }
        at += size;
    }
    return NULL;
}

/* The picture id at `at`, into `packet`; where it ends, 0 if it is cut. Both codecs write it alike. */
static uint32_t read_picture_id(const uint8_t *payload, uint32_t bytes, uint32_t at, packet_t *packet) {
    if (bytes < at + 1 || (payload[at] & 0x80 && bytes < at + 2))
        return 0;
    packet->picture_id_at = (uint16_t)at;
    if (!(payload[at] & 0x80)) {
        packet->picture_id_bits = 7;
        packet->picture_id = payload[at];
        return at + 1;
    }
    packet->picture_id_bits = 15;
    packet->picture_id = get16(payload + at) & 0x7FFF;
    return at + 2;
}

bool read_vp8(const uint8_t *payload, uint32_t bytes, packet_t *packet) {
    uint32_t at = 1;
    if (bytes == 0)
        return false;
    if (payload[0] & 0x80) {
        if (bytes < 2)
            return false;
        uint8_t flags = payload[1];
        at = 2;
        if (flags & 0x80) {
            at = read_picture_id(payload, bytes, at, packet);
            if (at == 0)
                return false;
        }
        if (flags & 0x40) {
            if (bytes < at + 1)
                return false;
            packet->tl0_at = (uint16_t)at;
            packet->tl0 = payload[at++];
        }
        if (flags & 0x30) {
            if (flags & 0x20 && at < bytes)
                packet->temporal = payload[at] >> 6;
            at++;
        }
    }
    if (at > bytes)
        return false;
    bool starts = payload[0] & 0x10 && !(payload[0] & 0x07);
    return !(starts && bytes > at && !(payload[at] & 0x01));
}

bool read_vp9(const uint8_t *payload, uint32_t bytes, packet_t *packet) {
    enum { ID = 0x80, PREDICTED = 0x40, LAYERS = 0x20, FLEXIBLE = 0x10, BEGINS = 0x08, STRUCTURE = 0x02, MOST_DIFFS = 3 };
    uint32_t at = 1;
    if (bytes == 0)
        return false;
    uint8_t flags = payload[0];
    if (flags & STRUCTURE || (flags & BEGINS && !(flags & PREDICTED)))
        return false;
    if (flags & ID) {
        at = read_picture_id(payload, bytes, at, packet);
        if (at == 0)
            return false;
    }
    if (flags & LAYERS) {
        at++;
        if (!(flags & FLEXIBLE)) {
            if (bytes < at + 1)
                return false;
            packet->tl0_at = (uint16_t)at;
            packet->tl0 = payload[at++];
        }
    }
    if (flags & FLEXIBLE && flags & PREDICTED) {
        uint32_t most = at + MOST_DIFFS;
        do {
            if (bytes < at + 1 || at == most)
                return false;
        } while (payload[at++] & 0x01);
    }
    return at <= bytes;
}

bool is_plain_h264(const uint8_t *payload, uint32_t bytes) {
    enum { SLICE = 1, FRAGMENT = 28 };
    uint32_t kind = bytes ? payload[0] & 0x1F : 0;
    if (kind == FRAGMENT && bytes > 1)
        kind = payload[1] & 0x1F;
    return kind == SLICE;
}

bool is_plain_av1(const uint8_t *payload, uint32_t bytes) {
    enum { BEGINS = 0x08 };
    return bytes != 0 && !(payload[0] & BEGINS);
}
