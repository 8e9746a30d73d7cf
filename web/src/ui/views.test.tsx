// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../model/api'
import { CallBanner } from './call/CallBanner'
import { ChatPanel } from './call/ChatPanel'
import { Stage } from './call/Stage'
import { Tile } from './call/Tile'
import { QualityChip, RecordingChip, otherWords, worse } from './call/Words'
import { Incoming } from './console/Incoming'
import { CHEN, NOW, TABLETS, ZHANG, entry, member } from './gallery/people'
import { timeOfDay } from './format'
import { POLICIES } from './gallery/policies'
import { ended, inCall, ringing, session } from './gallery/rooms'
import { ConsentDialog } from './home/ConsentDialog'
import { StoreHome } from './home/StoreHome'
import { Toasts, shown } from './parts/Toasts'
import { Ringing } from './ring/Ringing'
import { Setup } from './signin/Setup'
import { SignIn } from './signin/SignIn'
import { keptLogin } from './signin/kept'
import { Summary } from './summary/Summary'
import { stages } from './summary/stages'
import { act, byTestId, draw, modelOf, press, signal, type } from './testing'
import { LocationProvider } from 'preact-iso'

const shop = TABLETS[0]!
const person = (who: typeof shop) =>
  signal({
    person: who,
    also: [],
    partly: [],
    chain: { zh: '小灶堂', en: 'Little Stove' },
    version: '1',
    ring_s: 30,
    policies: POLICIES,
  })
const settled = (): Promise<void> => act(() => Promise.resolve()) as Promise<void>
const empty = { list: () => Promise.resolve({ entries: [], next: null }) }

beforeEach(() => {
  shown.value = null
  localStorage.clear()
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
})

describe('sign-in', () => {
  it('says what is wrong and what to do, and keeps the login', async () => {
    const signIn = () => Promise.reject(new Refusal('wrong_password'))
    await draw(<SignIn />, modelOf({ signIn, me: signal(null) }))
    await type('login', 'store-0117')
    await type('password', 'nonsense')
    await press('sign-in')
    await settled()
    expect(document.querySelector('[role=alert]')?.textContent).toContain('登录名或密码不对')
    expect(byTestId<HTMLInputElement>('login').value).toBe('store-0117')
    expect(byTestId<HTMLInputElement>('password').value).toBe('')
  })
  it('asks for both fields before it asks the server', async () => {
    const signIn = vi.fn()
    await draw(<SignIn />, modelOf({ signIn, me: signal(null) }), 'en')
    await press('sign-in')
    expect(document.querySelector('[role=alert]')?.textContent).toContain('Fill in both')
    expect(signIn).not.toHaveBeenCalled()
  })
  it('remembers the login of a tablet and not of a person', async () => {
    for (const [who, kept] of [
      [CHEN, null],
      [shop, 'store-0117'],
    ] as const) {
      await draw(<SignIn />, modelOf({ me: person(who) }))
      await type('login', 'store-0117')
      await type('password', 'x')
      await press('sign-in')
      await settled()
      expect(keptLogin()).toBe(kept)
    }
  })
})

describe('the set-up', () => {
  const view = (parts: Record<string, unknown>, language: 'zh-CN' | 'en' = 'zh-CN') =>
    draw(
      <LocationProvider>
        <Setup />
      </LocationProvider>,
      modelOf(parts),
      language,
    )
  const fill = async () => {
    for (const [field, words] of [
      ['chain', '小灶堂'],
      ['name', '周敏'],
      ['login', 'it'],
      ['password', 'four words are long'],
      ['repeat', 'four words are long'],
    ])
      await type(`setup-${field}`, words!)
    await press('setup-go')
    await settled()
  }
  it('makes the chain and says what comes next', async () => {
    const setUp = vi.fn(() => Promise.resolve())
    await view({ setUp })
    await settled()
    await fill()
    expect(setUp).toHaveBeenCalledWith(
      expect.objectContaining({ chain: { zh: '小灶堂', en: '小灶堂' }, login: 'it' }),
    )
    expect(byTestId('setup-ready').textContent).toContain('passline org import')
  })
  it('says in words why a link does not work, and what to do', async () => {
    for (const [code, words] of [
      ['setup_wrong', 'only the newest one works'],
      ['setup_expired', 'Start Passline again'],
      ['setup_done', 'passline user password'],
    ] as const) {
      await view({ checkSetup: () => Promise.reject(new Refusal(code)) }, 'en')
      await settled()
      expect(document.body.textContent).toContain(words)
    }
  })
  it('keeps what was typed when the login is taken', async () => {
    await view({ setUp: () => Promise.reject(new Refusal('conflict')) })
    await settled()
    await fill()
    expect(document.querySelector('[role=alert]')?.textContent).toContain('有人用了')
    expect(byTestId<HTMLInputElement>('setup-chain').value).toBe('小灶堂')
  })
  it('is pointed at by the sign-in while nobody can sign in', async () => {
    await draw(<SignIn />, modelOf({ me: signal(null), setupNeeded: () => Promise.resolve(true) }))
    await settled()
    expect(byTestId('signin-notice').textContent).toContain('设置链接')
  })
})

describe('the home of a store', () => {
  const home = (more: Record<string, unknown> = {}) =>
    modelOf({
      me: person(shop),
      link: signal('online'),
      tick: signal(NOW),
      experts: signal([entry(CHEN, 'free'), entry(ZHANG, 'busy')]),
      invitations: signal([]),
      archive: empty,
      ...more,
    })
  it('says that calls are recorded and how many experts are free, on the button itself', async () => {
    await draw(<StoreHome />, home())
    expect(byTestId('call-hq').textContent).toContain('1 位专家有空')
    expect(byTestId('call-hq').textContent).toContain('按下就是同意')
    await draw(<StoreHome />, home(), 'en')
    expect(byTestId('call-hq').textContent).toContain('1 expert free')
  })
  it('calls with the reason that was tapped, once', async () => {
    const startCall = vi.fn(() => new Promise(() => undefined))
    await draw(<StoreHome />, home({ startCall }))
    await press('call-dishes')
    await press('call-dishes')
    expect(startCall).toHaveBeenCalledExactlyOnceWith('dishes')
  })
  it('does not call without a network', async () => {
    const startCall = vi.fn()
    await draw(<StoreHome />, home({ startCall, link: signal('offline') }))
    await press('call-hq')
    expect(startCall).not.toHaveBeenCalled()
    expect(byTestId('call-hq').textContent).toContain('连上就能打')
  })
  it('asks for consent before a session is joined', async () => {
    const joinRoom = vi.fn(() => Promise.resolve())
    await draw(<StoreHome />, home({ invitations: signal([session()]), joinRoom }))
    await press('join-session')
    expect(joinRoom).not.toHaveBeenCalled()
    expect(byTestId('consent').textContent).toContain('新品：藤椒鸡腿饭')
    await press('consent-agree')
    expect(joinRoom).toHaveBeenCalledExactlyOnceWith('room-2', true)
  })
})

describe('ringing', () => {
  it('shows who is rung, who is busy, and cancels', async () => {
    const cancelCall = vi.fn(() => Promise.resolve())
    const model = modelOf({
      me: person(shop),
      tick: signal(NOW),
      experts: signal([
        entry(CHEN, 'ringing'),
        { ...entry(ZHANG, 'busy'), person: { ...ZHANG, id: 'p-other' } },
      ]),
      capture: signal({ state: 'on', cameraProblem: null, microphoneProblem: null }),
      level: signal(0.4),
      muted: signal(false),
      cameras: signal([]),
      watchLevel: () => () => undefined,
      bindPreview: () => () => undefined,
      cancelCall,
    })
    await draw(<Ringing room={ringing()} />, model)
    expect(byTestId('rung-p-chen').dataset.state).toBe('ringing')
    expect(byTestId('rung-p-other').dataset.state).toBe('busy')
    expect(byTestId('waiting-time').textContent).toBe('0:14')
    expect(byTestId('step-0').dataset.when).toBe('now')
    expect(byTestId('step-0').textContent).toContain('还有 6 秒')
    expect(byTestId('step-1').textContent).toContain('设备和菜品')
    await press('cancel')
    expect(cancelCall).toHaveBeenCalledOnce()
  })
})

describe('an incoming call', () => {
  it('says that answering is consent, and Enter answers', async () => {
    const acceptCall = vi.fn(() => new Promise(() => undefined))
    await draw(
      <Incoming room={ringing()} first />,
      modelOf({ me: person(CHEN), tick: signal(NOW), acceptCall }),
    )
    expect(byTestId('incoming').textContent).toContain('接听就是同意录像')
    expect(byTestId('incoming').textContent).toContain('打给你和张建国')
    await act(() => void window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' })))
    await press('accept')
    expect(acceptCall).toHaveBeenCalledExactlyOnceWith('room-1')
  })
})

describe('the chat', () => {
  it('shows honest ticks, marks lines read and gives back words that were not taken', async () => {
    const readChat = vi.fn()
    const lines = [
      { cid: 'a', seq: 1, sender: shop.id, mine: false, body: '你好', ts: NOW, tick: 'read', problem: null },
      {
        cid: 'b',
        seq: null,
        sender: CHEN.id,
        mine: true,
        body: '在',
        ts: NOW,
        tick: 'waiting',
        problem: null,
      },
      {
        cid: 'c',
        seq: null,
        sender: CHEN.id,
        mine: true,
        body: '?',
        ts: NOW,
        tick: 'failed',
        problem: 'offline',
      },
    ]
    const sendChat = vi.fn(() => Promise.reject(new Refusal('too_large')))
    const chat = { lines: signal(lines), unread: signal(1) }
    await draw(<ChatPanel room={inCall()} to="静安寺店" />, modelOf({ chat: () => chat, readChat, sendChat }))
    const ticks = [...document.querySelectorAll('[data-testid=chat-tick]')].map((tick) => tick.textContent)
    expect(ticks).toEqual(['等待', '没发出'])
    expect(document.body.textContent).toContain('网断了。连上再试。')
    expect(readChat).toHaveBeenCalledWith('room-1')
    await type('chat-input', '  先旋到 0 ')
    await press('chat-send')
    await settled()
    expect(sendChat).toHaveBeenCalledExactlyOnceWith('room-1', '先旋到 0')
    expect(byTestId<HTMLInputElement>('chat-input').value).toBe('先旋到 0')
  })
})

describe('words of a call', () => {
  it('name what the other side has off', () => {
    expect(otherWords(member(shop, 'joined'))).toBeNull()
    expect(otherWords(member(shop, 'joined', { muted: true }))).toContain('静安寺店静音了')
    expect(otherWords(member(shop, 'away', { muted: true }))).toContain('静安寺店断线了')
  })
  it('tell the worse of both connections', () => {
    expect(worse('good', 'weak')).toBe('weak')
    expect(worse('good', undefined)).toBe('good')
  })
  it('do not call clear what an advice beside them is about', async () => {
    const advice = { rule: 'they_see_few', words: 'advice.they_see_few', fps: 4, act: 'send_still' }
    await draw(
      <QualityChip own="good" other={member(CHEN, 'joined', { quality: 'good' })} peer="connected" />,
      modelOf({ advice: signal(advice) }),
    )
    expect(byTestId('connection-words').textContent).toBe('声音清楚，画面一般')
  })
  it('never say recording when nothing is recorded', async () => {
    await draw(<RecordingChip room={{ ...inCall(), recording: null }} now={NOW} />, modelOf({}))
    expect(byTestId('recording-state').textContent).toBe('没在录')
    await draw(<RecordingChip room={inCall()} now={NOW} />, modelOf({}))
    expect(byTestId('recording-state').textContent).toBe('录制中6:12')
  })
})

describe('the banner of a call', () => {
  const calm = {
    soundBlocked: signal(false),
    peer: signal('connected'),
    link: signal('online'),
    capture: signal({ state: 'on', cameraProblem: null, microphoneProblem: null }),
    quality: signal('good'),
    busyUntil: signal(null),
    rates: signal({ sentFps: 3.1, seenFps: 14 }),
    tick: signal(NOW),
    now: () => NOW,
  }
  const show = (parts: Record<string, unknown>, other = member(CHEN, 'joined')) =>
    draw(<CallBanner room={inCall()} other={other} />, modelOf({ ...calm, ...parts }))

  it('is not there while all is well', async () => {
    await show({})
    expect(document.querySelector('.banner')).toBeNull()
  })
  it('counts a cut, and later says what one can do and until when', async () => {
    await show({ peer: signal('recovering'), lostSince: signal(NOW - 7000) })
    expect(byTestId('call-lost').textContent).toContain('0:07')
    expect(byTestId('call-lost').textContent).toContain('不用挂断')
    await show({ peer: signal('recovering'), lostSince: signal(NOW - 38_000) })
    expect(byTestId('call-lost').textContent).toContain(`留到 ${timeOfDay(NOW + 52_000)}`)
  })
  it('says that the server is full and when it is tried again', async () => {
    await show({ peer: signal('connecting'), busyUntil: signal(NOW + 4200) })
    expect(byTestId('server-busy').textContent).toContain('5 秒')
    expect(byTestId('server-busy').textContent).toContain('一有空位就接通')
  })
  it('gives up in words and with a button', async () => {
    const tryAgain = vi.fn()
    await show({ peer: signal('failed'), tryAgain })
    expect(byTestId('call-given-up').textContent).toContain('没能接回来')
    await press('try-again')
    expect(tryAgain).toHaveBeenCalledOnce()
  })
  it('says what the other one sees of a weak link, and whose it is', async () => {
    await show({ quality: signal('weak') })
    expect(byTestId('weak-link').textContent).toContain('你每秒只发得出 3 张画面')
    await show({}, member(CHEN, 'joined', { quality: 'weak' }))
    expect(byTestId('weak-link').textContent).toContain('你每秒看到 14 张画面')
  })
  it('says what to do about it, in place of the complaint, with one press', async () => {
    const sendStill = vi.fn(() => Promise.resolve())
    const followAdvice = vi.fn()
    const advice = { rule: 'they_see_few', words: 'advice.they_see_few', fps: 4, act: 'send_still' }
    await show({ quality: signal('weak'), advice: signal(advice), sendStill, followAdvice })
    expect(document.querySelectorAll('.banner').length).toBe(1)
    expect(byTestId('weak-link').textContent).toContain('陈立群每秒只看到 4 张画面')
    await press('follow-advice')
    expect(sendStill).toHaveBeenCalledWith('room-1')
    expect(followAdvice).toHaveBeenCalledOnce()
    await draw(
      <CallBanner room={inCall()} other={member(CHEN, 'joined')} />,
      modelOf({ ...calm, advice: signal({ ...advice, fps: 1 }) }),
      'en',
    )
    expect(byTestId('advice').textContent).toContain('Chen Liqun sees 1 picture a second')
  })
  it('advises nothing to press where nothing helps at once', async () => {
    await show({ advice: signal({ rule: 'late', words: 'advice.late', fps: 1, act: null }) })
    expect(byTestId('advice').textContent).toContain('话说短一点')
    expect(document.querySelector('[data-testid=follow-advice]')).toBeNull()
  })
  it('tells who waits that the other one is cut off', async () => {
    await show({}, member(CHEN, 'away'))
    expect(byTestId('other-away').textContent).toContain('陈立群断线了')
  })
})

describe('the summary', () => {
  const model = () => modelOf({ me: person(shop), tick: signal(NOW), stillUrl: () => '/x.jpg' })
  const show = (room: ReturnType<typeof ended>) =>
    draw(
      <LocationProvider>
        <Summary room={room} />
      </LocationProvider>,
      model(),
    )
  it('offers the replay only once the recording is safe', async () => {
    await show(ended('hung_up', 'saving'))
    expect(document.querySelector('[data-testid=open-replay]')).toBeNull()
    await show(ended('hung_up', 'safe'))
    expect(byTestId('recording-state').textContent).toContain('用了 1.3 秒')
    expect(byTestId('open-replay')).toBeTruthy()
  })
  it('says why nobody answered, and calls again', async () => {
    await show(ended('nobody_free', 'off'))
    expect(byTestId('summary').textContent).toContain('现在没有专家有空')
    expect(byTestId('call-again')).toBeTruthy()
  })
  it('counts what follows the answer from the answer, and leaves out what did not happen', () => {
    const nothing = { ring: null, answer: null, connected: null, first_frame: null, first_audio: null }
    expect(stages({ ...nothing, tap: 1000, ring: 1080, answer: 5000, connected: 4900 })).toEqual([
      { key: 'ring', ms: 80 },
      { key: 'answer', ms: 3920 },
      { key: 'connected', ms: 0 },
    ])
    expect(stages({ ...nothing, tap: 1000, answer: 5000, first_frame: 5090, first_audio: 5120 })).toEqual([
      { key: 'answer', ms: 4000 },
      { key: 'first_frame', ms: 90 },
      { key: 'first_audio', ms: 120 },
    ])
    expect(stages({ ...nothing, tap: 1000, first_frame: 5090 })).toEqual([])
  })
})

describe('consent', () => {
  it('has two verbs and Escape refuses', async () => {
    const onClose = vi.fn()
    const onAgree = vi.fn(() => Promise.resolve())
    await draw(<ConsentDialog title="新品" recorded onAgree={onAgree} onClose={onClose} />, modelOf({}))
    expect(byTestId('consent').textContent).toContain('录')
    await act(() => void byTestId('consent').dispatchEvent(new Event('cancel', { cancelable: true })))
    expect(onClose).toHaveBeenCalledOnce()
    expect(onAgree).not.toHaveBeenCalled()
  })
  it('speaks of a recording only where there is one', async () => {
    const nothing = (): Promise<void> => Promise.resolve()
    await draw(
      <ConsentDialog title="新品" recorded={false} onAgree={nothing} onClose={nothing} />,
      modelOf({}),
    )
    expect(byTestId('consent').textContent).toContain('新品')
    expect(byTestId('consent').textContent).not.toContain('录')
  })
})

describe('a refusal', () => {
  it('stays on the screen in words until it is closed', async () => {
    await draw(
      <>
        <StoreHome />
        <Toasts />
      </>,
      modelOf({
        me: person(shop),
        link: signal('online'),
        tick: signal(NOW),
        experts: signal([]),
        invitations: signal([]),
        archive: empty,
        startCall: () => Promise.reject(new Refusal('busy')),
      }),
    )
    await press('call-hq')
    await settled()
    expect(byTestId('toast').textContent).toContain('服务器正忙')
  })
})

describe('a picture that our own network is too slow for', () => {
  const remote = (paused: boolean) =>
    signal(new Map([[CHEN.id, { person: CHEN.id, camera: null, screen: null, audio: true, paused }]]))
  const videoFor = () => document.createElement('video')
  const parts = { videoFor, bindVideo: () => () => undefined, cameraOff: signal(false), pointers: signal([]) }
  it('says so in words, on a tile and large, and that the sound goes on', async () => {
    for (const [language, short, words] of [
      ['zh-CN', '网络慢，画面先停', '画面先停了：你的网络太慢，声音照常'],
      ['en', 'Paused: slow network', 'Picture paused: your network is too slow for it, sound goes on'],
    ] as const) {
      const model = modelOf({ ...parts, remote: remote(true) })
      await draw(<Tile member={member(CHEN, 'joined')} />, model, language)
      expect(byTestId('picture-paused').textContent).toBe(short + words)
      await draw(
        <Stage member={member(CHEN, 'joined')} own={false} takes="off" note="muted" />,
        model,
        language,
      )
      expect(byTestId('picture-paused').textContent).toBe(words)
      expect(document.querySelector('[data-testid="other-words"]')).toBe(null)
    }
  })
  it('says nothing of it while the picture comes, or with the camera off', async () => {
    for (const [paused, camera_off] of [
      [false, false],
      [true, true],
    ] as const) {
      await draw(
        <Tile member={{ ...member(CHEN, 'joined'), camera_off }} />,
        modelOf({ ...parts, remote: remote(paused) }),
      )
      expect(document.querySelector('[data-testid="picture-paused"]')).toBe(null)
    }
  })
})
