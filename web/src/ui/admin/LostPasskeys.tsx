/** For somebody whose device is lost: takes their passkeys away, and signs them out everywhere. */
import { Fingerprint } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PersonRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { toast } from '../parts/Toasts'

export function LostPasskeys(props: {
  record: PersonRecord
  busy: boolean
  carryOut: (wish: () => Promise<void>) => Promise<void>
  onDone: () => void
}) {
  const model = useModel()
  const { person, passkeys } = props.record
  const [sure, setSure] = useState(false)
  if (passkeys === 0) return null
  return (
    <Button
      kind={sure ? 'danger' : 'plain'}
      icon={Fingerprint}
      disabled={props.busy}
      testid="person-passkeys"
      onClick={(event) => {
        if (!sure) return setSure(true)
        if (event.detail > 1) return // the second click of two is no answer to the question
        void props.carryOut(async () => {
          await model.organisation.takePasskeys(person.id)
          toast(() => t('admin.passkeys_taken', { name: nameOf(person.name) }))
          props.onDone()
        })
      }}
    >
      {t(sure ? 'admin.passkeys_sure' : 'admin.passkeys_take', { count: passkeys })}
    </Button>
  )
}
