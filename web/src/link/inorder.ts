/** Makes one channel's messages contiguous: duplicates dropped, early ones held, gaps named. Pure. */
import type { ChatMessage } from '../contract'

const MOST_HELD = 500

export class InOrder {
  private readonly held = new Map<number, ChatMessage>()

  /** `upto`: everything up to this sequence number has been taken. */
  constructor(public upto: number) {}

  /** The messages that may be shown now, in order; empty for a duplicate or one that came too early. */
  take(message: ChatMessage): ChatMessage[] {
    if (message.seq <= this.upto) return []
    this.held.set(message.seq, message)
    const ready: ChatMessage[] = []
    for (let next = this.held.get(this.upto + 1); next; next = this.held.get(this.upto + 1)) {
      this.held.delete(next.seq)
      this.upto = next.seq
      ready.push(next)
    }
    if (this.held.size > MOST_HELD) this.held.clear()
    return ready
  }

  /** Something later than the next message is here: ask for what is between. */
  get hasGap(): boolean {
    return this.held.size > 0
  }
}
