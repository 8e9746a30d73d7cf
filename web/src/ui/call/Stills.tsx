/** Photos of a room: a strip in the order they were taken, and each one large. */
import { Camera, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState, Still } from '../../contract'
import { t } from '../../i18n'
import { timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

export function StillDialog(props: { room: string; still: Still; number: number; onClose: () => void }) {
  const model = useModel()
  const { still } = props
  return (
    <Dialog
      size="picture"
      title={t('still.name', { n: props.number })}
      testid="still-large"
      onClose={props.onClose}
      aside={<Button kind="quiet" iconOnly icon={X} label={t('act.close')} onClick={props.onClose} />}
    >
      <p class="caption">
        {t('still.facts', { time: timeOfDay(still.taken_at), w: still.width_px, h: still.height_px })}
      </p>
      <img
        class="still-large"
        src={model.stillUrl(props.room, still.id)}
        width={still.width_px}
        height={still.height_px}
        alt={t('still.name', { n: props.number })}
      />
    </Dialog>
  )
}

export function StillStrip(props: { room: RoomState; empty?: string; pending?: boolean }) {
  const model = useModel()
  const [open, setOpen] = useState<number | null>(null)
  const stills = props.room.stills
  const shown = open === null ? undefined : stills[open]
  return (
    <div class="strip" data-testid="stills">
      {stills.length === 0 && !props.pending && props.empty && (
        <p class="strip-empty">
          <Camera class="icon" size={20} aria-hidden="true" />
          {props.empty}
        </p>
      )}
      <ol class="strip-list">
        {stills.map((still, index) => (
          <li key={still.id}>
            <button type="button" class="thumb" data-testid="still" onClick={() => setOpen(index)}>
              <img src={model.stillUrl(props.room.id, still.id)} alt="" loading="lazy" />
              <span>{t('still.name', { n: index + 1 })}</span>
            </button>
          </li>
        ))}
        {props.pending && (
          <li>
            <span class="thumb" data-pending role="status">
              <span class="thumb-wait">
                <span class="spin" aria-hidden="true" />
              </span>
              <span>{t('still.taking')}</span>
            </span>
          </li>
        )}
      </ol>
      {shown && (
        <StillDialog
          room={props.room.id}
          still={shown}
          number={(open ?? 0) + 1}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  )
}
