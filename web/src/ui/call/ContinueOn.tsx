/** At which of one's own other devices the call goes on. */
import { Laptop, Smartphone, Tablet } from 'lucide-preact'
import type { OwnClient, RoomState } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

const SIGNS = { phone: Smartphone, tablet: Tablet, computer: Laptop }
const REFUSED = { not_found: 'place.gone' }

export const placeName = (place: OwnClient): string =>
  [t(`place.${place.kind}`), place.name].filter(Boolean).join(' · ')

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
