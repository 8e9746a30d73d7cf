/** The call as a visitor has it, on a phone as a rule: the others, the own picture, pointers; no chat, no photos. */
import { PhoneOff } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { CallBanner } from '../call/CallBanner'
import { MoreTiles } from '../call/MoreTiles'
import { Waits } from '../call/OnHold'
import { Stage } from '../call/Stage'
import { Tile } from '../call/Tile'
import { useCall } from '../call/useCall'
import { QualityChip, RecordingChip, otherWords } from '../call/Words'
import { holdOf } from '../../model/onhold'
import { useModel } from '../model'
import { useMedia, useTheme } from '../parts/hooks'
import { OwnTools } from '../call/OwnTools'
import { Tool } from '../parts/Tool'

export function VisitorCall(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const { me, other, beside, now, leaving, hangUp } = useCall(room)
  const [large, setLarge] = useState<string>('other')
  const upright = useMedia('(orientation: portrait)')
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  if (!me) return null
  const third = beside.find((one) => one.person.id === large)
  const shown = third ?? (large !== 'own' && other ? other : me)
  const ownLarge = shown === me
  const hold = holdOf(room)
  return (
    <main class="call" data-side="visitor" data-testid="call">
      <header class="call-bar">
        <h1>{nameOf(room.call?.store.name)}</h1>
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
              <div class="tiles">
                {(ownLarge || third) && <Tile member={other} onPick={() => setLarge('other')} />}
                {!ownLarge && (
                  <Tile
                    member={{ ...me, camera_off: cameraOff, muted }}
                    own
                    mirrored={model.facing.value === 'user'}
                    onPick={() => setLarge('own')}
                  />
                )}
                <MoreTiles members={beside} large={third} onPick={setLarge} />
              </div>
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
