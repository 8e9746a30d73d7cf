/** The talk of a room: lines with honest ticks, and a field to write; seen lines are marked read while it is open. */
import { MessageSquare, RotateCcw, Send, Trash2 } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { t, whoOf } from '../../i18n'
import type { ChatLine } from '../../model/api'
import { memberOf } from '../../model/room'
import { act } from '../act'
import { timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Receipt } from '../parts/Receipt'
import { Empty } from '../parts/State'
import { errorWords } from '../parts/Toasts'

export function ChatPanel(props: { room: RoomState; to: string }) {
  const model = useModel()
  const { room } = props
  const chat = model.chat(room.id)
  const lines = chat.lines.value
  const unread = chat.unread.value
  const [body, setBody] = useState('')
  const list = useRef<HTMLOListElement>(null)

  useEffect(() => {
    if (unread > 0 && document.visibilityState === 'visible') model.readChat(room.id)
    const onShow = (): void => {
      if (document.visibilityState === 'visible') model.readChat(room.id)
    }
    document.addEventListener('visibilitychange', onShow)
    return () => document.removeEventListener('visibilitychange', onShow)
  }, [model, room.id, unread, lines.length])
  useEffect(() => {
    const end = list.current
    // Where nothing was said it would make the browser lay out a page that is just being made.
    if (end && lines.length > 0) end.scrollTop = end.scrollHeight
  }, [lines.length])

  const send = async (): Promise<void> => {
    const text = body.trim()
    if (!text) return
    setBody('')
    if (!(await act(model.sendChat(room.id, text)))) setBody(text)
  }
  const sender = ({ sender: id, operator }: ChatLine): string => {
    const person = memberOf(room, id)?.person ?? model.presence.value.get(id)?.person
    return person ? whoOf({ ...person, operator: operator ?? null }) : ''
  }

  return (
    <div class="chat">
      <ol class="chat-lines" ref={list} aria-live="polite" tabIndex={0} aria-label={t('chat.title')}>
        {lines.length === 0 && (
          <li class="chat-none">
            <Empty icon={MessageSquare} title={t('chat.empty')} text={t('chat.empty_text')} />
          </li>
        )}
        {lines.map((line, index) => (
          <li class="chat-line" data-mine={line.mine ? '' : undefined} key={line.cid} data-testid="chat-line">
            {(index === 0 ||
              lines[index - 1]!.sender !== line.sender ||
              lines[index - 1]!.operator?.id !== line.operator?.id ||
              line.ts - lines[index - 1]!.ts > 180_000) && (
              <p class="chat-who caption">
                {!line.mine && <span>{sender(line)} </span>}
                <time>{timeOfDay(line.ts)}</time>
              </p>
            )}
            <p class="bubble">{line.body}</p>
            {line.mine && <Receipt state={line.tick} />}
            {line.mine && line.tick === 'failed' && (
              <p class="chat-failed">
                <span>{errorWords(line.problem)}</span>
                <Button kind="quiet" icon={RotateCcw} onClick={() => void act(model.retryChat(line.cid))}>
                  {t('act.retry')}
                </Button>
                <Button kind="quiet" icon={Trash2} onClick={() => void act(model.discardChat(line.cid))}>
                  {t('act.discard')}
                </Button>
              </p>
            )}
          </li>
        ))}
      </ol>
      <form
        class="chat-form"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <input
          class="input"
          value={body}
          maxLength={2000}
          placeholder={t('chat.placeholder', { name: props.to })}
          aria-label={t('chat.placeholder', { name: props.to })}
          data-testid="chat-input"
          enterkeyhint="send"
          onInput={(event) => setBody(event.currentTarget.value)}
        />
        <Button
          kind="quiet"
          type="submit"
          iconOnly
          icon={Send}
          label={t('chat.send')}
          testid="chat-send"
          class="chat-send"
        />
      </form>
    </div>
  )
}
