/** The call as a visitor has it, on a phone as a rule: the others, the own picture, pointers; no chat, no photos. */
import { Mic, MicOff, PhoneOff, SwitchCamera, Video as VideoIcon, VideoOff } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { CallBanner } from '../call/CallBanner'
import { MoreTiles } from '../call/MoreTiles'
import { Stage } from '../call/Stage'
import { Tile } from '../call/Tile'
import { useCall } from '../call/useCall'
import { QualityChip, RecordingChip, otherWords } from '../call/Words'
import { useModel } from '../model'
import { useMedia, useTheme } from '../parts/hooks'
import { Tool } from '../parts/Tool'

export function VisitorCall(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const { me, other, beside, now, leaving, hangUp, toggleMute, toggleCamera } = useCall(room)
  const [large, setLarge] = useState<string>('other')
  const upright = useMedia('(orientation: portrait)')
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  if (!me) return null
  const third = beside.find((one) => one.person.id === large)
  const shown = third ?? (large !== 'own' && other ? other : me)
  const ownLarge = shown === me
  return (
    <main class="call" data-side="visitor" data-testid="call">
      <header class="call-bar">
        <h1>{nameOf(room.call?.store.name)}</h1>
        <QualityChip own={model.quality.value} other={other} peer={model.peer.value} />
        <RecordingChip room={room} now={now} />
      </header>
      <CallBanner room={room} other={other} />
      <div class="call-stage">
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
      </div>
      <div
        class="call-tools"
        role="toolbar"
        aria-label={t('call.tools')}
        aria-orientation={upright ? 'horizontal' : 'vertical'}
      >
        <Tool
          icon={muted ? MicOff : Mic}
          word={muted ? t('tool.muted') : t('tool.mute')}
          face={muted ? 'shut' : 'usual'}
          pressed={muted}
          testid="mute"
          onClick={toggleMute}
        />
        <Tool
          icon={cameraOff ? VideoOff : VideoIcon}
          word={cameraOff ? t('tool.camera_is_off') : t('tool.camera_off')}
          face={cameraOff ? 'shut' : 'usual'}
          pressed={cameraOff}
          testid="camera-off"
          onClick={toggleCamera}
        />
        <Tool
          icon={SwitchCamera}
          word={t('tool.switch')}
          face={model.cameras.value.length > 1 ? 'usual' : 'absent'}
          testid="switch-camera"
          onClick={() => void act(model.switchCamera())}
        />
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
