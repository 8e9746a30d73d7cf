/** When a store wants to be called back: as soon as possible, or in a quarter hour that somebody is there for. */
import { PhoneIncoming, PhoneOff } from 'lucide-preact'
import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Callback, Reason } from '../../contract'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { useLoaded } from '../admin/useLoaded'
import { ahead } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

const REASONS: readonly Reason[] = ['equipment', 'dishes', 'other']

export interface BookDialogProps {
  /** What is changed, if there is anything yet. */
  item?: Callback | undefined
  /** What it is about, if that is known. */
  reason?: Reason
  onBooked?: () => void
  onClose: () => void
}

export function BookDialog(props: BookDialogProps) {
  const model = useModel()
  const { item, onClose } = props
  const known = item?.reason ?? props.reason
  const [reason, setReason] = useState<Reason>(known ?? 'equipment')
  const [at, setAt] = useState<number | null>(() => ((item?.at ?? 0) > model.tick.peek() ? item!.at : null))
  const [note, setNote] = useState(item?.note ?? '')
  /** Why the time that was chosen cannot be had: another store was quicker, or it is past. */
  const [gone, setGone] = useState<'full' | 'past' | null>(null)
  const [doing, setDoing] = useState<'book' | 'cancel' | null>(null)
  const load = useCallback(() => model.callbackSlots(reason), [model, reason])
  const slots = useLoaded(load)
  const now = model.tick.value
  const field = useId()
  const here = useRef(true)
  useEffect(() => () => void (here.current = false), [])

  const choose = (time: number | null): void => {
    setAt(time)
    setGone(null)
  }
  const book = async (): Promise<void> => {
    setDoing('book')
    try {
      await model.bookCallback(reason, at, note.trim())
      if (!here.current) return // the screen went on without it, e.g. somebody answered
      props.onBooked?.()
      onClose()
    } catch (refused) {
      if (refused instanceof Refusal && (refused.code === 'conflict' || refused.code === 'over')) {
        setGone(refused.code === 'over' ? 'past' : 'full')
        setAt(null)
        slots.reload()
      } else await act(Promise.reject(refused as Error))
    } finally {
      setDoing(null)
    }
  }
  const cancel = async (): Promise<void> => {
    setDoing('cancel')
    if (await act(model.cancelCallback(item!.room))) onClose()
    setDoing(null)
  }

  return (
    <Dialog
      title={t('booking.title')}
      testid="book-dialog"
      size="wide"
      onClose={() => doing || onClose()}
      acts={
        <>
          {item && (
            <Button
              kind="quiet"
              icon={PhoneOff}
              testid="book-cancel"
              busy={doing === 'cancel' && t('booking.cancelling')}
              onClick={() => doing || void cancel()}
            >
              {t('booking.cancel')}
            </Button>
          )}
          <Button onClick={onClose} disabled={doing !== null} testid="book-close">
            {t('act.cancel')}
          </Button>
          <Button
            kind="main"
            icon={PhoneIncoming}
            testid="book-yes"
            busy={doing === 'book' && t('booking.booking')}
            onClick={() => doing || void book()}
          >
            {t('booking.book')}
          </Button>
        </>
      }
    >
      {!known && (
        <fieldset class="check book-choices">
          <legend>{t('booking.about')}</legend>
          {REASONS.map((one) => (
            <label class="check book-choice" key={one}>
              <input
                type="radio"
                name="reason"
                checked={reason === one}
                data-testid={`book-${one}`}
                onChange={() => {
                  setReason(one)
                  choose(null)
                }}
              />
              {t(`reason.${one}`)}
            </label>
          ))}
        </fieldset>
      )}
      <fieldset class="check book-choices">
        <legend>{t('booking.when')}</legend>
        <label class="check book-choice" data-wide>
          <input
            type="radio"
            name="at"
            checked={at === null}
            data-testid="book-soon"
            onChange={() => choose(null)}
          />
          {t('booking.soon')}
          <span class="second">{t('booking.soon_text')}</span>
        </label>
        {slots.value?.map((time) => (
          <label class="check book-choice num" key={time}>
            <input
              type="radio"
              name="at"
              checked={at === time}
              data-testid={`book-at-${time}`}
              onChange={() => choose(time)}
            />
            {ahead(time, now)}
          </label>
        ))}
      </fieldset>
      <p class="second book-word" role="status" data-testid="book-word">
        {gone
          ? t(`booking.${gone}`)
          : slots.problem
            ? t('booking.failed')
            : slots.value === null
              ? t('booking.loading')
              : slots.value.length === 0
                ? t('booking.none')
                : ''}
      </p>
      <div class="field">
        <label for={field}>{t('booking.note')}</label>
        <input
          id={field}
          class="input"
          value={note}
          maxLength={200}
          placeholder={t('booking.note_example')}
          data-testid="book-note"
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </div>
    </Dialog>
  )
}
