/** The call on a desktop of headquarters: the other side's picture as large as it goes, pointer and photo beside it, talk
 * on the right. */
import {
  Link2,
  Camera,
  MessageSquare,
  Pause,
  PhoneOff,
  Play,
  Pointer,
  UserPlus,
  UserRoundCheck,
  Wrench,
} from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { holdOf } from '../../model/onhold'
import { askedInto, isFull, otherHelpers } from '../../model/third'
import { act } from '../act'
import { clock } from '../format'
import { MachineCalls, MachineFacts, MachineLine } from '../equipment/Machine'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Badge } from '../parts/Chip'
import { useDrawn, useKeys, useTheme } from '../parts/hooks'
import { Tool } from '../parts/Tool'
import { BringIn } from './BringIn'
import { CallBanner } from './CallBanner'
import { ChatPanel } from './ChatPanel'
import { MoveTool } from './ContinueOn'
import { InviteVisitor } from './InviteVisitor'
import { Knocks } from './Knocks'
import { OnHold } from './OnHold'
import { OwnTools } from './OwnTools'
import { Stage } from './Stage'
import { StillStrip } from './Stills'
import { Tiles } from './Tiles'
import { UrgentBanner } from './UrgentBanner'
import { QualityChip, RecordingChip, otherWords } from './Words'
import { useAskStill, useCall } from './useCall'

const HELD_TOO_OFTEN = { too_many: 'hold.too_often' }

export function ExpertCall(props: { room: RoomState }) {
  useTheme('dark')
  // The picture first: it may be here within a frame of the answer, what stands around it has time until the next.
  const drawn = useDrawn()
  const model = useModel()
  const { room } = props
  const { me, other, beside, shown, show, now, leaving, hangUp } = useCall(room, 'other')
  const [pointing, setPointing] = useState(true)
  const [asking, askStill] = useAskStill(room, other?.person.id)
  const [flash, setFlash] = useState(false)
  const [panelOpen, setPanelOpen] = useState(true)
  const [bringing, setBringing] = useState(false)
  const [inviting, setInviting] = useState(false)
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  const unread = model.chat(room.id).unread.value
  const stills = room.stills.length

  useEffect(() => {
    if (stills === 0) return
    setFlash(true)
    const timer = setTimeout(() => setFlash(false), 400)
    return () => clearTimeout(timer)
  }, [stills])
  const hold = holdOf(room)
  const store = room.call?.store
  const toggleHold = (): void => void act(model.holdCall(room.id, hold === null), HELD_TOO_OFTEN)
  useKeys({
    v: () => setPointing((on) => !on),
    s: hold ? undefined : askStill,
    h: store ? toggleHold : undefined,
  })

  if (!me || !shown) return null
  const ownLarge = shown === me
  const name = nameOf(store?.name ?? other?.person.name)
  const since = room.call?.timings.answer ?? room.opened_at
  // Among colleagues one of them is the other side.
  const helpers = otherHelpers(room, me.person.id).filter((one) => store || one !== other)
  const names = helpers.map((one) => nameOf(one.person.name)).join(t('list.comma'))
  const mayAsk = askedInto(room) === null && !isFull(room)

  const tiles = drawn && other && (
    <Tiles
      other={other}
      own={{ ...me, camera_off: cameraOff, muted }}
      beside={beside}
      large={hold ? other : shown}
      onPick={show}
    />
  )

  return (
    <main class="call" data-side="expert" data-panel={panelOpen ? 'chat' : undefined} data-testid="call">
      <header class="call-bar">
        <div class="call-who">
          <div>
            <h1>
              {name} <span class="home-number">{store?.number}</span>
            </h1>
            <p class="second dots">
              {room.call && (
                <span>
                  {store
                    ? nameOf(room.call.equipment?.name) || t(`reason.${room.call.reason}`)
                    : nameOf(other?.person.title) || t('calling.colleague')}
                </span>
              )}
              {names && <span data-testid="with">{t('third.with', { names })}</span>}
            </p>
          </div>
          <time class="call-clock num" data-testid="call-timer">
            {clock((now - since) / 1000)}
          </time>
        </div>
        {!hold && <QualityChip own={model.quality.value} other={other} peer={model.peer.value} />}
        <RecordingChip room={room} now={now} consent />
      </header>

      <CallBanner room={room} other={other} />
      <UrgentBanner room={room} />
      <Knocks room={room} />

      <div class="call-rail" role="toolbar" aria-label={t('call.picture_tools')} aria-orientation="vertical">
        <button
          type="button"
          class="rail-tool"
          data-on={pointing ? '' : undefined}
          aria-pressed={pointing}
          aria-keyshortcuts="V"
          title={`${t('tool.pointer')} (V)`}
          aria-label={t('tool.pointer')}
          data-testid="pointer"
          onClick={() => setPointing(!pointing)}
        >
          <Pointer class="icon" size={22} aria-hidden="true" />
          <span aria-hidden="true">V</span>
        </button>
      </div>

      <div class="call-stage">
        {hold ? (
          <OnHold room={room} hold={hold} me={me} name={name} beside={names}>
            {tiles}
          </OnHold>
        ) : (
          <Stage
            member={shown}
            own={ownLarge}
            takes={pointing ? 'move' : 'off'}
            flash={flash}
            note={other ? otherWords(other) : null}
            plate={
              asking ? (
                <>
                  <Camera class="icon" size={20} aria-hidden="true" />
                  <strong>{t('still.asked', { name })}</strong>
                </>
              ) : null
            }
          >
            {tiles}
          </Stage>
        )}
      </div>

      <div class="call-camera">
        <Button
          kind="soft"
          icon={Camera}
          kbd="S"
          testid="take-still"
          busy={asking && t('still.taking')}
          disabled={!other || other.state !== 'joined' || other.camera_off || hold !== null}
          onClick={askStill}
        >
          {t('tool.still')}
        </Button>
        {!hold && (
          <p class="caption">{pointing ? t('call.pointer_hint', { name }) : t('call.pointer_off_hint')}</p>
        )}
      </div>

      {drawn && <StillStrip room={room} pending={asking} empty={t('still.empty')} />}

      <aside class="call-panel" aria-label={t('chat.title')} hidden={!panelOpen}>
        {drawn && (
          <>
            {room.call?.equipment && (
              <details class="machine-panel" open data-testid="machine-panel">
                <summary>
                  <Wrench class="icon" size={18} aria-hidden="true" />
                  <MachineLine machine={room.call.equipment} />
                </summary>
                <div class="machine-panel-body">
                  <MachineFacts machine={room.call.equipment} />
                  <MachineCalls machine={room.call.equipment} apart />
                </div>
              </details>
            )}
            <div class="panel-head">
              <h2>{t('chat.title')}</h2>
            </div>
            <ChatPanel room={room} to={name} />
          </>
        )}
      </aside>

      <div class="call-tools" role="toolbar" aria-label={t('call.tools')}>
        {drawn && (
          <>
            <OwnTools desk />
            {store && (
              <Tool
                icon={hold ? Play : Pause}
                word={t(hold ? 'hold.resume' : 'tool.hold')}
                keyName="H"
                face={hold ? 'shut' : 'usual'}
                pressed={hold !== null}
                testid="hold"
                onClick={toggleHold}
              />
            )}
            <Tool
              icon={UserPlus}
              word={t('tool.bring_in')}
              face={mayAsk ? 'usual' : 'absent'}
              testid="bring-in"
              onClick={() => mayAsk && setBringing(true)}
            />
            <Tool
              icon={Link2}
              word={t('visit.tool')}
              testid="invite-visitor"
              onClick={() => setInviting(true)}
            />
            <MoveTool room={room} />
            <Tool
              icon={MessageSquare}
              word={t('tool.chat')}
              face={panelOpen ? 'on' : 'usual'}
              expanded={panelOpen}
              testid="chat"
              onClick={() => setPanelOpen(!panelOpen)}
            >
              {!panelOpen && <Badge count={unread} tone="good" label={t('chat.unread', { count: unread })} />}
            </Tool>
            <span class="tools-gap" />
            {helpers.length > 0 && (
              <Tool
                icon={UserRoundCheck}
                word={leaving ? t('tool.hanging_up') : t('tool.leave_to_it')}
                testid="leave-to-it"
                onClick={hangUp}
              />
            )}
            {(helpers.length === 0 || me.host) && (
              <Tool
                icon={PhoneOff}
                word={
                  leaving ? t('tool.hanging_up') : t(helpers.length > 0 ? 'tool.end_for_all' : 'tool.hang_up')
                }
                danger
                testid="hang-up"
                onClick={helpers.length > 0 ? () => void act(model.closeRoom(room.id)) : hangUp}
              />
            )}
          </>
        )}
      </div>
      {bringing && <BringIn room={room} onClose={() => setBringing(false)} />}
      {inviting && <InviteVisitor room={room} onClose={() => setInviting(false)} />}
    </main>
  )
}
