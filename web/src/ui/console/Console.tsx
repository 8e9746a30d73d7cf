/** The expert's console: what rings now above everything, then what happened lately, and who else could take a call. */
import { BellOff, PhoneIncoming } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PresenceEntry } from '../../contract'
import { nameOf, t } from '../../i18n'
import { ORDER } from '../../model/quiet'
import { RecentCalls } from '../archive/RecentCalls'
import { CallbackList } from '../callbacks/CallbackList'
import { Desk } from '../desk/Desk'
import { QuietDialog } from '../desk/QuietDialog'
import { clock, when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Avatar, PresenceWord } from '../parts/Person'
import { Banner, Empty } from '../parts/State'
import { skillsOf } from '../ring/Ringing'
import { SoundBlocked } from '../ring/SoundBlocked'
import { Incoming } from './Incoming'
import { PushSwitch } from './PushSwitch'
import { QueueList } from './QueueList'

function ExpertLine(props: { entry: PresenceEntry; me: boolean; now: number }) {
  const { person, presence, since_ms } = props.entry
  const lasting = presence === 'busy' || presence === 'ringing'
  return (
    <li class="expert" data-testid={`expert-${person.id}`} data-presence={presence}>
      <Avatar person={person} presence={presence} />
      <span class="expert-words">
        <strong>
          {nameOf(person.name)}
          {props.me && <span class="caption"> {t('console.you')}</span>}
        </strong>
        <span class="caption">{skillsOf(person) || nameOf(person.title)}</span>
      </span>
      <span class="caption num">
        {since_ms > 0 &&
          (lasting
            ? clock((props.now - since_ms) / 1000)
            : t('console.since', { time: when(since_ms, props.now) }))}
      </span>
    </li>
  )
}

export function Console() {
  const model = useModel()
  const incoming = model.incoming.value
  const now = model.tick.value
  const me = model.me.value?.person.id
  const [quieting, setQuieting] = useState(false)
  const stores = model.stores.value
  const online = stores.filter((entry) => entry.presence !== 'offline').length

  return (
    <Desk>
      <div class="console">
        <main class="console-main">
          <header class="page-head">
            <h1>{t('console.title')}</h1>
            <p class="second">{t('console.stores', { online, count: stores.length })}</p>
          </header>
          <SoundBlocked />
          {me && model.presence.value.get(me)?.presence === 'do_not_disturb' && (
            <Banner
              icon={BellOff}
              tone="info"
              title={t('quiet.is_on')}
              text={t('quiet.is_on_text')}
              testid="quiet-on"
              act={
                <Button icon={BellOff} onClick={() => setQuieting(true)} testid="quiet-change">
                  {t('quiet.change')}
                </Button>
              }
            />
          )}
          <div class="incoming-list" aria-live="assertive">
            {incoming.map((room, index) => (
              <Incoming key={room.id} room={room} first={index === 0} />
            ))}
          </div>
          {incoming.length === 0 && !model.elsewhere.value && (
            <div class="card">
              <Empty icon={PhoneIncoming} title={t('console.quiet')} text={t('console.quiet_text')} />
            </div>
          )}
          <QueueList />
          <CallbackList among />
          <RecentCalls limit={6} />
        </main>
        <aside class="console-side" aria-label={t('console.experts')}>
          <div class="home-section-head">
            <h2>{t('console.experts')}</h2>
            <p class="caption">
              {t('console.on_line', {
                count: model.experts.value.filter((e) => e.presence !== 'offline').length,
              })}
            </p>
          </div>
          {ORDER.map((presence) => {
            const entries = model.experts.value.filter((entry) => entry.presence === presence)
            if (entries.length === 0) return null
            return (
              <section key={presence}>
                <h3 class="caption group-head">
                  <PresenceWord presence={presence} /> <span class="num">{entries.length}</span>
                </h3>
                <ul>
                  {entries.map((entry) => (
                    <ExpertLine key={entry.person.id} entry={entry} me={entry.person.id === me} now={now} />
                  ))}
                </ul>
              </section>
            )
          })}
          <PushSwitch />
        </aside>
      </div>
      {quieting && <QuietDialog onClose={() => setQuieting(false)} />}
    </Desk>
  )
}
