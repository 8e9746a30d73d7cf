/** "Ring me when this page is closed": one switch, and where it cannot be on, what to do about it. */
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'

export function PushSwitch() {
  const { push } = useModel()
  const [busy, setBusy] = useState(false)
  const state = push.state.value
  if (state === 'absent') return null

  const set = (on: boolean): void => {
    setBusy(true)
    void act(on ? push.turnOn() : push.turnOff()).finally(() => setBusy(false))
  }
  return (
    <section class="push" data-testid="push" data-state={state}>
      <label class="check">
        <input
          type="checkbox"
          checked={state === 'on'}
          disabled={busy || state === 'unsupported' || state === 'denied'}
          data-testid="push-switch"
          aria-describedby="push-words"
          onChange={(event) => {
            const wanted = event.currentTarget.checked
            event.currentTarget.checked = state === 'on' // until it is so
            set(wanted)
          }}
        />
        <span>{t('push.switch')}</span>
      </label>
      <p class="caption" id="push-words" role="status">
        {t(`push.${state}`)}
      </p>
    </section>
  )
}
