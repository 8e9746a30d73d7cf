/** The chain's rules as they are without being set. */
import type { Policies } from '../../contract'

export const POLICIES: Policies = {
  stores_call: true,
  headquarters_calls: true,
  colleagues_call: true,
  recorded: 'always',
  archive: {
    store: 'place',
    store_manager: 'place',
    manager: 'place',
    expert: 'own',
    trainer: 'own',
    operations: 'place',
    auditor: 'place',
  },
  guests: true,
  pin_idle_min: 10,
}
