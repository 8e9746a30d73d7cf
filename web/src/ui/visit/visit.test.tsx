// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RoomState } from '../../contract'
import { Refusal } from '../../model/api'
import { Knocks } from '../call/Knocks'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { VisitPage } from './VisitPage'

const OFFER = {
  chain: { zh: '一家', en: 'One' },
  by: { zh: '陈立群', en: 'Chen' },
  expires_at: 0,
  recorded: true,
}
const capture = signal({ state: 'on', cameraProblem: null, microphoneProblem: null })
const cameras = signal([])
const page = <VisitPage />

afterEach(() => history.replaceState(null, '', '/'))

describe('the page of a visitor', () => {
  it('says what is wrong with a link that opens nothing, and nothing of it', async () => {
    history.replaceState(null, '', '/g#old')
    const lookAtVisit = vi.fn(() => Promise.reject(new Refusal('not_found')))
    await draw(page, modelOf({ lookAtVisit, capture, cameras, me: signal(null), stay: signal(null) }))
    await act(() => Promise.resolve())
    expect(lookAtVisit).toHaveBeenCalledWith('old')
    expect(byTestId('visit-dead').textContent).toContain('只能用一次')
  })

  it('asks for a name before it uses the link up', async () => {
    history.replaceState(null, '', '/g#secret')
    const enterVisit = vi.fn(() => Promise.resolve())
    const lookAtVisit = () => Promise.resolve(OFFER)
    await draw(
      page,
      modelOf({ lookAtVisit, enterVisit, capture, cameras, me: signal(null), stay: signal(null) }),
    )
    await act(() => Promise.resolve())
    expect(document.body.textContent).toContain('陈立群')
    expect(byTestId('visit-form').textContent).toContain('会录像')
    await press('visit-go')
    expect(enterVisit).not.toHaveBeenCalled()
    await type('visit-name', ' 王师傅 ')
    await press('visit-go')
    expect(enterVisit).toHaveBeenCalledWith('secret', '王师傅', '')
  })

  it('speaks of no recording where there is none', async () => {
    history.replaceState(null, '', '/g#secret')
    const lookAtVisit = () => Promise.resolve({ ...OFFER, recorded: false })
    await draw(page, modelOf({ lookAtVisit, capture, cameras, me: signal(null), stay: signal(null) }))
    await act(() => Promise.resolve())
    expect(byTestId('visit-form').textContent).toContain('不录像')
    expect(byTestId('visit-go').textContent).not.toContain('同意')
  })

  it('begins anew with another link that is opened over it', async () => {
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined)
    const stay = signal({ stage: 'over', why: 'left' })
    await draw(page, modelOf({ capture, cameras, me: signal(null), stay }))
    dispatchEvent(new Event('hashchange'))
    expect(reload).toHaveBeenCalled()
  })

  it('leaves a browser of the house alone', async () => {
    const lookAtVisit = vi.fn()
    const me = signal({ person: { id: 'p-1', role: 'store' } })
    await draw(page, modelOf({ lookAtVisit, capture, cameras, me, stay: signal(null) }))
    expect(lookAtVisit).not.toHaveBeenCalled()
    expect(document.body.textContent).toContain('已有人登录')
  })

  it('says that they see it only once they do, and asks again after a refusal', async () => {
    const me = signal({ person: { id: 'v-1', role: 'visitor' } })
    const stay = signal<object | null>(null)
    const comeIn = vi.fn(() => Promise.resolve())
    await draw(page, modelOf({ capture, cameras, me, stay, comeIn }))
    expect(byTestId('visit-asking').textContent).not.toContain('对方已经看到你在等')
    await act(() => void (stay.value = { stage: 'refused', why: null, code: 'too_many' }))
    expect(document.body.textContent).toContain('没能请求进来')
    await press('retry')
    expect(comeIn).toHaveBeenCalledOnce()
    await act(() => void (stay.value = { stage: 'waiting', why: null, code: null }))
    expect(byTestId('visit-waiting').textContent).toContain('对方已经看到你在等')
  })

  it('says how it ended', async () => {
    const stay = signal({ stage: 'over', why: 'refused' })
    await draw(page, modelOf({ capture, cameras, me: signal(null), stay }))
    expect(document.body.textContent).toContain('这次没有放行')
  })
})

describe('who wants to come in', () => {
  const knock = (id: string) => ({
    person: {
      id,
      role: 'visitor',
      name: { zh: '王', en: 'Wang' },
      title: { zh: '某厂', en: 'Maker' },
      skills: [],
    },
    session: 's',
    since: 1,
  })

  it('is admitted or refused, the first one first', async () => {
    const admit = vi.fn(() => Promise.resolve())
    const sendAway = vi.fn(() => Promise.resolve())
    const room = { id: 'r', lobby: [knock('v-1'), knock('v-2')] } as unknown as RoomState
    await draw(<Knocks room={room} />, modelOf({ admit, sendAway }))
    expect(byTestId('knock').textContent).toContain('王（某厂）想进来')
    expect(byTestId('knock').textContent).toContain('后面还有 1 位')
    await press('admit')
    expect(admit).toHaveBeenCalledWith('r', 'v-1')
    await draw(<Knocks room={room} />, modelOf({ admit, sendAway }))
    await press('refuse')
    expect(sendAway).toHaveBeenCalledWith('r', 'v-1')
  })

  it('is one person for two quick clicks', async () => {
    const admit = vi.fn(() => Promise.resolve())
    const model = modelOf({ admit })
    const lobby = (...waiting: string[]) => (
      <Knocks room={{ id: 'r', lobby: waiting.map(knock) } as unknown as RoomState} />
    )
    const click = (detail: number) =>
      act(() => {
        byTestId('admit').dispatchEvent(new MouseEvent('click', { bubbles: true, detail }))
      })
    await draw(lobby('v-1', 'v-2'), model)
    await click(1)
    await draw(lobby('v-2'), model)
    await click(2)
    expect(admit.mock.calls).toEqual([['r', 'v-1']])
  })
})
