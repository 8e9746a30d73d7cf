/** When at night tablets test themselves, each in its own time zone. */
import { useState } from 'preact/hooks'
import type { SelfTestWindow } from '../../../contract'
import { t } from '../../../i18n'
import { act } from '../../act'
import { useModel } from '../../model'
import { Button } from '../../parts/Button'

const text = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** NaN for what is no time. */
function minuteOf(value: string): number {
  const [hour, minute] = value.split(':').map(Number)
  return (hour ?? NaN) * 60 + (minute ?? NaN)
}

export function WindowForm(props: { window: SelfTestWindow; onSaved: () => void }) {
  const model = useModel()
  const [from, setFrom] = useState(text(props.window.from_min))
  const [to, setTo] = useState(text(props.window.to_min))
  const [busy, setBusy] = useState(false)
  const window = { from_min: minuteOf(from), to_min: minuteOf(to) }
  const same = window.from_min === props.window.from_min && window.to_min === props.window.to_min
  const enough = (window.to_min - window.from_min + 1440) % 1440 >= 30
  const save = async (): Promise<void> => {
    setBusy(true)
    if (await act(model.health.setWindow(window))) props.onSaved()
    setBusy(false)
  }
  return (
    <form
      class="health-window"
      data-testid="health-window"
      onSubmit={(event) => {
        event.preventDefault()
        if (enough && !same) void save()
      }}
    >
      <label class="field">
        <span class="legend">{t('health.window_from')}</span>
        <input
          class="input"
          type="time"
          value={from}
          data-testid="health-from"
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span class="legend">{t('health.window_to')}</span>
        <input
          class="input"
          type="time"
          value={to}
          data-testid="health-to"
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <Button
        type="submit"
        disabled={same || !enough}
        busy={busy && t('health.window_saving')}
        testid="health-window-save"
      >
        {t('health.window_save')}
      </Button>
      <p class="second">{enough ? t('health.window_text') : t('health.window_short')}</p>
    </form>
  )
}
