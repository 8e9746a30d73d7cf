/** One's own account: the passkeys with which one signs in, named by the device they are on, and a copy of one's data. */
import { Fingerprint, LogIn, Plus, Trash2 } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { Passkey } from '../../contract'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { Listed } from '../admin/Frame'
import { useLoaded } from '../admin/useLoaded'
import { Desk } from '../desk/Desk'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { CopyLink } from '../parts/CopyLink'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { toast } from '../parts/Toasts'

const WORDS = {
  conflict: 'account.there',
  over: 'account.not_made',
  passkey_refused: 'account.not_made',
  too_many: 'account.too_many',
} as const

export function AccountPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.passkeys.list(), [model]))
  const [adding, setAdding] = useState(false)
  const [again, setAgain] = useState(false)
  const found = loaded.value
  const why = found && (found.allowed ? model.passkeys.hindrance(found.host) : 'provider')

  /** Whether it was done; who signed in long ago is asked to do it again. */
  const carryOut = async (wish: Promise<void>): Promise<boolean> => {
    try {
      await wish
    } catch (reason) {
      if (!(reason instanceof Refusal) || reason.code !== 'sign_in_again')
        return act(Promise.reject(reason), WORDS)
      setAdding(false)
      setAgain(true)
      return false
    }
    loaded.reload()
    return true
  }

  return (
    <Desk>
      <main class="admin">
        <header class="page-head">
          <h1>{t('account.title')}</h1>
          <div class="admin-acts">
            {found && !why && (
              <Button kind="main" icon={Plus} onClick={() => setAdding(true)} testid="passkey-add">
                {t('account.add')}
              </Button>
            )}
          </div>
        </header>
        <h2>{t('account.passkeys')}</h2>
        <p class="second" data-testid="passkeys-lead">
          {t(why ? `account.why.${why}` : 'account.lead', { host: found?.host ?? '' })}
        </p>
        <Listed loaded={loaded} icon={Fingerprint} empty={found?.passkeys.length === 0 && t('account.none')}>
          <div class="admin-scroll" tabIndex={0} role="region" aria-label={t('account.passkeys')}>
            <table class="admin-table">
              <tbody>
                {found?.passkeys.map((one) => (
                  <Row key={one.id} passkey={one} carryOut={carryOut} />
                ))}
              </tbody>
            </table>
          </div>
        </Listed>
        <h2>{t('account.data')}</h2>
        <p class="second">{t('account.data_lead')}</p>
        <CopyLink href="/api/me/copy" testid="account-copy" />
        {adding && <Adding carryOut={carryOut} onClose={() => setAdding(false)} />}
        {again && <Again onClose={() => setAgain(false)} />}
      </main>
    </Desk>
  )
}

function Row(props: { passkey: Passkey; carryOut: (wish: Promise<void>) => Promise<boolean> }) {
  const model = useModel()
  const { id, name, added_at, used_at } = props.passkey
  const now = model.tick.value
  const [sure, setSure] = useState(false)
  const remove = async (): Promise<void> => {
    setSure(false)
    if (await props.carryOut(model.passkeys.remove(id))) toast(() => t('account.removed', { name }))
  }
  return (
    <tr data-testid="passkey-row">
      <td>
        <strong>{name}</strong>
      </td>
      <td class="num second">
        {used_at === null
          ? t('account.unused', { time: when(added_at, now) })
          : t('account.used', { time: when(used_at, now) })}
      </td>
      <td>
        <Button
          kind={sure ? 'danger' : 'plain'}
          icon={Trash2}
          onClick={(event) => {
            if (!sure) return setSure(true)
            if (event.detail > 1) return // the second click of two is no answer to the question
            void remove()
          }}
          testid="passkey-remove"
        >
          {t(sure ? 'account.remove_sure' : 'account.remove')}
        </Button>
      </td>
    </tr>
  )
}

function Adding(props: { carryOut: (wish: Promise<void>) => Promise<boolean>; onClose: () => void }) {
  const model = useModel()
  const [name, setName] = useState('')
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    if (busy) return
    const called = name.trim()
    setMissing(!called)
    if (!called) return
    setBusy(true)
    const done = await props.carryOut(model.passkeys.add(called))
    setBusy(false)
    if (!done) return
    toast(() => t('account.added'))
    props.onClose()
  }
  return (
    <Dialog
      title={t('account.add')}
      testid="passkey-dialog"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button
            kind="main"
            busy={busy && t('account.adding')}
            onClick={() => void save()}
            testid="passkey-save"
          >
            {t('account.add')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Field
          label={t('account.name')}
          value={name}
          onInput={setName}
          hint={t('account.name_hint')}
          maxLength={40}
          error={missing ? t('account.missing') : null}
          testid="passkey-name"
        />
      </form>
    </Dialog>
  )
}

function Again(props: { onClose: () => void }) {
  const model = useModel()
  return (
    <Dialog
      title={t('account.again')}
      testid="passkey-again"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button
            kind="main"
            icon={LogIn}
            onClick={() => void act(model.signOut())}
            testid="passkey-again-yes"
          >
            {t('account.again_yes')}
          </Button>
        </>
      }
    >
      <p>{t('account.again_text')}</p>
    </Dialog>
  )
}
