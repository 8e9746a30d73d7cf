/** Bots of group chats, as administrators see and set them. */
import type { Bot, BotDraft } from '../contract'
import { call } from '../link/http'

export interface BotDesk {
  list(): Promise<Bot[]>
  /** Refusals: bad_message for an address that is not of this chat, too_many. */
  add(draft: BotDraft): Promise<Bot>
  /** Without an address or secret it keeps its own. Refusals: precondition if it is another than that of the tag
   * `replaces` by now. */
  change(bot: Bot['id'], draft: BotDraft, replaces: string): Promise<Bot>
  remove(bot: Bot['id']): Promise<void>
  /** Posts a message. Why it did not arrive, or null. */
  tryOut(bot: Bot['id']): Promise<string | null>
}

const path = (bot: Bot['id']): string => `/api/bots/${encodeURIComponent(bot)}`

export const bots: BotDesk = {
  list: async () => (await call<{ bots: Bot[] }>('GET', '/api/bots')).bots,
  add: (body) => call('POST', '/api/bots', { body }),
  change: (bot, body, replaces) => call('PUT', path(bot), { body, replaces }),
  remove: (bot) => call('DELETE', path(bot)),
  tryOut: async (bot) => (await call<{ problem: string | null }>('POST', `${path(bot)}/try`)).problem,
}
