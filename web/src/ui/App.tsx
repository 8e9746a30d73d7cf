/** Which screen stands there: sign-in, the room one sits in, what came of the last one, or a place of the house. */
import { CircleAlert, Lock, PhoneCall, WifiOff } from 'lucide-preact'
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import type { Role, RoomState } from '../contract'
import { nameOf, t } from '../i18n'
import { holds } from '../model/roles'
import { whoseCall } from '../model/room'
import { act } from './act'
import { OwnCalls } from './desk/OwnCalls'
import { isForeign } from './desk/places'
import { later } from './later'
import { useModel } from './model'
import { GoOnHere, withWhom } from './call/GoOnHere'
import { Button } from './parts/Button'
import { Banner, Empty, Loading } from './parts/State'
import { Toasts, toast } from './parts/Toasts'
import { SignIn } from './signin/SignIn'
import { keptLogin } from './signin/kept'

const Setup = later(() => import('./signin/Setup').then((module) => module.Setup))
const Invitation = later(() => import('./signin/Invitation').then((module) => module.Invitation))
const BreakGlass = later(() => import('./signin/BreakGlass').then((module) => module.BreakGlass))
const SignedIn = later(() => import('./signin/SignedIn').then((module) => module.SignedIn))
const VisitPage = later(() => import('./visit/VisitPage').then((module) => module.VisitPage))
const VisitorCall = later(() => import('./visit/VisitorCall').then((module) => module.VisitorCall))
const Enrol = later(() => import('./signin/Enrol').then((module) => module.Enrol))
const StoreHome = later(() => import('./home/StoreHome').then((module) => module.StoreHome))
const Called = later(() => import('./ring/Called').then((module) => module.Called))
const Calling = later(() => import('./ring/Calling').then((module) => module.Calling))
const CallPage = later(() => import('./directory/CallPage').then((module) => module.CallPage))
const FindPage = later(() => import('./directory/FindPage').then((module) => module.FindPage))
const Ringing = later(() => import('./ring/Ringing').then((module) => module.Ringing))
const Waiting = later(() => import('./ring/Waiting').then((module) => module.Waiting))
const StoreCall = later(() => import('./call/StoreCall').then((module) => module.StoreCall))
const Console = later(() => import('./console/Console').then((module) => module.Console))
const ExpertCall = later(() => import('./call/ExpertCall').then((module) => module.ExpertCall))
const TrainerDesk = later(() => import('./session/TrainerDesk').then((module) => module.TrainerDesk))
const Sessions = later(() => import('./session/Sessions').then((module) => module.Sessions))
const Seat = later(() => import('./session/Seat').then((module) => module.Seat))
const Summary = later(() => import('./summary/Summary').then((module) => module.Summary))
const Archive = later(() => import('./archive/Archive').then((module) => module.Archive))
const CallbacksPage = later(() => import('./callbacks/CallbacksPage').then((module) => module.CallbacksPage))
const Audit = later(() => import('./audit/Audit').then((module) => module.Audit))
const PeoplePage = later(() => import('./admin/PeoplePage').then((module) => module.PeoplePage))
const BotsPage = later(() => import('./admin/BotsPage').then((module) => module.BotsPage))
const StoresPage = later(() => import('./admin/StoresPage').then((module) => module.StoresPage))
const EquipmentPage = later(() => import('./equipment/EquipmentPage').then((module) => module.EquipmentPage))
const RoutingPage = later(() => import('./admin/routing/RoutingPage').then((module) => module.RoutingPage))
const RingsPage = later(() => import('./admin/RingsPage').then((module) => module.RingsPage))
const TimingsPage = later(() => import('./admin/TimingsPage').then((module) => module.TimingsPage))
const HealthPage = later(() => import('./admin/health/HealthPage').then((module) => module.HealthPage))
const TokensPage = later(() => import('./admin/TokensPage').then((module) => module.TokensPage))
const PoliciesPage = later(() => import('./admin/PoliciesPage').then((module) => module.PoliciesPage))
const AccountPage = later(() => import('./account/AccountPage').then((module) => module.AccountPage))
const Doctor = later(() => import('./doctor/Doctor').then((module) => module.Doctor))
const QualityPage = later(() => import('./quality/QualityPage').then((module) => module.QualityPage))
const ReplayPage = later(() => import('./replay/ReplayPage').then((module) => module.ReplayPage))

/** What a role may need within a second; fetched while its home is shown, so that no call waits for a file. */
const SOON: Partial<Record<Role, { preload: () => Promise<unknown> }[]>> = {
  store: [StoreHome, Ringing, Waiting, Called, StoreCall, Seat, Summary],
  expert: [Console, ExpertCall, Calling, Summary],
  trainer: [Sessions, TrainerDesk, Calling, ExpertCall, Summary],
  manager: [Calling, ExpertCall, Summary],
  operations: [Calling, ExpertCall, Summary],
  admin: [Calling, ExpertCall, Summary],
  auditor: [Audit],
  visitor: [VisitorCall],
}

function RoomScreen(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  const me = model.me.value?.person
  const atStore = me?.role === 'store'
  if (room.kind === 'session')
    return model.self.value?.host ? <TrainerDesk room={room} /> : <Seat room={room} />
  if (room.call?.stage === 'waiting' && atStore) return <Waiting room={room} />
  // Of an answer that is on its way the call's screen stands already.
  if (room.call?.stage === 'ringing' && room.call.caller === me?.id)
    return atStore ? <Ringing room={room} /> : <Calling room={room} />
  return atStore ? <StoreCall room={room} /> : <ExpertCall room={room} />
}

function Home() {
  const role = useModel().me.value?.person.role
  if (role === 'store') return <StoreHome />
  if (role === 'expert') return <Console />
  if (role === 'trainer') return <Sessions />
  if (role === 'auditor') return <Audit />
  return <Archive />
}

/** Where a sticker leads that a telephone's own camera read: who signs in first comes back here. */
function Sticker(props: { code: string }) {
  const me = useModel().me.value
  if (me?.person.role === 'store') return <StoreHome code={props.code} />
  if (holds(me, ['admin', 'manager', 'store_manager', 'operations']))
    return <EquipmentPage sought={props.code} />
  return <Home />
}

/** A tablet calls people, headquarters calls stores. */
function Directory() {
  return useModel().me.value?.person.role === 'store' ? <FindPage /> : <CallPage />
}

function NotFound() {
  const { route } = useLocation()
  return (
    <main class="alone">
      <Empty icon={CircleAlert} title={t('error.not_found')}>
        <Button kind="main" onClick={() => route('/')}>
          {t('ended.home')}
        </Button>
      </Empty>
    </main>
  )
}

/** Of a page that there is, said in words instead of fetching what is refused. */
function NotYours() {
  const { route } = useLocation()
  return (
    <main class="alone" data-testid="not-yours">
      <Empty icon={Lock} title={t('nav.foreign')} text={t('nav.foreign_text')}>
        <Button kind="main" onClick={() => route('/')} testid="to-own">
          {t('ended.home')}
        </Button>
      </Empty>
    </main>
  )
}

/** A live room with the seat in another tab or on another device; also after a reload, until one goes back. */
function Elsewhere(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  return (
    <Banner
      icon={PhoneCall}
      tone="info"
      testid="elsewhere"
      title={t('call.elsewhere', { name: withWhom(room, model.me.value?.person.id) })}
      text={t('call.elsewhere_text')}
      act={
        <Button kind="main" testid="rejoin" onClick={() => void act(model.takeHere(room.id))}>
          {t('call.take_here')}
        </Button>
      }
    />
  )
}

function Inside() {
  const model = useModel()
  const { path } = useLocation()
  const me = model.me.value
  // The screen of an answered call stands before the server says so: its picture has a place when it comes.
  const room = model.current.value ?? model.answering.value
  const summary = model.summary.value
  const elsewhere = model.elsewhere.value
  const deviceless = me === undefined || me === null
  const atStore = me?.person.role === 'store'

  useEffect(() => {
    const tablet = deviceless ? keptLogin() !== null || matchMedia('(pointer: coarse)').matches : atStore
    document.documentElement.dataset.device = tablet ? 'tablet' : 'desktop'
  }, [deviceless, atStore])

  const role = me?.person.role
  useEffect(() => {
    if (role) for (const screen of SOON[role] ?? [Archive]) void screen.preload()
  }, [role])
  const renewed = model.bye.value === 'roles_changed'
  useEffect(() => {
    if (renewed) toast(() => t('bye.roles_changed'))
  }, [renewed])
  useEffect(
    () =>
      model.setRingTitle((call) =>
        atStore ? t('called.from') : t('console.title_ringing', { store: nameOf(whoseCall(call)) }),
      ),
    [model, atStore],
  )
  useEffect(() => {
    if (!atStore) return
    const touched = (): void => model.takeOver.touched()
    addEventListener('pointerdown', touched)
    addEventListener('keydown', touched)
    return () => {
      removeEventListener('pointerdown', touched)
      removeEventListener('keydown', touched)
    }
  }, [model, atStore])
  const outcome = model.outcome.value
  useEffect(() => {
    if (outcome)
      toast(
        () => t(`third.${outcome.what}`, { name: nameOf(outcome.person.name) }),
        outcome.what === 'declined' || outcome.what === 'missed' ? 'error' : 'good',
      )
  }, [outcome])

  const inVain = model.handedInVain.value
  useEffect(() => {
    if (inVain) toast(() => t('place.none_came'), 'error')
  }, [inVain])

  if (path === '/setup') return <Setup />
  if (path === '/invitation') return <Invitation />
  if (path === '/enrol') return <Enrol />
  if (path === '/break-glass') return <BreakGlass />
  if (path === '/signed-in') return <SignedIn />
  if (path === '/g' || role === 'visitor' || (me === null && model.stay.value))
    return room && !room.closed_at && role === 'visitor' ? <VisitorCall room={room} /> : <VisitPage />
  if (me === undefined)
    return (
      <main class="alone">
        <Loading rows={3} />
      </main>
    )
  if (me === null) {
    const bye = model.bye.value
    return (
      <SignIn notice={bye && ['revoked', 'sign_in', 'replaced'].includes(bye) ? t(`bye.${bye}`) : null} />
    )
  }
  if (model.link.value === 'ended')
    return (
      <main class="alone">
        <Empty icon={CircleAlert} title={t(`bye.${model.bye.value ?? 'restarting'}`)} text={t('bye.text')}>
          <Button kind="main" onClick={() => location.reload()} testid="reload">
            {t('bye.reload')}
          </Button>
        </Empty>
      </main>
    )
  if (room && !room.closed_at) return <RoomScreen room={room} />
  const called = atStore ? model.incoming.value[0] : undefined
  if (called) return <Called room={called} />
  if (summary)
    return (
      <>
        {!atStore && <OwnCalls rings={model.incoming.value} />}
        <Summary room={summary} />
      </>
    )
  const offline = model.link.value === 'offline'
  return (
    <div class="page">
      {offline ? (
        <Banner
          icon={WifiOff}
          assertive
          testid="offline"
          title={t('link.offline_title')}
          text={t('link.offline_text')}
        />
      ) : (
        elsewhere && <Elsewhere room={elsewhere} />
      )}
      {elsewhere && model.offeredHere.value === elsewhere.id && <GoOnHere room={elsewhere} />}
      <div class="page-body">
        <Router>
          {isForeign(me, path) ? [<Route key="foreign" path={path} component={NotYours} />] : []}
          <Route path="/" component={Home} />
          <Route path="/archive" component={Archive} />
          <Route path="/archive/:room" component={ReplayPage} />
          <Route path="/archive/:room/quality" component={QualityPage} />
          <Route path="/call" component={Directory} />
          <Route path="/directory" component={Directory} />
          <Route path="/callbacks" component={CallbacksPage} />
          <Route path="/audit" component={Audit} />
          <Route path="/admin/people" component={PeoplePage} />
          <Route path="/admin/stores" component={StoresPage} />
          <Route path="/q/:code" component={Sticker} />
          <Route path="/admin/equipment" component={EquipmentPage} />
          <Route path="/admin/routing" component={RoutingPage} />
          <Route path="/admin/bots" component={BotsPage} />
          <Route path="/admin/rings" component={RingsPage} />
          <Route path="/admin/timings" component={TimingsPage} />
          <Route path="/admin/health" component={HealthPage} />
          <Route path="/admin/tokens" component={TokensPage} />
          <Route path="/admin/policies" component={PoliciesPage} />
          <Route path="/account" component={AccountPage} />
          <Route path="/doctor" component={Doctor} />
          <Route default component={NotFound} />
        </Router>
      </div>
    </div>
  )
}

export function App() {
  return (
    <LocationProvider>
      <ErrorBoundary>
        <Inside />
      </ErrorBoundary>
      <Toasts />
    </LocationProvider>
  )
}
