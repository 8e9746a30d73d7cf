/* A publication's stream on its way past Python, and the packets of it that may be asked for again. */
#include "inside.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((MOST_KEPT & (MOST_KEPT - 1)) == 0, "a ring by low bits");
_Static_assert(offsetof(struct lane, told) == 0, "a lane begins with what Python sees of it");

static uint32_t row_of(uint32_t ssrc) { return ssrc * 2654435761u >> 24; }
_Static_assert(LANE_ROWS == 256, "the high byte of the product");

lane_t *plane_lane(plane_t *plane, uint64_t handle, uint32_t ssrc) {
    struct lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        return NULL;
    lane->told.id = ++plane->lanes_made;
    lane->told.leg = handle;
    lane->told.ssrc = ssrc;
    lane->next = plane->lanes[row_of(ssrc)];
    plane->lanes[row_of(ssrc)] = lane;
    return &lane->told;
}

static void let_go(struct lane *lane) {
    for (uint32_t at = 0; at < MOST_KEPT; at++)
        free(lane->ring[at]);
    free(lane);
}

void plane_close_lane(plane_t *plane, lane_t *told) {
    struct lane **at = &plane->lanes[row_of(told->ssrc)];
    for (; *at != NULL; at = &(*at)->next)
        if (&(*at)->told == told) {
            struct lane *lane = *at;
            *at = lane->next;
            let_go(lane);
            return;
        }
}

void drop_lanes(struct plane *plane) {
    for (uint32_t row = 0; row < LANE_ROWS; row++)
        for (struct lane *lane = plane->lanes[row]; lane != NULL;) {
            struct lane *next = lane->next;
            let_go(lane);
            lane = next;
        }
}

struct lane *lanes_near(const struct plane *plane, uint32_t ssrc) { return plane->lanes[row_of(ssrc)]; }

const struct kept *keep(struct lane *lane, const packet_t *packet, const uint8_t *payload, uint32_t bytes) {
    struct kept *kept = malloc(sizeof *kept + bytes), **place = &lane->ring[packet->sequence & (MOST_KEPT - 1)];
    if (kept == NULL)
        return NULL;
    kept->packet = *packet;
    kept->bytes = bytes;
    memcpy(kept->payload, payload, bytes);
    free(*place);
    *place = kept;
    return kept;
}

const char *lane_kept(const lane_t *told, int64_t sequence, packet_t *packet, uint32_t *bytes) {
    const struct lane *lane = (const struct lane *)told;
    const struct kept *kept = lane->ring[sequence & (MOST_KEPT - 1)];
    if (kept == NULL || kept->packet.sequence != sequence)
        return NULL;
    *packet = kept->packet;
    *bytes = kept->bytes;
    return (const char *)kept->payload;
}
