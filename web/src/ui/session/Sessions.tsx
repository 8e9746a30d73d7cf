/** The trainer's home: open a session for chosen stores, and what was held before. */
import { GraduationCap, Users } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { PresenceEntry } from '../../contract'
import { known, t, whoOf } from '../../i18n'
import { act } from '../act'
import { RecentCalls } from '../archive/RecentCalls'
import { Desk } from '../desk/Desk'
import { mayRecordMine } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { PresenceWord } from '../parts/Person'
import { Problem } from '../parts/Problem'
import { Empty, Loading } from '../parts/State'

/** The contract names regions by id only; known ones have words. */
export const regionName = (id: string): string => (known(`region.${id}`) ? t(`region.${id}`) : id)

export function byRegion(stores: readonly PresenceEntry[]): [string, PresenceEntry[]][] {
  const groups = new Map<string, PresenceEntry[]>()
  for (const entry of stores) {
    const region = entry.person.store?.region ?? ''
    groups.set(region, [...(groups.get(region) ?? []), entry])
  }
  for (const entries of groups.values())
    entries.sort((a, b) => (a.person.store?.number ?? '').localeCompare(b.person.store?.number ?? ''))
  return [...groups].sort(([a], [b]) => a.localeCompare(b))
}

function Region(props: {
  region: string
  entries: PresenceEntry[]
  chosen: ReadonlySet<string>
  choose: (ids: string[], on: boolean) => void
}) {
  const { entries, chosen } = props
  const ids = entries.map((entry) => entry.person.id)
  const some = ids.filter((id) => chosen.has(id)).length
  return (
    <fieldset class="region">
      <legend>
        <label class="check">
          <input
            type="checkbox"
            checked={some === ids.length}
            ref={(box) => {
              if (box) box.indeterminate = some > 0 && some < ids.length
            }}
            data-testid={`region-${props.region}`}
            onChange={(event) => props.choose(ids, event.currentTarget.checked)}
          />
          <strong>{regionName(props.region)}</strong>
          <span class="caption">{t('session.stores', { count: ids.length })}</span>
        </label>
      </legend>
      <ul class="region-stores">
        {entries.map((entry) => (
          <li key={entry.person.id}>
            <label class="check">
              <input
                type="checkbox"
                checked={chosen.has(entry.person.id)}
                data-testid={`invite-${entry.person.id}`}
                onChange={(event) => props.choose([entry.person.id], event.currentTarget.checked)}
              />
              <span class="region-store">
                {whoOf(entry.person)} <span class="home-number">{entry.person.store?.number}</span>
              </span>
              <span class="caption">
                {entry.presence === 'offline' ? (
                  <PresenceWord presence="offline" />
                ) : entry.presence === 'busy' ? (
                  <PresenceWord presence="busy" />
                ) : (
                  <span class="presence">
                    <span class="dot" data-tone="free" aria-hidden="true" />
                    {t('presence.online')}
                  </span>
                )}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}

export function Sessions() {
  const model = useModel()
  const [zh, setZh] = useState('')
  const [en, setEn] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)
  const [missing, setMissing] = useState<'title' | 'stores' | null>(null)
  const [asked, setAsked] = useState<PresenceEntry[] | null>(null)
  const live = model.stores.value
  useEffect(() => {
    void model.directory().then(
      (all) => setAsked(all.stores),
      () => undefined,
    )
  }, [model])
  const stores = live.length > 0 ? live : (asked ?? [])

  const choose = (ids: string[], on: boolean): void => {
    setChosen((had) => {
      const next = new Set(had)
      for (const id of ids) {
        if (on) next.add(id)
        else next.delete(id)
      }
      return next
    })
    setMissing(null)
  }
  const open = async (): Promise<void> => {
    const title = { zh: zh.trim() || en.trim(), en: en.trim() || zh.trim() }
    if (!title.zh) return setMissing('title')
    if (chosen.size === 0) return setMissing('stores')
    setBusy(true)
    await act(model.openSession(title, [...chosen]))
    setBusy(false)
  }

  return (
    <Desk>
      <div class="console" data-single>
        <main class="console-main">
          <header class="page-head">
            <h1>{t('session.home')}</h1>
            <p class="second">{t('session.lead')}</p>
          </header>
          <form
            class="card open-session"
            onSubmit={(event) => {
              event.preventDefault()
              void open()
            }}
          >
            <h2>{t('session.new')}</h2>
            <div class="open-titles">
              <Field
                label={t('session.title_zh')}
                value={zh}
                onInput={(value) => {
                  setZh(value)
                  setMissing(null)
                }}
                placeholder="新品：藤椒鸡腿饭"
                maxLength={200}
                lang="zh-CN"
                testid="session-title-zh"
                error={missing === 'title' ? t('session.need_title') : null}
              />
              <Field
                label={t('session.title_en')}
                value={en}
                onInput={(value) => {
                  setEn(value)
                  setMissing(null)
                }}
                placeholder="New: green-pepper chicken rice"
                maxLength={200}
                lang="en"
                testid="session-title-en"
              />
            </div>
            <p class="legend">{t('session.who')}</p>
            {stores.length === 0 ? (
              asked ? (
                <Empty icon={Users} title={t('session.no_stores')} />
              ) : (
                <Loading />
              )
            ) : (
              <div class="regions">
                {byRegion(stores).map(([region, entries]) => (
                  <Region key={region} region={region} entries={entries} chosen={chosen} choose={choose} />
                ))}
              </div>
            )}
            {missing === 'stores' && <Problem>{t('session.need_stores')}</Problem>}
            <div class="open-acts">
              {mayRecordMine(model.me.value) && <p class="caption">{t('session.recorded')}</p>}
              <Button
                kind="main"
                size="row"
                type="submit"
                icon={GraduationCap}
                busy={busy && t('session.opening')}
                testid="open-session"
              >
                {chosen.size > 0 ? t('session.open_for', { count: chosen.size }) : t('session.open')}
              </Button>
            </div>
          </form>
          <RecentCalls limit={6} title={t('session.recent')} />
        </main>
      </div>
    </Desk>
  )
}
