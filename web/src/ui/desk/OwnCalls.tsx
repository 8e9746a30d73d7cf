/** What calls one at headquarters, on whatever page one is: what rings, and which colleague one missed. */
import { Volume2 } from 'lucide-preact'
import type { RoomState } from '../../contract'
import { t } from '../../i18n'
import { HEADQUARTERS, holds } from '../../model/roles'
import { act } from '../act'
import { Incoming } from '../console/Incoming'
import { useDirectCall } from '../directory/useDirectCall'
import { MissedCalls } from '../home/MissedCalls'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'

/** `rings`: what the page does not show in a place of its own. */
export function OwnCalls(props: { rings: readonly RoomState[] }) {
  const { rings } = props
  const model = useModel()
  const me = model.me.value
  const call = useDirectCall(me?.policies?.colleagues_call !== false)
  if (!holds(me, HEADQUARTERS)) return null
  return (
    <div class="own-calls" data-testid="own-calls">
      {rings.length > 0 && model.soundBlocked.value && (
        <Banner
          icon={Volume2}
          title={t('console.sound_blocked')}
          text={t('console.sound_blocked_text')}
          act={
            <Button icon={Volume2} onClick={() => void act(model.unblockSound())}>
              {t('console.sound_on')}
            </Button>
          }
        />
      )}
      <div class="incoming-list" aria-live="assertive">
        {rings.map((room) => (
          <Incoming key={room.id} room={room} first={false} />
        ))}
      </div>
      <MissedCalls
        now={model.tick.value}
        busy={call.off}
        words="find.missed"
        onCall={({ by }) => call.on(by.id, { person: by.id })}
      />
    </div>
  )
}
