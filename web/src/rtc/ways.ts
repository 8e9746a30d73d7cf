/** Which ways media may take, as the server says; kept for half of its life, so that most connections need not ask. */
import type { ReadonlySignal } from '@preact/signals'
import type { Ice, PersonId } from '../contract'

export class Ways {
  private kept: { ice: Ice; person: PersonId | null; untilMs: number } | null = null

  /** `person`: who is signed in; the credentials are theirs alone. `ask` rejects with a Refusal. */
  constructor(
    private readonly person: ReadonlySignal<PersonId | null>,
    private readonly ask: () => Promise<Ice>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Fresh enough to begin a connection. Rejects as `ask` does. */
  async get(): Promise<Ice> {
    const person = this.person.peek()
    if (this.kept && this.kept.person === person && this.nowMs() < this.kept.untilMs) return this.kept.ice
    const ice = await this.ask()
    this.kept = { ice, person, untilMs: this.nowMs() + (ice.life_s * 1000) / 2 }
    return ice
  }
}
