// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { Bot } from '../../contract'
import { Refusal } from '../../model/api'
import type { BotDesk } from '../../model/bots'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { BotsPage } from './BotsPage'

const NOW = new Date(2026, 10, 26, 12).getTime()
const BOT: Bot = {
  id: 'b-1',
  name: '设备群',
  kind: 'feishu',
  host: 'open.feishu.cn',
  signed: true,
  occasions: ['waiting', 'callback'],
  language: 'zh',
  region: null,
  enabled: true,
  told_at: NOW,
  problem: null,
  tag: 'b1',
}

async function drawn(bots: Bot[], parts: Partial<BotDesk> = {}): Promise<void> {
  const person = { id: 'p-admin', role: 'admin', name: { zh: '赵敏', en: 'Zhao Min' }, skills: [] }
  await draw(
    <LocationProvider>
      <BotsPage />
    </LocationProvider>,
    modelOf({
      me: signal({ person, also: [] }),
      incoming: signal([]),
      tick: signal(NOW),
      organisation: { stores: () => Promise.resolve({ regions: [], stores: [] }) },
      bots: { list: () => Promise.resolve(bots), ...parts },
    }),
  )
  await act(async () => {})
}

describe('group bots', () => {
  it('say whether the last message arrived, and why not', async () => {
    await drawn([
      BOT,
      { ...BOT, id: 'b-2', problem: '19021: sign match fail' },
      { ...BOT, id: 'b-3', enabled: false },
    ])
    const rows = [...document.querySelectorAll('[data-testid=bot-row]')].map((row) => row.textContent)
    expect(rows[0]).toContain('送达')
    expect(rows[1]).toContain('没送达')
    expect(byTestId('bot-said').textContent).toBe('19021: sign match fail')
    expect(rows[2]).toContain('已停用')
  })

  it('are added with an address, which is asked for', async () => {
    const add = vi.fn(() => Promise.resolve(BOT))
    await drawn([], { add })
    await press('bot-add')
    await type('bot-name', '设备群')
    await press('bot-save')
    expect(document.querySelector('[role=alert]')?.textContent).toContain('qyapi.weixin.qq.com')
    await type('bot-url', ' https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k ')
    await press('bot-save')
    expect(add).toHaveBeenCalledWith({
      name: '设备群',
      kind: 'wecom',
      url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k',
      secret: '',
      occasions: ['waiting', 'callback'],
      language: 'zh',
      region: null,
      enabled: true,
    })
  })

  it('keep address and secret when something else is changed', async () => {
    const change = vi.fn(() => Promise.resolve(BOT))
    await drawn([BOT], { change })
    await press('bot-open')
    await press('bot-occasion-calling')
    await press('bot-save')
    expect(change).toHaveBeenCalledWith(
      'b-1',
      expect.objectContaining({ url: null, secret: null, occasions: ['calling', 'waiting', 'callback'] }),
      'b1',
    )
  })

  it('say which address belongs there when the server refuses one', async () => {
    const add = vi.fn(() => Promise.reject(new Refusal('bad_message', 'url: copy it')))
    await drawn([], { add })
    await press('bot-add')
    await type('bot-name', '群')
    await type('bot-url', 'https://evil.example/')
    await press('bot-save')
    await act(() => Promise.resolve())
    expect(document.querySelector('[role=alert]')?.textContent).toContain('开头是')
  })

  it('are removed after being asked once more', async () => {
    const remove = vi.fn(() => Promise.resolve())
    await drawn([BOT], { remove })
    await press('bot-open')
    await press('bot-remove')
    expect(remove).not.toHaveBeenCalled()
    await press('bot-remove')
    expect(remove).toHaveBeenCalledWith('b-1')
  })
})
