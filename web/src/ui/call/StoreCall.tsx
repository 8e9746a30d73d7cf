/** The call on the tablet: the own camera large with the expert's pointer on it, tools with words on the right edge. */
import { Camera, MessageSquare, PhoneOff, X } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { holdOf } from '../../model/onhold'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Badge } from '../parts/Chip'
import { Avatar } from '../parts/Person'
import { OwnTools } from './OwnTools'
import { Tool } from '../parts/Tool'
import { useMedia, useTheme } from '../parts/hooks'
import { errorWords } from '../parts/Toasts'
import { CallBanner } from './CallBanner'
import { ChatPanel } from './ChatPanel'
import { MoveTool } from './ContinueOn'
import { Waits } from './OnHold'
import { Stage } from './Stage'
import { StillStrip } from './Stills'
import { Tiles } from './Tiles'
import { QualityChip, RecordingChip, callName, otherWords } from './Words'
import { useCall } from './useCall'

export function StoreCall(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const { me, other, beside, shown, show, now, leaving, hangUp } = useCall(room, 'own')
  const [panel, setPanel] = useState<'chat' | 'stills' | null>(null)
  const upright = useMedia('(orientation: portrait)')
  const chat = model.chat(room.id)
  const unread = chat.unread.value
  const still = model.still.value
  const cameraOff = model.cameraOff.value
  const [flash, setFlash] = useState(false)
  const taking = still?.step === 'taking'
  useEffect(() => {
    if (!taking) return
    setFlash(true)
    const timer = setTimeout(() => setFlash(false), 400)
    return () => clearTimeout(timer)
  }, [taking])

  if (!me || !shown) return null
  const ownLarge = shown === me
  const name = other ? callName(other) : ''
  const asker = room.members.find((member) => member.host)
  const lastLine = chat.lines.value.at(-1)
  const plate = still ? (
    <>
      <Camera class="icon" size={22} aria-hidden="true" />
      <strong>
        {still.step === 'failed'
          ? errorWords(still.problem)
          : t(`still.${still.step}_${still.unasked ? 'self' : 'own'}`, { name: nameOf(asker?.person.name) })}
      </strong>
    </>
  ) : null
  const showChat = panel === 'chat' || upright
  const peer = model.peer.value
  const lost = peer === 'recovering' || peer === 'failed'
  const seen = other?.state === 'joined' && peer === 'connected'
  const hold = holdOf(room)
  const sight = cameraOff ? 'call.hint_off' : seen ? 'call.hint' : 'call.hint_wait'
  const hint = lost ? 'call.hint_lost' : hold ? 'hold.hint' : sight

  return (
    <main class="call" data-side="store" data-panel={panel ?? undefined} data-testid="call">
      <header class="call-bar">
        {other ? (
          <div class="call-who">
            <Avatar person={other.person} size="l" />
            <div>
              <h1>{name}</h1>
              <p class="second">{nameOf(other.person.title) || t(`admin.roles.${other.person.role}`)}</p>
            </div>
          </div>
        ) : (
          <h1>{t('call.waiting_them')}</h1>
        )}
        {!hold && <QualityChip own={model.quality.value} other={other} peer={peer} />}
        <RecordingChip room={room} now={now} />
      </header>

      <CallBanner room={room} other={other} />

      <div class="call-stage">
        {hold ? (
          <Waits room={room} hold={hold} />
        ) : (
          <Stage
            member={shown}
            own={ownLarge}
            takes="press"
            plate={plate}
            flash={flash}
            note={other ? otherWords(other) : null}
          >
            {other && (
              <Tiles
                other={other}
                own={{ ...me, camera_off: cameraOff }}
                beside={beside}
                large={shown}
                onPick={show}
              />
            )}
          </Stage>
        )}
      </div>

      <footer class="call-foot">
        <div class="call-hint">
          {lastLine && !lastLine.mine ? (
            <>
              <p class="call-hint-title">{lastLine.body}</p>
              <p class="second">{t('call.wrote', { name })}</p>
            </>
          ) : (
            <>
              <p class="call-hint-title">{t(hint, { name })}</p>
              <p class="second">{t(`${hint}_more`, { name })}</p>
            </>
          )}
        </div>
        {room.stills.length > 0 && (
          <Button
            kind="soft"
            icon={Camera}
            pressed={panel === 'stills'}
            testid="open-stills"
            onClick={() => setPanel(panel === 'stills' ? null : 'stills')}
          >
            {t('still.count', { count: room.stills.length })}
          </Button>
        )}
      </footer>

      {(showChat || panel === 'stills') && (
        <aside class="call-panel" aria-label={t(panel === 'stills' ? 'still.title' : 'chat.title')}>
          {(!upright || panel === 'stills') && (
            <div class="panel-head">
              <h2>{t(panel === 'stills' ? 'still.title' : 'chat.title')}</h2>
              <Button kind="quiet" iconOnly icon={X} label={t('act.close')} onClick={() => setPanel(null)} />
            </div>
          )}
          {panel === 'stills' ? <StillStrip room={room} /> : <ChatPanel room={room} to={name} />}
        </aside>
      )}

      <div
        class="call-tools"
        role="toolbar"
        aria-label={t('call.tools')}
        aria-orientation={upright ? 'horizontal' : 'vertical'}
      >
        <OwnTools />
        <Tool
          icon={MessageSquare}
          word={t('tool.chat')}
          face={panel === 'chat' ? 'on' : 'usual'}
          expanded={showChat}
          testid="chat"
          onClick={() => setPanel(panel === 'chat' ? null : 'chat')}
        >
          {!showChat && <Badge count={unread} tone="good" label={t('chat.unread', { count: unread })} />}
        </Tool>
        <MoveTool room={room} />
        <span class="tools-gap" />
        <Tool
          icon={PhoneOff}
          word={leaving ? t('tool.hanging_up') : t('tool.hang_up')}
          danger
          testid="hang-up"
          onClick={hangUp}
        />
      </div>
    </main>
  )
}
