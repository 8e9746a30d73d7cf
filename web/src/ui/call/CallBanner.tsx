/**
 * One banner at a time over a room's picture, the more urgent first: sound blocked, no room on the server, cut off, the
 * other away, somebody asked in, weak link.
 */
import { Camera, CameraOff, Hourglass, ServerCog, UserRoundX, Volume2, WifiOff } from 'lucide-preact'
import type { Member, RoomState } from '../../contract'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import type { Advice } from '../../model/api'
import { askedInto } from '../../model/third'
import { act } from '../act'
import { clock, timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'
import { WeakWifi } from '../parts/WeakWifi'
import { Asked } from './Asked'
import { callName, worse } from './Words'

/** Nobody is called away before so much silence. */
const AWAY_AFTER_MS = 6000
/** The server keeps the place of who is cut off. */
const SEAT_KEPT_MS = 90_000
/** Most cuts are over by then; after that one looks for oneself. */
const LOOK_YOURSELF_S = 12

export function CallBanner(props: { room: RoomState; other: Member | null }) {
  const model = useModel()
  const { room, other } = props
  const peer = model.peer.value
  const capture = model.capture.value
  if (model.soundBlocked.value)
    return (
      <Banner
        icon={Volume2}
        tone="strong"
        title={t('call.sound_blocked')}
        testid="sound-blocked"
        act={
          <Button onClick={() => void act(model.unblockSound())} testid="sound-on">
            {t('console.sound_on')}
          </Button>
        }
      />
    )
  if (peer === 'failed')
    return (
      <Banner
        icon={WifiOff}
        tone="strong"
        assertive
        title={t('call.given_up')}
        text={t('call.given_up_text')}
        testid="call-given-up"
        act={
          <Button onClick={() => model.tryAgain()} testid="try-again">
            {t('act.retry')}
          </Button>
        }
      />
    )
  const busyUntil = model.busyUntil.value
  if (busyUntil !== null)
    return (
      <Banner
        icon={Hourglass}
        tone="strong"
        assertive
        title={t('call.server_busy')}
        since={t('time.s', { s: Math.max(1, Math.ceil((busyUntil - model.tick.value) / 1000)) })}
        text={t('call.server_busy_text')}
        testid="server-busy"
      />
    )
  if (peer === 'recovering')
    return model.replacing.value ? (
      <Banner
        icon={ServerCog}
        tone="strong"
        assertive
        title={t('call.replacing')}
        text={t('call.replacing_text')}
        testid="call-lost"
      />
    ) : (
      <Lost since={model.lostSince.value} now={model.tick.value} />
    )
  if (model.link.value === 'offline')
    return (
      <Banner
        icon={WifiOff}
        title={t('call.link_off')}
        text={t('call.link_off_text')}
        testid="link-offline"
      />
    )
  if (other?.state === 'away') return <Away other={other} />
  const problem = capture.microphoneProblem
    ? `error.${capture.microphoneProblem}_microphone`
    : capture.cameraProblem
      ? `error.${capture.cameraProblem}_camera`
      : null
  if (problem)
    return (
      <Banner
        icon={CameraOff}
        title={t(problem)}
        testid="device-problem"
        act={<Button onClick={() => void model.openDevices()}>{t('act.retry')}</Button>}
      />
    )
  if (askedInto(room)) return <Asked room={room} />
  const weak = worse(model.quality.value, other?.quality) === 'weak'
  const advice = model.advice.value
  if (advice && other) return <Advised room={room} other={other} advice={advice} weak={weak} />
  return weak ? <Weak other={other} /> : null
}

/** Cut off from everything: since when, and after a while what one can do oneself. */
function Lost(props: { since: number | null; now: number }) {
  const since = props.since ?? props.now
  const lostS = (props.now - since) / 1000
  return (
    <Banner
      icon={WifiOff}
      tone="strong"
      assertive
      title={t('call.lost')}
      since={clock(lostS)}
      text={
        lostS < LOOK_YOURSELF_S
          ? t('call.lost_text')
          : t('call.lost_long', { time: timeOfDay(since + SEAT_KEPT_MS) })
      }
      testid="call-lost"
    />
  )
}

/** The other one is cut off: whether to wait is for the reader to decide. */
function Away(props: { other: Member }) {
  const model = useModel()
  const [since] = useState(() => model.now() - AWAY_AFTER_MS)
  const name = callName(props.other)
  return (
    <Banner
      icon={UserRoundX}
      tone="strong"
      title={t('call.away', { name })}
      since={clock((model.tick.value - since) / 1000)}
      text={t('call.away_text')}
      testid="other-away"
    />
  )
}

/** What to do about it, where the figures of both sides say so. */
function Advised(props: { room: RoomState; other: Member; advice: Advice; weak: boolean }) {
  const model = useModel()
  const { room, other, advice } = props
  const words = { name: callName(other), count: advice.fps }
  const follow = (): void => {
    model.followAdvice()
    void act(
      advice.act === 'send_still' ? model.sendStill(room.id) : model.askStill(room.id, other.person.id),
    )
  }
  return (
    <Banner
      icon={WeakWifi}
      tone="strong"
      title={t(advice.words, words)}
      text={t(`${advice.words}_text`, words)}
      testid={props.weak ? 'weak-link' : 'advice'}
      act={
        advice.act && (
          <Button icon={Camera} onClick={follow} testid="follow-advice">
            {t(`advice.${advice.act}`)}
          </Button>
        )
      }
    />
  )
}

/** Whose network it is, and what that means for the eyes of the other one. */
function Weak(props: { other: Member | null }) {
  const model = useModel()
  const { other } = props
  const own = model.quality.value === 'weak' || !other
  const { sentFps, seenFps } = model.rates.value
  const fps = own ? sentFps : seenFps
  const values = { name: other ? callName(other) : '', fps: Math.max(1, Math.round(fps ?? 0)) }
  const seen = other && fps !== null ? t(own ? 'quality.they_see' : 'quality.you_see', values) : ''
  return (
    <Banner
      icon={WeakWifi}
      tone="strong"
      title={t(own ? 'quality.weak_own' : 'quality.weak_theirs', values)}
      text={[seen, t(own ? 'quality.weak_text' : 'quality.weak_theirs_text')]
        .filter(Boolean)
        .join(t('list.sentence'))}
      testid="weak-link"
    />
  )
}
