/** How quickly a call got from stage to stage, in one line. */
import type { Timings } from '../../contract'
import { t } from '../../i18n'
import { brief } from '../format'
import { stages } from './stages'

export function StageLine(props: { timings: Timings }) {
  return (
    <ol class="timings" data-testid="timings">
      {stages(props.timings).map((step) => (
        <li key={step.key} data-stage={step.key} data-ms={step.ms}>
          <span class="second">{t(`timing.${step.key}`)}</span>
          <strong class="num">{brief(step.ms)}</strong>
        </li>
      ))}
    </ol>
  )
}
