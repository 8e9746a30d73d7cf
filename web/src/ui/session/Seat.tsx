/** A store in a session: the trainer large, the others as tiles, and a hand to raise. */
import { DoorOpen, Hand, MessageSquare, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { hostOf, memberOf, othersSeated } from '../../model/room'
import { act } from '../act'
import { CallBanner } from '../call/CallBanner'
import { ChatPanel } from '../call/ChatPanel'
import { Stage } from '../call/Stage'
import { Tile } from '../call/Tile'
import { QualityChip, RecordingChip, otherWords } from '../call/Words'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Badge } from '../parts/Chip'
import { useMedia, useTheme } from '../parts/hooks'
import { Avatar } from '../parts/Person'
import { OwnTools } from '../call/OwnTools'
import { Tool } from '../parts/Tool'

export function Seat(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const mine = model.me.value?.person.id ?? ''
  const me = memberOf(room, mine)
  const [open, setOpen] = useState(false)
  const [large, setLarge] = useState<string | null>(null)
  const upright = useMedia('(orientation: portrait)')
  if (!me) return null

  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  const others = othersSeated(room, mine)
  const host = others.find((member) => member.host) ?? hostOf(room)
  const shown =
    others.find((member) => member.person.id === large) ?? others.find((member) => member.host) ?? others[0]
  const order = model.stage.value
  const visible = others.filter((member) => member !== shown && order.includes(member.person.id))
  const rest = others.length - visible.length - (shown ? 1 : 0)
  const place = room.hands.findIndex((hand) => hand.person === mine)
  const up = place >= 0
  const unread = model.chat(room.id).unread.value
  const showChat = open || upright

  return (
    <main class="call" data-side="store" data-panel={open ? 'chat' : undefined} data-testid="session">
      <header class="call-bar">
        <div class="call-who">
          {host && <Avatar person={host.person} size="l" />}
          <div>
            <h1>{nameOf(room.title) || t('session.untitled')}</h1>
            <p class="second">{host && t('session.led', { name: nameOf(host.person.name) })}</p>
          </div>
        </div>
        <QualityChip own={model.quality.value} peer={model.peer.value} />
        <RecordingChip room={room} now={model.tick.value} />
      </header>
      <CallBanner room={room} other={host?.state === 'away' ? host : null} />
      <div class="call-stage">
        <Stage
          member={shown ?? { ...me, camera_off: cameraOff }}
          own={!shown}
          takes="press"
          note={shown ? otherWords(shown) : t('session.wait_host')}
        >
          <div class="tiles">
            {visible.map((member) => (
              <Tile
                key={member.person.id}
                member={member}
                silent={!model.remote.value.get(member.person.id)?.camera}
                onPick={() => setLarge(member.person.id)}
              />
            ))}
            {shown && (
              <Tile
                member={{ ...me, camera_off: cameraOff, muted }}
                own
                mirrored={model.facing.value === 'user'}
              />
            )}
          </div>
        </Stage>
      </div>
      <footer class="call-foot">
        <div class="call-hint">
          <p class="call-hint-title">
            {up
              ? t('session.hand_is_up', { n: place + 1 })
              : muted
                ? t('session.muted_hint')
                : t('session.open_hint')}
          </p>
          <p class="second">
            {t('session.with', { count: others.length })}
            {rest > 0 ? t('session.rest', { count: rest }) : ''}
          </p>
        </div>
        {large && large !== host?.person.id && (
          <Button kind="soft" onClick={() => setLarge(null)}>
            {t('session.back_to_host')}
          </Button>
        )}
      </footer>
      {showChat && (
        <aside class="call-panel" aria-label={t('chat.title')}>
          {!upright && (
            <div class="panel-head">
              <h2>{t('chat.title')}</h2>
              <Button kind="quiet" iconOnly icon={X} label={t('act.close')} onClick={() => setOpen(false)} />
            </div>
          )}
          <ChatPanel room={room} to={t('session.everybody')} />
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
          icon={Hand}
          word={up ? t('tool.hand_down') : t('tool.hand_up')}
          face={up ? 'on' : 'usual'}
          pressed={up}
          testid="raise-hand"
          onClick={() => void act(model.raiseHand(room.id, !up))}
        />
        <Tool
          icon={MessageSquare}
          word={t('tool.chat')}
          face={open ? 'on' : 'usual'}
          expanded={showChat}
          testid="chat"
          onClick={() => setOpen(!open)}
        >
          {!showChat && <Badge count={unread} tone="good" label={t('chat.unread', { count: unread })} />}
        </Tool>
        <span class="tools-gap" />
        <Tool
          icon={DoorOpen}
          word={t('tool.leave')}
          danger
          testid="leave-room"
          onClick={() => void act(model.leaveRoom(room.id))}
        />
      </div>
    </main>
  )
}
