/** The tablet's home: one green field that calls, three reasons that call too, invitations, and what happened lately. */
import {
  CircleAlert,
  CircleHelp,
  GraduationCap,
  LogOut,
  Phone,
  QrCode,
  ScanEye,
  Users,
  UtensilsCrossed,
  Wifi,
  WifiOff,
  Wrench,
} from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import type { Reason, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { hostOf } from '../../model/room'
import { act } from '../act'
import { RecentCalls } from '../archive/RecentCalls'
import { BookRow } from '../booking/BookRow'
import { timeOfDay, today } from '../format'
import { ScanDialog } from '../equipment/ScanDialog'
import { mayRecord } from '../../model/policies'
import { reachable } from '../../model/quiet'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'
import { CameraCheck } from './CameraCheck'
import { MissedCalls } from './MissedCalls'
import { ConsentDialog } from './ConsentDialog'
import { Promised } from './Promised'
import { SignOutDialog } from './SignOutDialog'
import { Holder } from './TakeOver'

const REASONS: { reason: Reason; icon: typeof Wrench }[] = [
  { reason: 'equipment', icon: Wrench },
  { reason: 'dishes', icon: UtensilsCrossed },
  { reason: 'other', icon: CircleHelp },
]

/** What this tablet found wrong with itself, in a line; nothing while calls work. */
function OwnTest() {
  const bad = useModel().ownTest.value?.checks.filter((check) => check.state === 'bad') ?? []
  const [first] = bad
  if (!first) return null
  const blocked = /_(denied_\w+|unasked)$/.test(first.words)
  return (
    <a class="own-test" href="/doctor" data-testid="own-test" data-words={first.words}>
      <CircleAlert class="icon" size={20} aria-hidden="true" />
      {t(blocked ? 'home.test_blocked' : 'home.test_bad', { name: t(`doctor.${first.name}`) })}
    </a>
  )
}

/** `code`: the sticker that a telephone's own camera read. */
export function StoreHome(props: { code?: string }) {
  const model = useModel()
  const { path, route } = useLocation()
  const store = model.me.value?.person.store
  const records = mayRecord(model.me.value)
  const allowed = model.me.value?.policies?.stores_call !== false
  const online = model.link.value === 'online'
  const now = model.tick.value
  const free = model.experts.value.filter((entry) => reachable(entry.presence)).length
  const [calling, setCalling] = useState<Reason | null>(null)
  const [asked, setAsked] = useState<RoomState | null>(null)
  const [checking, setChecking] = useState(false)
  const [scanning, setScanning] = useState(props.code !== undefined)
  const [leaving, setLeaving] = useState(false)

  const call = async (reason: Reason): Promise<void> => {
    if (calling) return
    setCalling(reason)
    await act(model.startCall(reason))
    setCalling(null)
  }
  const invitations = model.invitations.value
  const stopScanning = (): void => {
    setScanning(false)
    if (path !== '/') route('/', true)
  }

  return (
    <div class="home">
      <header class="home-head">
        <Logo size={48} />
        <div class="home-name">
          <h1>
            {nameOf(store?.name ?? model.me.value?.person.name)}{' '}
            <span class="home-number">{store?.number}</span>
          </h1>
          <p class="second">{nameOf(model.me.value?.chain)}</p>
        </div>
        <a class="link-words" data-online={online ? '' : undefined} href="/doctor" title={t('doctor.open')}>
          {online ? (
            <Wifi class="icon" size={22} aria-hidden="true" />
          ) : (
            <WifiOff class="icon" size={22} aria-hidden="true" />
          )}
          <span role="status" data-testid="link-state">
            {t(`link.${model.link.value}`)}
          </span>
        </a>
        <Holder />
        <LangSwitch />
        <Button
          kind="quiet"
          iconOnly
          icon={LogOut}
          label={t('signout.go')}
          onClick={() => setLeaving(true)}
          testid="sign-out"
        />
        <time class="home-clock">{timeOfDay(now)}</time>
      </header>

      <main class="home-main">
        <section class="home-call" aria-label={t('home.call')}>
          <button
            type="button"
            class="call-hq"
            data-testid="call-hq"
            aria-busy={calling ? true : undefined}
            aria-disabled={online && allowed ? undefined : true}
            onClick={() => online && allowed && void call('any')}
          >
            <span class="call-rings" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            <span class="call-disc">
              <Phone class="icon" size={64} strokeWidth={1.9} aria-hidden="true" />
            </span>
            <span class="call-words">
              <span class="call-title">{calling === 'any' ? t('home.calling') : t('home.call')}</span>
              <span class="call-free">
                {!allowed
                  ? t('home.calls_off')
                  : !online
                    ? t('home.call_offline')
                    : free > 0
                      ? t('home.free', { count: free })
                      : t('home.none_free')}
              </span>
              <span class="call-consent">
                <span class="dot" data-tone="rec" aria-hidden="true" />
                {t(records ? 'home.consent' : 'home.not_recorded')}
              </span>
            </span>
          </button>
          <p class="home-or">{t('home.or')}</p>
          <div class="reasons">
            {REASONS.map(({ reason, icon: Icon }) => (
              <button
                key={reason}
                type="button"
                class="reason card"
                data-testid={`call-${reason}`}
                aria-busy={calling === reason ? true : undefined}
                aria-disabled={online && allowed ? undefined : true}
                onClick={() => online && allowed && void call(reason)}
              >
                <span class="reason-icon">
                  <Icon class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
                </span>
                <Phone class="icon reason-phone" size={24} aria-hidden="true" />
                <span class="reason-title">{t(`reason.${reason}`)}</span>
                <span class="reason-text">{t(`reason.${reason}_text`)}</span>
              </button>
            ))}
          </div>
          <OwnTest />
          <div class="check-pair">
            <button
              type="button"
              class="check-row card"
              data-testid="scan"
              aria-disabled={online ? undefined : true}
              onClick={() => online && setScanning(true)}
            >
              <span class="reason-icon">
                <QrCode class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
              </span>
              <span class="check-words">
                <span class="check-title">{t('scan.go')}</span>
                <span class="second">{t('scan.lead')}</span>
              </span>
            </button>
            <a class="check-row card" href="/directory" data-testid="find">
              <span class="reason-icon">
                <Users class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
              </span>
              <span class="check-words">
                <span class="check-title">{t('find.go')}</span>
                <span class="second">{t('find.lead')}</span>
              </span>
            </a>
          </div>
          <div class="check-pair">
            <BookRow />
            <button
              type="button"
              class="check-row card"
              data-testid="camera-check"
              onClick={() => setChecking(true)}
            >
              <span class="reason-icon" data-quiet>
                <ScanEye class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
              </span>
              <span class="check-words">
                <span class="check-title">{t('check.title')}</span>
                <span class="second">{t('check.lead')}</span>
              </span>
            </button>
          </div>
        </section>

        <section class="home-side">
          <div class="home-section-head">
            <h2>{t('home.today')}</h2>
            <p class="caption">{today(now)}</p>
          </div>
          <div class="card row-list" data-testid="invitations">
            <MissedCalls
              now={now}
              busy={calling !== null}
              words="home.missed"
              onCall={() => void call('any')}
            />
            <Promised now={now} />
            {invitations.length === 0 && model.callbacks.value.length === 0 ? (
              <p class="home-none">
                <GraduationCap class="icon" size={24} aria-hidden="true" />
                {t('home.no_invitations')}
              </p>
            ) : (
              invitations.map((room) => (
                <div class="invite" key={room.id} data-testid={`invitation-${room.id}`}>
                  <div class="invite-words">
                    <p class="invite-kind">
                      <GraduationCap class="icon" size={18} aria-hidden="true" />
                      {t('home.training', { time: timeOfDay(room.opened_at) })}
                    </p>
                    <p class="invite-title">{nameOf(room.title) || t('session.untitled')}</p>
                    <p class="second">{t('home.hosted', { name: nameOf(hostOf(room)?.person.name) })}</p>
                  </div>
                  <Button kind="soft" testid="join-session" onClick={() => setAsked(room)}>
                    {t('home.join')}
                  </Button>
                </div>
              ))
            )}
          </div>
          <RecentCalls />
        </section>
      </main>

      {scanning && <ScanDialog code={props.code} onClose={stopScanning} />}
      {checking && <CameraCheck onClose={() => setChecking(false)} />}
      {leaving && <SignOutDialog onClose={() => setLeaving(false)} />}
      {asked && (
        <ConsentDialog
          title={nameOf(asked.title) || t('session.untitled')}
          recorded={!!asked.recording}
          onClose={() => setAsked(null)}
          onAgree={async () => {
            if (await act(model.joinRoom(asked.id, true))) setAsked(null)
          }}
        />
      )}
    </div>
  )
}
