/** Every screen with fixtures, for looking at: /src/ui/gallery/index.html?scene=store-home&lang=en. Never in the bundle. */
import { signal } from '@preact/signals'
import { render } from 'preact'
import { setLang } from '../../i18n'
import { Refusal, type Model } from '../../model/api'
import '../../styles/index.css'
import { App } from '../App'
import { CameraCheck } from '../home/CameraCheck'
import { ConsentDialog } from '../home/ConsentDialog'
import { ModelContext } from '../model'
import { Parts } from './Parts'
import { QUALITY } from './figures'
import { fake, film, pictureOf, type Scene } from './fake'
import { ADMIN, CHEN, HE, LIU, NOW, QIAN, TABLETS, XIAOLIN } from './people'
import { asking, calling, ended, inCall, queued, ringing, session, three, waiting, withGuests } from './rooms'

const shop = TABLETS[0]!
const refuse = (): Promise<never> => Promise.reject(new Refusal('unavailable'))
const archive = (more: Partial<Model['archive']>): Partial<Model> => ({
  archive: { ...fake({ me: null }).archive, ...more },
})

const lost = (seconds: number): Partial<Model> => ({
  peer: signal('recovering'),
  lostSince: signal(NOW - seconds * 1000),
  quality: signal('weak'),
})
/** A camera that shows one picture and then none. */
const stand: Model['bindVideo'] = (element, person) => film(element, pictureOf(person), 1500)

/** Whose picture our own network is too slow for. */
const slow = (...people: { id: string }[]): Partial<Model> => ({
  remote: signal(
    new Map(
      people.map(({ id }) => [
        id,
        { person: id, camera: new MediaStream(), screen: null, audio: true, paused: true },
      ]),
    ),
  ),
})

const SCENES: Record<string, () => Scene> = {
  'sign-in': () => ({ me: null, more: { setupNeeded: () => Promise.resolve(true) } }),
  setup: () => ({ me: null }),
  'setup-expired': () => ({
    me: null,
    more: { checkSetup: () => Promise.reject(new Refusal('setup_expired')) },
  }),
  'store-home': () => ({ me: shop, invitations: [session()] }),
  'store-home-empty': () => ({
    me: shop,
    more: {
      link: signal('offline'),
      ...archive({ list: () => Promise.resolve({ entries: [], next: null }) }),
    },
  }),
  'store-home-broken': () => ({ me: shop, elsewhere: inCall(), more: archive({ list: refuse }) }),
  'store-home-offered': () => ({ me: shop, elsewhere: inCall(), offered: inCall().id }),
  ringing: () => ({ me: shop, current: ringing() }),
  'ringing-promise': () => {
    const room = ringing()
    const promise = { by: CHEN, due_at: NOW + 290_000 }
    return { me: shop, current: { ...room, call: { ...room.call!, promise } } }
  },
  waiting: () => ({ me: shop, current: waiting(), more: { queue: signal(queued()) } }),
  'waiting-unknown': () => {
    const calls = queued().calls.map((call) => ({ ...call, about_s: null }))
    return { me: shop, current: waiting(), more: { queue: signal({ calls, more: 0 }) } }
  },
  calling: () => ({ me: CHEN, current: calling() }),
  called: () => ({ me: shop, incoming: [calling()] }),
  'call-store': () => ({ me: shop, current: inCall() }),
  'call-store-asking': () => ({ me: shop, current: asking() }),
  'call-store-three': () => ({ me: shop, current: three() }),
  'call-expert-asking': () => ({ me: CHEN, current: asking(true) }),
  'call-expert-three': () => ({ me: CHEN, current: three() }),
  'console-asked': () => ({ me: LIU, incoming: [asking()] }),
  'summary-calling': () => ({
    me: CHEN,
    summary: { ...calling(), closed_at: NOW, end: 'missed' },
  }),
  'call-store-weak': () => ({
    me: shop,
    current: inCall(0),
    more: {
      quality: signal('weak'),
      rates: signal({ sentFps: 3, seenFps: 9 }),
      muted: signal(true),
      still: signal({ step: 'taking' }),
    },
  }),
  'call-store-lost': () => ({ me: shop, current: inCall(), more: lost(7) }),
  'call-store-lost-long': () => ({ me: shop, current: inCall(), more: lost(38) }),
  'call-store-given-up': () => ({ me: shop, current: inCall(), more: { peer: signal('failed') } }),
  'call-expert-lost': () => ({ me: CHEN, current: inCall(), more: lost(7) }),
  'call-expert-weak': () => {
    const room = inCall()
    room.members[0] = { ...room.members[0]!, quality: 'weak' }
    return { me: CHEN, current: room, more: { rates: signal({ sentFps: 15, seenFps: 3.2 }) } }
  },
  'call-store-advice': () => ({
    me: shop,
    current: inCall(0),
    more: {
      advice: signal({ rule: 'they_see_few', words: 'advice.they_see_few', fps: 4, act: 'send_still' }),
    },
  }),
  'call-expert-advice': () => ({
    me: CHEN,
    current: inCall(0),
    more: { advice: signal({ rule: 'you_see_few', words: 'advice.you_see_few', fps: 4, act: 'ask_still' }) },
  }),
  'call-expert-still': () => ({ me: CHEN, current: inCall(), more: { bindVideo: stand } }),
  'call-store-still': () => ({ me: shop, current: inCall(), more: { bindVideo: stand } }),
  'call-expert': () => ({ me: CHEN, current: inCall() }),
  'call-expert-urgent': () => ({
    me: CHEN,
    current: inCall(),
    more: { urgent: signal({ ...queued().calls[1]!, urgent: true, break_at: NOW }) },
  }),
  'call-expert-guests': () => ({ me: CHEN, current: withGuests(inCall()) }),
  'call-store-guests': () => ({ me: shop, current: withGuests(inCall()) }),
  'trainer-desk-guests': () => ({ me: HE, current: withGuests(session()) }),
  'call-expert-away': () => {
    const room = inCall(0)
    room.members[0] = { ...room.members[0]!, state: 'away' }
    return { me: CHEN, current: room }
  },
  console: () => ({ me: CHEN, incoming: [ringing()], more: { soundBlocked: signal(true) } }),
  'console-queue': () => ({ me: CHEN, more: { queue: signal(queued()) } }),
  'console-quiet': () => ({ me: CHEN }),
  sessions: () => ({ me: HE }),
  'trainer-desk': () => ({ me: HE, current: session() }),
  'trainer-desk-slow': () => ({
    me: HE,
    current: session(),
    more: { ...slow(...TABLETS), quality: signal('weak') },
  }),
  'seat-slow': () => ({ me: shop, current: session(), more: slow(HE, ...TABLETS) }),
  seat: () => ({ me: shop, current: session() }),
  'summary-saving': () => ({ me: CHEN, summary: ended('hung_up', 'saving') }),
  'summary-safe': () => ({ me: shop, summary: ended('hung_up', 'safe') }),
  missed: () => ({ me: shop, summary: ended('missed', 'off') }),
  archive: () => ({ me: CHEN }),
  'archive-learner': () => ({ me: XIAOLIN }),
  'archive-store': () => ({ me: shop }),
  replay: () => ({ me: CHEN }),
  'replay-store': () => ({ me: shop }),
  quality: () => ({ me: ADMIN }),
  'quality-empty': () => ({
    me: ADMIN,
    more: archive({ quality: () => Promise.resolve({ ...QUALITY, people: [], marks: [] }) }),
  }),
  'quality-broken': () => ({ me: ADMIN, more: archive({ quality: refuse }) }),
  'archive-admin': () => ({ me: ADMIN }),
  audit: () => ({ me: QIAN }),
  'audit-empty': () => ({
    me: ADMIN,
    more: { audit: { list: () => Promise.resolve({ lines: [], next: null }), exportUrl: () => '#' } },
  }),
  'audit-broken': () => ({ me: ADMIN, more: { audit: { list: refuse, exportUrl: () => '#' } } }),
  check: () => ({ me: shop }),
  consent: () => ({ me: shop }),
  parts: () => ({ me: CHEN }),
}

const query = new URLSearchParams(location.search)
const name = query.get('scene') ?? 'store-home'
await setLang(query.get('lang') === 'en' ? 'en' : 'zh-CN')
const scene = SCENES[name]!()
history.replaceState(
  null,
  '',
  name.startsWith('setup')
    ? '/setup#token'
    : name.startsWith('archive')
      ? '/archive'
      : name.startsWith('replay')
        ? '/archive/room-1'
        : name.startsWith('quality')
          ? '/archive/room-1/quality'
          : name.startsWith('audit')
            ? '/audit'
            : '/',
)
document.documentElement.dataset.device = scene.me?.role === 'store' ? 'tablet' : 'desktop'

render(
  <ModelContext.Provider value={fake(scene)}>
    {name === 'parts' ? <Parts /> : <App />}
    {name === 'check' && <CameraCheck onClose={() => undefined} />}
    {name === 'consent' && (
      <ConsentDialog title="新品" recorded onAgree={() => Promise.resolve()} onClose={() => undefined} />
    )}
  </ModelContext.Provider>,
  document.getElementById('app')!,
)
