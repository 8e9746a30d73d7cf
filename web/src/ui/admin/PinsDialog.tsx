/** The PINs of a store's people: who has one, who is locked; a PIN of one use is shown once, to be told to its person. */
import { KeyRound, LockOpen } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { Pins, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { until } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Dialog } from '../parts/Dialog'
import { toast } from '../parts/Toasts'
import { Listed } from './Frame'
import { useLoaded } from './useLoaded'

type Line = Pins['people'][number]
const TONES = { own: 'good', once: 'info', expired: 'warn', none: 'plain' } as const

export function PinsDialog(props: { store: StoreRecord; onClose: () => void }) {
  const model = useModel()
  const { store } = props
  const loaded = useLoaded(useCallback(() => model.takeOver.pins(store.id), [model, store.id]))
  const [given, setGiven] = useState<{ line: Line; pin: string; until: number } | null>(null)
  const give = async (line: Line): Promise<void> => {
    let made: { pin: string; expires_at: number } | undefined
    const asked = model.takeOver.givePin(store.id, line.id).then((one) => (made = one))
    if (!(await act(asked)) || !made) return
    setGiven({ line, pin: made.pin, until: made.expires_at })
    loaded.reload()
  }
  const unlock = async (subject: string, name: string): Promise<void> => {
    if (!(await act(model.takeOver.unlock(store.id, subject)))) return
    toast(() => t('pins.unlocked', { name }))
    loaded.reload()
  }
  const lines = loaded.value?.people ?? []
  return (
    <Dialog
      title={t('pins.title', { store: nameOf(store.name) })}
      size="wide"
      testid="pins-dialog"
      onClose={props.onClose}
      acts={<Button onClick={props.onClose}>{t('pins.close')}</Button>}
    >
      <p class="second">{t('pins.lead')}</p>
      {given && (
        <div class="pins-given" role="status" data-testid="pin-given">
          <p>
            {t('pins.given', { name: nameOf(given.line.name), until: until(given.until, model.tick.value) })}
          </p>
          <strong class="admin-digits">{given.pin}</strong>
        </div>
      )}
      <Listed loaded={loaded} icon={KeyRound} empty={lines.length === 0 && t('pins.nobody')}>
        <table class="admin-table" data-testid="pins-table">
          <tbody>
            {lines.map((line) => (
              <tr key={line.id} data-testid={`pins-${line.id}`}>
                <td>
                  <strong>{nameOf(line.name)}</strong>{' '}
                  <span class="caption">{t(`admin.roles.${line.role}`)}</span>
                </td>
                <td>
                  {line.locked_until !== null && line.locked_until !== undefined ? (
                    <Chip tone="bad">
                      {t('pins.locked', { until: until(line.locked_until, model.tick.value) })}
                    </Chip>
                  ) : (
                    <Chip tone={TONES[line.state]}>{t(`pins.states.${line.state}`)}</Chip>
                  )}
                </td>
                <td>
                  {line.may_give && line.locked_until !== null && line.locked_until !== undefined && (
                    <Button
                      icon={LockOpen}
                      onClick={() => void unlock(line.id, nameOf(line.name))}
                      testid={`unlock-${line.id}`}
                    >
                      {t('pins.unlock')}
                    </Button>
                  )}
                  {line.may_give && (
                    <Button icon={KeyRound} onClick={() => void give(line)} testid={`give-${line.id}`}>
                      {t('pins.give')}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {(loaded.value?.locked ?? []).map((one) => (
          <p key={one.id} class="pins-tablet">
            <Chip tone="bad">
              {t('pins.tablet_locked', { until: until(one.locked_until, model.tick.value) })}
            </Chip>
            <Button
              icon={LockOpen}
              onClick={() => void unlock(one.id, t('pins.tablet'))}
              testid={`unlock-${one.id}`}
            >
              {t('pins.unlock')}
            </Button>
          </p>
        ))}
      </Listed>
    </Dialog>
  )
}
