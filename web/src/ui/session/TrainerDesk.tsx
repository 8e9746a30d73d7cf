/** The trainer's desk: the own picture, the wall of stores, hands in order, the talk, and who is not here yet. */
import { Hand, MicOff, Square, Store, UserRoundX, Users } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { isGuest, isSeated, memberOf, othersSeated } from '../../model/room'
import { act } from '../act'
import { CallBanner } from '../call/CallBanner'
import { ChatPanel } from '../call/ChatPanel'
import { OwnTools } from '../call/OwnTools'
import { Stage } from '../call/Stage'
import { Tile } from '../call/Tile'
import { QualityChip, RecordingChip, callName } from '../call/Words'
import { clock } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Badge } from '../parts/Chip'
import { Dialog } from '../parts/Dialog'
import { useTheme } from '../parts/hooks'
import { Avatar, PresenceWord } from '../parts/Person'
import { Empty } from '../parts/State'
import { Tool } from '../parts/Tool'

export function TrainerDesk(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const mine = model.me.value?.person.id ?? ''
  const me = memberOf(room, mine)
  const [large, setLarge] = useState<string>(mine)
  const [tab, setTab] = useState<'chat' | 'missing'>('chat')
  const [ending, setEnding] = useState(false)
  const now = model.tick.value
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  if (!me) return null

  const others = othersSeated(room, mine)
  const order = model.stage.value
  const seen = new Set(order)
  const wall = [
    ...order
      .map((id) => others.find((member) => member.person.id === id))
      .filter((member) => member !== undefined),
    ...others.filter((member) => !seen.has(member.person.id)),
  ]
  const missing = room.members.filter(
    (member) => member.person.id !== mine && !isSeated(member) && !isGuest(member),
  )
  const stores = others.filter((member) => !isGuest(member)).length
  const shown = others.find((member) => member.person.id === large) ?? me
  const own = shown.person.id === mine
  const handOf = (id: string): number | undefined => {
    const at = room.hands.findIndex((hand) => hand.person === id)
    return at < 0 ? undefined : at + 1
  }
  const unread = model.chat(room.id).unread.value

  return (
    <main class="desk-room" data-testid="session">
      <header class="call-bar">
        <div class="call-who">
          <div>
            <h1>{nameOf(room.title) || t('session.untitled')}</h1>
            <p class="second">{nameOf(me.person.name)}</p>
          </div>
        </div>
        <p class="bar-chip" data-testid="here-count">
          <Store class="icon" size={20} aria-hidden="true" />
          <span>{t('session.here', { here: stores, count: stores + missing.length })}</span>
        </p>
        <QualityChip own={model.quality.value} peer={model.peer.value} />
        <RecordingChip room={room} now={now} />
      </header>
      <CallBanner room={room} other={null} />
      <section class="wall" data-few={wall.length <= 4 ? '' : undefined} aria-label={t('session.wall')}>
        <div class="desk-stage">
          <Stage member={own ? { ...me, camera_off: cameraOff } : shown} own={own} takes="move">
            {!own && (
              <div class="tiles">
                <Tile
                  member={{ ...me, camera_off: cameraOff, muted }}
                  own
                  mirrored={model.facing.value === 'user'}
                  onPick={() => setLarge(mine)}
                />
              </div>
            )}
          </Stage>
        </div>
        {wall.map((member) => (
          <Tile
            key={member.person.id}
            member={member}
            silent={!model.remote.value.get(member.person.id)?.camera}
            hand={handOf(member.person.id)}
            onPick={() => setLarge(member.person.id)}
          />
        ))}
        {wall.length === 0 && (
          <div class="wall-none">
            <Empty icon={Users} title={t('session.nobody_yet')} text={t('session.nobody_yet_text')} />
          </div>
        )}
      </section>

      <aside class="call-panel" aria-label={t('session.panel')}>
        <section class="hands" aria-live="polite">
          <div class="panel-head">
            <h2>
              <Hand class="icon" size={20} aria-hidden="true" />
              {t('session.hands')} <span class="num">{room.hands.length}</span>
            </h2>
          </div>
          {room.hands.length === 0 ? (
            <p class="caption hands-none">{t('session.no_hands')}</p>
          ) : (
            <ol class="hands-list" data-testid="hands">
              {room.hands.map((hand, index) => {
                const member = memberOf(room, hand.person)
                return (
                  <li key={hand.person} data-testid={`hand-${hand.person}`}>
                    <span class="hand-place num">{index + 1}</span>
                    <strong>{member && callName(member)}</strong>
                    <span class="caption num">{clock((now - hand.raised_at) / 1000)}</span>
                    <Button
                      kind={index === 0 ? 'main' : 'soft'}
                      testid="lower-hand"
                      onClick={() => void act(model.lowerHand(room.id, hand.person))}
                    >
                      {t('session.lower')}
                    </Button>
                  </li>
                )
              })}
            </ol>
          )}
        </section>
        <div class="tabs" role="tablist">
          <button
            type="button"
            role="tab"
            aria-selected={tab === 'chat'}
            class="tab"
            onClick={() => setTab('chat')}
            data-testid="tab-chat"
          >
            {t('chat.title')}
            {tab !== 'chat' && <Badge count={unread} tone="good" />}
          </button>
          <button
            type="button"
            role="tab"
            aria-selected={tab === 'missing'}
            class="tab"
            onClick={() => setTab('missing')}
            data-testid="tab-missing"
          >
            {t('session.missing')} <span class="num">{missing.length}</span>
          </button>
        </div>
        {tab === 'chat' ? (
          <ChatPanel room={room} to={t('session.everybody')} />
        ) : missing.length === 0 ? (
          <Empty icon={UserRoundX} title={t('session.all_here')} />
        ) : (
          <ul class="missing">
            {missing.map((member) => (
              <li class="expert" key={member.person.id}>
                <Avatar person={member.person} />
                <span class="expert-words">
                  <strong>{callName(member)}</strong>
                  <span class="caption">{t(`session.member_${member.state}`)}</span>
                </span>
                <span class="caption">
                  <PresenceWord
                    presence={model.presence.value.get(member.person.id)?.presence ?? 'offline'}
                  />
                </span>
              </li>
            ))}
          </ul>
        )}
      </aside>

      <div class="call-tools" role="toolbar" aria-label={t('call.tools')}>
        <OwnTools desk />
        <Tool
          icon={MicOff}
          word={t('tool.mute_all')}
          testid="mute-all"
          onClick={() => void act(model.muteAll(room.id))}
        />
        <span class="tools-gap" />
        <Tool
          icon={Square}
          word={t('tool.close_room')}
          danger
          testid="close-room"
          onClick={() => setEnding(true)}
        />
      </div>
      {ending && (
        <Dialog
          title={t('session.end_title')}
          onClose={() => setEnding(false)}
          acts={
            <>
              <Button onClick={() => setEnding(false)}>{t('act.stay')}</Button>
              <Button
                kind="danger"
                testid="close-room-yes"
                onClick={() => {
                  setEnding(false)
                  void act(model.closeRoom(room.id))
                }}
              >
                {t('tool.close_room')}
              </Button>
            </>
          }
        >
          <p>{t(room.recording ? 'session.end_text' : 'session.end_text_plain', { count: others.length })}</p>
        </Dialog>
      )}
    </main>
  )
}
