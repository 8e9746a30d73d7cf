/** The call as a visitor has it, on a phone as a rule: the others, the own picture, pointers; no chat, no photos. */
import { PhoneOff } from 'lucide-preact'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { CallBanner } from '../call/CallBanner'
import { Waits } from '../call/OnHold'
import { Stage } from '../call/Stage'
import { Tiles } from '../call/Tiles'
import { useCall } from '../call/useCall'
import { QualityChip, RecordingChip, otherWords } from '../call/Words'
import { holdOf } from '../../model/onhold'
import { whoseCall } from '../../model/room'
import { useModel } from '../model'
import { useMedia, useTheme } from '../parts/hooks'
import { OwnTools } from '../call/OwnTools'
import { Tool } from '../parts/Tool'

export function VisitorCall(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const { me, other, beside, shown, show, now, leaving, hangUp } = useCall(room, 'other')
  const upright = useMedia('(orientation: portrait)')
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  if (!me || !shown) return null
  const ownLarge = shown === me
  const hold = holdOf(room)
  return (
    <main class="call" data-side="visitor" data-testid="call">
      <header class="call-bar">
        <h1>{nameOf(whoseCall(room))}</h1>
        {!hold && <QualityChip own={model.quality.value} other={other} peer={model.peer.value} />}
        <RecordingChip room={room} now={now} />
      </header>
      <CallBanner room={room} other={other} />
      <div class="call-stage">
        {hold ? (
          <Waits room={room} hold={hold} visitor />
        ) : (
          <Stage member={shown} own={ownLarge} takes="press" note={other ? otherWords(other) : null}>
            {other && (
              <Tiles
                other={other}
                own={{ ...me, camera_off: cameraOff, muted }}
                beside={beside}
                large={shown}
                onPick={show}
              />
            )}
          </Stage>
        )}
      </div>
      <div
        class="call-tools"
        role="toolbar"
        aria-label={t('call.tools')}
        aria-orientation={upright ? 'horizontal' : 'vertical'}
      >
        <OwnTools />
        <Tool
          icon={PhoneOff}
          word={leaving ? t('tool.hanging_up') : t('tool.leave')}
          danger
          testid="hang-up"
          onClick={hangUp}
        />
      </div>
    </main>
  )
}
