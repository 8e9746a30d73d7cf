/** What happened before: the archive's list, one replay, publishing. */
import type { ArchivePage, CallQuality, Replay, Role, RoomId } from '../contract'
import { call } from '../link/http'
import type { Model } from './api'
import { createPlayer } from './player'

const part = encodeURIComponent

export const fileUrl = (room: RoomId, file: string): string =>
  `/api/archive/${part(room)}/files/${part(file)}`

export const archive: Model['archive'] = {
  list: (before, equipment) => {
    const query = new URLSearchParams()
    if (before) query.set('before', before)
    if (equipment) query.set('equipment', equipment)
    return call<ArchivePage>('GET', `/api/archive?${query}`)
  },
  get: (room) => call<Replay>('GET', `/api/archive/${part(room)}`),
  open: (replay) =>
    createPlayer(replay, (file) => fileUrl(replay.entry.room, file), {
      save: (position_s, done) =>
        call<null>('PUT', `/api/archive/${part(replay.entry.room)}/progress`, {
          body: { position_s, done },
          keepalive: true,
        }),
    }),
  publish: async (room, roles: readonly Role[]) => {
    await call<null>('PUT', `/api/archive/${part(room)}/publish`, { body: { roles } })
  },
  fileUrl,
  quality: (room) => call<CallQuality>('GET', `/api/archive/${part(room)}/quality`),
}
