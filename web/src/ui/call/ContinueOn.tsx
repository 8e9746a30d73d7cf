/** At which of one's own other devices the call goes on. */
import { Laptop, MonitorSmartphone, Smartphone, Tablet } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { OwnClient, RoomState } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Tool } from '../parts/Tool'

const SIGNS = { phone: Smartphone, tablet: Tablet, computer: Laptop }
const REFUSED = { not_found: 'place.gone' }

export const placeName = (place: OwnClient): string =>
  [t(`place.${place.kind}`), place.name].filter(Boolean).join(' · ')

/** The way there, for whoever has another device open. */
export function MoveTool(props: { room: RoomState }) {
  const model = useModel()
  const [open, setOpen] = useState(false)
  return (
    <>
      {model.places.value.length > 0 && (
        <Tool
          icon={MonitorSmartphone}
          word={t('place.tool')}
          testid="continue-on"
          onClick={() => setOpen(true)}
        />
      )}
      {open && <ContinueOn room={props.room} onClose={() => setOpen(false)} />}
    </>
  )
}

export function ContinueOn(props: { room: RoomState; onClose: () => void }) {
  const model = useModel()
  const { room, onClose } = props
  const places = model.places.value
  const asked = model.handingOver.value
  return (
    <Dialog
      title={t('place.title')}
      testid="continue-on-dialog"
      onClose={onClose}
      acts={<Button onClick={onClose}>{t('act.close')}</Button>}
    >
      <ul class="places">
        {places.map((place) => (
          <li key={place.session}>
            <Button
              kind="soft"
              icon={SIGNS[place.kind]}
              testid={`continue-on-${place.session}`}
              busy={asked?.session === place.session && t('place.asked', { name: placeName(place) })}
              disabled={asked !== null}
              onClick={() => void act(model.handOver(room.id, place.session), REFUSED)}
            >
              {placeName(place)}
            </Button>
          </li>
        ))}
      </ul>
      {places.length === 0 && <p class="second">{t('place.nowhere')}</p>}
      <p class="second">{t('place.words')}</p>
    </Dialog>
  )
}
