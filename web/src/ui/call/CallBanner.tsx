/** One banner at a time over a room's picture, the more urgent first: sound blocked, cut off, the other away, weak link. */
import { CameraOff, ServerCog, UserRoundX, Volume2, WifiOff } from 'lucide-preact'
import type { Member, RoomState } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'
import { WeakWifi } from '../parts/WeakWifi'
import { callName, worse } from './Words'

export function CallBanner(props: { room: RoomState; other: Member | null }) {
  const model = useModel()
  const { other } = props
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
  if (peer === 'recovering' || peer === 'failed')
    return (
      <Banner
        icon={model.replacing.value ? ServerCog : WifiOff}
        tone="strong"
        assertive
        title={t(model.replacing.value ? 'call.replacing' : 'call.lost')}
        text={t(model.replacing.value ? 'call.replacing_text' : 'call.lost_text')}
        testid="call-lost"
      />
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
  if (other?.state === 'away')
    return (
      <Banner
        icon={UserRoundX}
        tone="strong"
        title={t('call.away', { name: callName(other) })}
        text={t('call.away_text')}
        testid="other-away"
      />
    )
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
  if (worse(model.quality.value, other?.quality) === 'weak')
    return (
      <Banner
        icon={WeakWifi}
        title={
          model.quality.value === 'weak' || !other
            ? t('quality.weak_own')
            : t('quality.weak_theirs', { name: callName(other) })
        }
        text={t('quality.weak_text')}
        testid="weak-link"
      />
    )
  return null
}
