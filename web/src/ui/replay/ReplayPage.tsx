/** One recording, replayed: all pictures in step, one timeline for everything, chat and photos running along. */
import { ArrowLeft, CalendarX2, CircleAlert } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { Replay } from '../../contract'
import { t } from '../../i18n'
import { Refusal, type Player } from '../../model/api'
import { day } from '../format'
import { useModel } from '../model'
import { useTheme } from '../parts/hooks'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { ReplayView } from './ReplayView'

export function ReplayPage(props: { room?: string }) {
  useTheme('dark')
  const model = useModel()
  const room = props.room ?? ''
  const [replay, setReplay] = useState<Replay | null>(null)
  const [player, setPlayer] = useState<Player | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [tries, setTries] = useState(0)

  useEffect(() => {
    let gone = false
    let made: Player | null = null
    setProblem(null)
    model.archive.get(room).then(
      (found) => {
        if (gone) return
        made = model.archive.open(found)
        setReplay(found)
        setPlayer(made)
      },
      (reason: unknown) => {
        if (!gone) setProblem(reason instanceof Refusal ? reason.code : 'internal')
      },
    )
    return () => {
      gone = true
      made?.close()
      setPlayer(null)
      setReplay(null)
    }
  }, [model, room, tries])

  if (problem === 'not_found')
    return (
      <main class="alone" data-testid="not-found">
        <Empty icon={CircleAlert} title={t('replay.not_found')} text={t('replay.not_found_text')}>
          <a class="btn" data-kind="main" href="/archive">
            <ArrowLeft class="icon" size={18} aria-hidden="true" />
            <span>{t('replay.back')}</span>
          </a>
        </Empty>
      </main>
    )
  if (replay?.entry.recording === 'deleted')
    return (
      <main class="alone" data-testid="deleted">
        <Empty
          icon={CalendarX2}
          title={t('recording.deleted')}
          text={t('recording.deleted_text', { day: day(replay.entry.deleted_at ?? 0) })}
        >
          <a class="btn" data-kind="main" href="/archive">
            <ArrowLeft class="icon" size={18} aria-hidden="true" />
            <span>{t('replay.back')}</span>
          </a>
        </Empty>
      </main>
    )
  if (problem)
    return (
      <main class="alone">
        <ErrorBox title={t('replay.broken')} text={errorWords(problem)} onRetry={() => setTries(tries + 1)} />
      </main>
    )
  if (!replay || !player)
    return (
      <main class="alone">
        <Loading rows={4} />
      </main>
    )
  return <ReplayView replay={replay} player={player} />
}
