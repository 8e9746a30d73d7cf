import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import type { ChatMessage } from '../contract'
import { Chat } from './chat'

const CH = 'room:r'
const message = (seq: number, sender: string, cid = `c${seq}`): ChatMessage => ({
  type: 'message',
  ch: CH,
  seq,
  cid,
  operator: null,
  sender,
  ts: seq * 10,
  body: `m${seq}`,
})

test('an own line goes waiting, sent, delivered, read, in one bubble, and never back', () => {
  const chat = new Chat(CH, signal('me'))
  const ticks = () => chat.lines.value.map((line) => `${line.body}:${line.tick}`)
  chat.setEntry({ cid: 'a', ch: CH, body: 'hi', created: 5, tries: 0, problem: null })
  expect(ticks()).toEqual(['hi:waiting'])
  chat.settle('a', 1, 50)
  expect(ticks()).toEqual(['hi:sent'])
  chat.add([{ ...message(1, 'me', 'a'), body: 'hi' }])
  expect(ticks()).toEqual(['hi:sent'])
  chat.setReceipt({ ch: CH, person: 'me', delivered: 1, read: 1 })
  expect(ticks()).toEqual(['hi:sent'])
  chat.setReceipt({ ch: CH, person: 'you', delivered: 1, read: 0 })
  expect(ticks()).toEqual(['hi:delivered'])
  chat.setReceipt({ ch: CH, person: 'you', delivered: 1, read: 1 })
  chat.setReceipt({ ch: CH, person: 'you', delivered: 0, read: 0 })
  expect(ticks()).toEqual(['hi:read'])
})

test('a refused line says so and can be given up', () => {
  const chat = new Chat(CH, signal('me'))
  chat.setEntry({ cid: 'a', ch: CH, body: 'hi', created: 5, tries: 1, problem: 'forbidden' })
  expect(chat.lines.value[0]).toMatchObject({ tick: 'failed', problem: 'forbidden' })
  chat.settle('a', null, 0)
  expect(chat.lines.value).toEqual([])
})

test('numbered lines stand in order before waiting ones, and only others count as unread', () => {
  const chat = new Chat(CH, signal('me'))
  chat.setEntry({ cid: 'w', ch: CH, body: 'late', created: 1, tries: 0, problem: null })
  chat.add([message(2, 'you'), message(1, 'me')])
  expect(chat.lines.value.map((line) => line.body)).toEqual(['m1', 'm2', 'late'])
  expect(chat.unread.value).toBe(1)
  chat.markRead(chat.last)
  expect(chat.unread.value).toBe(0)
})
