/** What a call says about itself in words: recorded or not, how the connection is, what the other side cannot give. */
import { Signal, WifiOff } from 'lucide-preact'
import type { Member, Quality, RoomState } from '../../contract'
import { t, whoOf } from '../../i18n'
import type { Advice, PeerState } from '../../model/api'
import { holdOf } from '../../model/onhold'
import { clock } from '../format'
import { useModel } from '../model'
import { WeakWifi } from '../parts/WeakWifi'

export function RecordingChip(props: { room: RoomState; now: number; consent?: boolean }) {
  const recording = props.room.recording
  const held = recording?.state === 'recording' && holdOf(props.room) !== null
  const on = recording?.state === 'recording' && !held
  return (
    <p class="bar-chip" data-testid="recording-state" data-state={recording?.state ?? 'off'}>
      <span class="dot" data-tone={on ? 'rec' : 'off'} aria-hidden="true" />
      <span class="bar-chip-word">
        {t(held ? 'hold.recording' : `recording.${recording?.state ?? 'off'}`)}
      </span>
      {on && !props.consent && recording.started_at !== null && recording.started_at !== undefined && (
        <strong class="num" data-testid="call-timer">
          {clock((props.now - recording.started_at) / 1000)}
        </strong>
      )}
      {on && props.consent && <span class="bar-chip-more">{t('call.both_agreed')}</span>}
    </p>
  )
}

const WORST: readonly Quality[] = ['weak', 'fair', 'good', 'unknown']

/** The worse of both sides, since that is what one sees. */
export function worse(own: Quality, other: Quality | undefined): Quality {
  return WORST.find((quality) => quality === own || quality === other) ?? 'unknown'
}

/** What an advice is about cannot be called clear beside it. */
const SPOILS: Record<Advice['rule'], Quality> = {
  own_sound_breaks: 'weak',
  their_sound_breaks: 'weak',
  late: 'weak',
  they_see_few: 'fair',
  you_see_few: 'fair',
  device_busy: 'fair',
}

/** The worst thing first: we are cut off, they are, a link is weak. */
export function QualityChip(props: { own: Quality; other?: Member | null; peer: PeerState }) {
  const { peer, other } = props
  const away = other?.state === 'away'
  const lost = peer === 'recovering' || peer === 'failed'
  const connecting = peer === 'connecting' || peer === 'none'
  const advised = useModel().advice.value
  const quality =
    lost || away
      ? 'weak'
      : worse(worse(props.own, other?.quality), advised ? SPOILS[advised.rule] : undefined)
  const word = connecting
    ? 'connecting'
    : peer === 'failed'
      ? 'given_up'
      : lost
        ? 'lost'
        : away
          ? 'away'
          : quality
  const Sign = lost || away ? WifiOff : quality === 'weak' ? WeakWifi : Signal
  return (
    <p
      class="bar-chip"
      data-quality={connecting ? 'unknown' : quality}
      role="status"
      data-testid="connection-words"
    >
      <Sign class="icon" size={20} aria-hidden="true" />
      <span>{t(`quality.${word}`)}</span>
    </p>
  )
}

/** "陈立群 关了麦克风": what the other side has off, or that it is away. */
export function otherWords(member: Member): string | null {
  const name = whoOf(member.person)
  if (member.state === 'away') return t('call.away', { name })
  if (member.muted && member.camera_off) return t('call.both_off', { name })
  if (member.muted) return t('call.is_muted', { name })
  if (member.camera_off) return t('call.camera_is_off', { name })
  return null
}

/** Store names before numbers, people before roles. */
export function callName(member: Member): string {
  return whoOf(member.person)
}
