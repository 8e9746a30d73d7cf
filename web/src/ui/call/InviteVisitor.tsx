/** A link for a vendor's technician: made here, shown once with its code; below, who is here and which links are open. */
import { Copy, Link2 } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { OpenVisit, RoomState, VisitLink } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { isSeated, memberOf } from '../../model/room'
import { act } from '../act'
import { timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Problem } from '../parts/Problem'
import { QrCode } from '../parts/QrCode'
import { errorWords, toast } from '../parts/Toasts'
import { visitorName } from './Knocks'

const LIVES_MIN = [10, 30, 120]

export function InviteVisitor(props: { room: RoomState; onClose: () => void }) {
  const model = useModel()
  const { room, onClose } = props
  const [lifeMin, setLifeMin] = useState(30)
  const [made, setMade] = useState<VisitLink | null>(null)
  const [open, setOpen] = useState<readonly OpenVisit[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const visitors = room.members.filter((one) => one.person.role === 'visitor' && isSeated(one))
  const waiting = room.lobby.length
  const look = (): void => void model.openVisits(room.id).then(setOpen, () => undefined)
  useEffect(look, [model, room.id, waiting, visitors.length])
  const offer = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    setProblem(null)
    try {
      setMade(await model.offerVisit(room.id, lifeMin * 60))
      look()
    } catch (reason) {
      const code = reason instanceof Refusal ? reason.code : 'internal'
      setProblem(code === 'too_many' ? t('visit.too_many_links') : errorWords(code))
    } finally {
      setBusy(false)
    }
  }
  const copy = (address: string): void => {
    void navigator.clipboard.writeText(address).then(
      () => toast(() => t('visit.copied'), 'good'),
      () => toast(() => t('visit.copy_failed'), 'error'),
    )
  }
  return (
    <Dialog
      title={t('visit.invite')}
      size="wide"
      testid="visit-dialog"
      onClose={onClose}
      acts={
        <>
          <Button onClick={onClose} testid="visit-close">
            {t('act.close')}
          </Button>
          {!made && (
            <Button
              kind="main"
              icon={Link2}
              busy={busy && t('visit.making')}
              testid="visit-make"
              onClick={() => void offer()}
            >
              {t('visit.make')}
            </Button>
          )}
        </>
      }
    >
      {made ? (
        <div class="admin-code">
          <QrCode rows={made.picture} label={t('visit.qr')} />
          <div>
            <p>{t('visit.send')}</p>
            <p class="visit-address" data-testid="visit-address">
              {made.address}
            </p>
            <Button icon={Copy} testid="visit-copy" onClick={() => copy(made.address)}>
              {t('visit.copy')}
            </Button>
            <p class="caption">{t('visit.until', { time: timeOfDay(made.expires_at) })}</p>
          </div>
        </div>
      ) : (
        <>
          <p>{t('visit.words')}</p>
          <fieldset class="visit-lives">
            <legend class="second">{t('visit.life')}</legend>
            {LIVES_MIN.map((minutes) => (
              <label class="check" key={minutes}>
                <input
                  type="radio"
                  name="visit-life"
                  checked={lifeMin === minutes}
                  onChange={() => setLifeMin(minutes)}
                />
                {t('visit.minutes', { count: minutes })}
              </label>
            ))}
          </fieldset>
        </>
      )}
      {problem && <Problem>{problem}</Problem>}
      {visitors.length > 0 && (
        <ul class="visit-list" aria-label={t('visit.here')}>
          {visitors.map(({ person }) => (
            <li key={person.id}>
              <span>{t('visit.is_here', { name: visitorName(person) })}</span>
              <Button testid="visit-remove" onClick={() => void act(model.sendAway(room.id, person.id))}>
                {t('visit.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {open.length > 0 && (
        <ul class="visit-list" aria-label={t('visit.open_links')} data-testid="visit-links">
          {open.map((one) => (
            <li key={one.id}>
              <span>
                {t(one.opened ? 'visit.link_opened' : 'visit.link_by', {
                  name: nameOf(memberOf(room, one.by)?.person.name),
                  time: timeOfDay(one.expires_at),
                })}
              </span>
              <Button
                testid="visit-withdraw"
                onClick={() =>
                  void act(model.withdrawVisit(room.id, one.id)).then(() => {
                    if (made?.id === one.id) setMade(null)
                    look()
                  })
                }
              >
                {t('visit.withdraw')}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}
