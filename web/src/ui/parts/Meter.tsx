/** A level meter in bars: proof that the microphone hears something. */
import { t } from '../../i18n'

/** `level` is 0..1. */
export function Meter(props: { level: number; bars?: number }) {
  const bars = props.bars ?? 24
  const lit = Math.round(Math.min(1, Math.max(0, props.level)) * bars)
  return (
    <div
      class="meter"
      role="meter"
      aria-label={t('check.level')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(Math.min(1, Math.max(0, props.level)) * 100)}
      data-testid="level"
    >
      {Array.from({ length: bars }, (_, bar) => (
        <i key={bar} data-on={bar < lit ? '' : undefined} />
      ))}
    </div>
  )
}
