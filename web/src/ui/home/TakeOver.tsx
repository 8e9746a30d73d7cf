/** "Who are you?": choose oneself from the list, then type the PIN; with one of one use, choose one's own. */
import { ArrowLeft, Check, Delete, UserRound } from 'lucide-preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Takers } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { useLoaded } from '../admin/useLoaded'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords, toast } from '../parts/Toasts'

type Taker = Takers['people'][number]
const FEWEST = 4
const MOST = 6
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

/** On the store's home: who has the tablet, with the way to hand it back; or the way to say who one is. */
export function Holder() {
  const model = useModel()
  const [asking, setAsking] = useState(false)
  const operator = model.me.value?.person.operator
  const handBack = async (): Promise<void> => {
    if (await act(model.takeOver.handBack(), { conflict: 'pin.in_call' })) toast(() => t('pin.handed_back'))
  }
  return (
    <>
      {operator ? (
        <span class="holder" data-testid="holder">
          <UserRound class="icon" size={20} aria-hidden="true" />
          <strong>{nameOf(operator.name)}</strong>
          <Button kind="soft" onClick={() => void handBack()} testid="hand-back">
            {t('pin.hand_back')}
          </Button>
        </span>
      ) : (
        <Button kind="quiet" icon={UserRound} onClick={() => setAsking(true)} testid="who-are-you">
          {t('pin.who')}
        </Button>
      )}
      {asking && <TakeOver onClose={() => setAsking(false)} />}
    </>
  )
}

function TakeOver(props: { onClose: () => void }) {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.takeOver.takers(), [model]))
  const [taker, setTaker] = useState<Taker | null>(null)
  const people = loaded.value?.people ?? []
  return (
    <Dialog
      title={taker ? nameOf(taker.name) : t('pin.choose')}
      testid="take-over"
      onClose={props.onClose}
      aside={
        taker && (
          <Button kind="quiet" icon={ArrowLeft} onClick={() => setTaker(null)} testid="pin-back">
            {t('pin.other')}
          </Button>
        )
      }
      acts={<Button onClick={props.onClose}>{t('act.cancel')}</Button>}
    >
      {loaded.problem ? (
        <ErrorBox title={t('pin.broken')} text={errorWords(loaded.problem)} onRetry={loaded.reload} />
      ) : loaded.value === null ? (
        <Loading rows={3} />
      ) : people.length === 0 ? (
        <Empty icon={UserRound} title={t('pin.nobody')} text={t('pin.nobody_text')} />
      ) : taker ? (
        <Steps key={taker.id} taker={taker} onDone={props.onClose} />
      ) : (
        <ul class="takers">
          {people.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                class="taker card"
                disabled={!one.has_pin}
                onClick={() => setTaker(one)}
                data-testid={`taker-${one.id}`}
              >
                <strong>{nameOf(one.name)}</strong>
                <span class="caption">{one.has_pin ? t(`admin.roles.${one.role}`) : t('pin.none')}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}

/** The PIN; after one of one use the own one, twice. */
function Steps(props: { taker: Taker; onDone: () => void }) {
  const model = useModel()
  const [once, setOnce] = useState<string | null>(null)
  const [own, setOwn] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const take = async (pin: string, chosen: string | null): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await model.takeOver.take(props.taker.id, pin, chosen)
      toast(() => t('pin.taken', { name: nameOf(props.taker.name) }), 'good')
      props.onDone()
    } catch (reason) {
      const code = reason instanceof Refusal ? reason.code : 'internal'
      if (code === 'pin_change') setOnce(pin)
      else setProblem(wordsFor(reason))
      if (code !== 'weak_pin' && code !== 'pin_change') setOnce(null)
      setOwn(null)
    }
    setBusy(false)
  }
  const typed = (pin: string): void => {
    if (once === null) void take(pin, null)
    else if (own === null) {
      setProblem(null)
      setOwn(pin)
    } else if (own !== pin) {
      setProblem(t('pin.differ'))
      setOwn(null)
    } else void take(once, pin)
  }
  const step = once === null ? 'type' : own === null ? 'own' : 'again'
  return (
    <Pad
      key={`${step}${problem ?? ''}`}
      label={t(`pin.${step}`)}
      problem={problem}
      busy={busy}
      onTyped={typed}
    />
  )
}

function wordsFor(reason: unknown): string {
  if (!(reason instanceof Refusal)) return errorWords('internal')
  if (reason.code === 'locked')
    return t('pin.locked', { count: Math.max(1, Math.ceil((reason.retryAfterS ?? 60) / 60)) })
  return reason.code === 'conflict' ? t('pin.in_call') : errorWords(reason.code)
}

/** Big keys, and the keyboard's own; what is typed shows as dots and is read as a count. */
function Pad(props: {
  label: string
  problem: string | null
  busy: boolean
  onTyped: (pin: string) => void
}) {
  const [pin, setPin] = useState('')
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  const ready = pin.length >= FEWEST && !props.busy
  const add = (digit: string): void => {
    if (!props.busy) setPin((before) => (before.length < MOST ? before + digit : before))
  }
  const erase = (): void => setPin((before) => before.slice(0, -1))
  const done = (): void => {
    if (!ready) return
    setPin('')
    props.onTyped(pin)
  }
  useLayoutEffect(() => {
    const pad = box.current
    const onKey = (event: KeyboardEvent): void => {
      if (/^[0-9]$/.test(event.key)) add(event.key)
      else if (event.key === 'Backspace') erase()
      else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) done()
      else return
      event.preventDefault()
    }
    pad?.addEventListener('keydown', onKey)
    return () => pad?.removeEventListener('keydown', onKey)
  })
  return (
    <div class="pin" ref={box} tabIndex={-1} role="group" aria-label={props.label} data-testid="pin-pad">
      <p class="pin-label">{props.label}</p>
      <p class="pin-dots" role="status" aria-label={t('pin.digits', { count: pin.length })}>
        {Array.from({ length: MOST }, (_, place) => (
          <i
            key={place}
            data-on={place < pin.length ? '' : undefined}
            data-more={place >= FEWEST ? '' : undefined}
          />
        ))}
      </p>
      <p class="pin-problem" role="alert" data-testid="pin-problem">
        {props.problem}
      </p>
      <div class="pin-keys">
        {KEYS.map((digit) => (
          <button
            type="button"
            class="pin-key"
            key={digit}
            onClick={() => add(digit)}
            data-testid={`pin-${digit}`}
          >
            {digit}
          </button>
        ))}
        <button
          type="button"
          class="pin-key"
          onClick={erase}
          aria-label={t('pin.erase')}
          data-testid="pin-erase"
        >
          <Delete class="icon" size={26} aria-hidden="true" />
        </button>
        <button type="button" class="pin-key" onClick={() => add('0')} data-testid="pin-0">
          0
        </button>
        <button
          type="button"
          class="pin-key"
          data-main
          disabled={!ready}
          onClick={done}
          aria-label={t('pin.done')}
          data-testid="pin-done"
        >
          <Check class="icon" size={28} aria-hidden="true" />
        </button>
      </div>
    </div>
  )
}
