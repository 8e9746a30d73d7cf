/** Lines of the audit for the gallery. */
import type { AuditLine } from '../../contract'
import { ADMIN, CHEN, HE, NOW, TABLETS, XIAOLIN } from './people'

function line(seq: number, action: AuditLine['action'], more: Partial<AuditLine>): AuditLine {
  return {
    seq,
    at: NOW - (4_212 - seq) * 412_000,
    action,
    person: null,
    name: null,
    object: null,
    about: null,
    address: '10.20.17.4',
    detail: '',
    hash: '',
    ...more,
  }
}
const by = (person: { id: string; name: AuditLine['name'] }): Partial<AuditLine> => ({
  person: person.id,
  name: person.name,
})
const ROOM = '01934b1c-7a70-7c11-9f39-8d1a35c0a1b2'

export const LINES: AuditLine[] = [
  line(4_212, 'audit_opened', { ...by(ADMIN), object: 'audit' }),
  line(4_211, 'replay_opened', { ...by(XIAOLIN), object: ROOM }),
  line(4_210, 'published', { ...by(CHEN), object: ROOM, detail: 'learner,store' }),
  line(4_209, 'room_closed', { object: ROOM, detail: 'hung_up', address: '' }),
  line(4_208, 'room_joined', { ...by(CHEN), object: ROOM, address: '' }),
  line(4_207, 'call_started', { ...by(TABLETS[0]!), object: ROOM, address: '' }),
  line(4_206, 'person_added', {
    object: XIAOLIN.id,
    about: XIAOLIN.name,
    detail: 'learner',
    address: 'command line',
  }),
  line(4_205, 'sign_in_failed', by(HE)),
]
