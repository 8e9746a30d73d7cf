/** Stores and their tablets: found by number, name or first letters of pinyin; added, changed, imported by administrators. */
import { FileUp, KeyRound, Pencil, Plus, Store as StoreSign } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useCallback, useState } from 'preact/hooks'
import type { Region, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { matches } from '../../model/pinyin'
import { holds, holdsWhole } from '../../model/roles'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Choice, Frame, Listed, Sought } from './Frame'
import { EnrolDialog } from './EnrolDialog'
import { ImportDialog } from './ImportDialog'
import { PinsDialog } from './PinsDialog'
import { RegionDialog } from './RegionDialog'
import { StoreDialog } from './StoreDialog'
import { Table } from './Table'
import { useLoaded } from './useLoaded'
import { regionName } from './words'

const PAGE = 100

type Open =
  | { store: string }
  | { enrol: string }
  | { pins: string }
  | { region: Region | null }
  | 'new'
  | 'import'
  | null

export function StoresPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.organisation.stores(), [model]))
  const [query, setQuery] = useState(useLocation().query.sought ?? '')
  const [region, setRegion] = useState('')
  const [pages, setPages] = useState(1)
  const [open, setOpen] = useState<Open>(null)
  const { stores, regions } = loaded.value ?? { stores: [], regions: [] }
  const mayChange = holds(model.me.value, ['admin'])
  const mayChangeAll = holdsWhole(model.me.value, ['admin'])
  const mayGivePins = holds(model.me.value, ['admin', 'manager', 'store_manager'])
  const chosen = regions.find((one) => one.id === region)
  const found = stores.filter(
    (one) => (!region || one.region === region) && matches(query, [one.number, one.name.zh, one.name.en]),
  )
  const enrolling =
    open !== null && typeof open === 'object' && 'enrol' in open
      ? stores.find((one) => one.id === open.enrol)
      : undefined
  const pins =
    open !== null && typeof open === 'object' && 'pins' in open
      ? stores.find((one) => one.id === open.pins)
      : undefined
  const close = (): void => setOpen(null)
  /** As it is now: a tablet may have been enrolled meanwhile. */
  const show = (store: string): void => {
    setOpen({ store })
    loaded.reload()
  }
  const done = (): void => {
    close()
    loaded.reload()
  }

  return (
    <Frame
      acts={
        mayChange && (
          <>
            {chosen ? (
              <Button icon={Pencil} onClick={() => setOpen({ region: chosen })} testid="region-rename">
                {t('admin.rename_region', { name: nameOf(chosen.name) })}
              </Button>
            ) : (
              mayChangeAll && (
                <Button icon={Plus} onClick={() => setOpen({ region: null })} testid="region-add">
                  {t('admin.add_region')}
                </Button>
              )
            )}
            {mayChangeAll && (
              <Button icon={FileUp} onClick={() => setOpen('import')} testid="stores-import">
                {t('admin.import')}
              </Button>
            )}
            <Button
              kind="main"
              icon={Plus}
              disabled={regions.length === 0}
              onClick={() => setOpen('new')}
              testid="stores-add"
            >
              {t('admin.add_store')}
            </Button>
          </>
        )
      }
    >
      <Sought
        label={t('admin.search_stores')}
        example={t('admin.search_stores_example')}
        value={query}
        onInput={setQuery}
        shown={found.length}
        all={stores.length}
      >
        <Choice
          label={t('admin.region')}
          value={region}
          any={t('admin.any')}
          options={regions.map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={setRegion}
          testid="stores-region"
        />
      </Sought>
      <Listed
        loaded={loaded}
        icon={StoreSign}
        empty={found.length === 0 && t('admin.no_store')}
        advice={stores.length > 0 && t('archive.none_found_text')}
      >
        <Table
          label={t('admin.stores')}
          columns={(['number', 'store_name', 'region', 'tablets', 'seen'] as const).map((one) =>
            t(`admin.${one}`),
          )}
          acts
          testid="stores-table"
        >
          {found.slice(0, pages * PAGE).map((one) => (
            <Row
              key={one.id}
              store={one}
              region={regionName(regions, one.region)}
              now={model.tick.value}
              onOpen={mayChange ? () => show(one.id) : undefined}
              onPins={mayGivePins && !one.closed ? () => setOpen({ pins: one.id }) : undefined}
            />
          ))}
        </Table>
        {found.length > pages * PAGE && (
          <Button onClick={() => setPages(pages + 1)} testid="stores-more">
            {t('admin.more')}
          </Button>
        )}
      </Listed>
      {open === 'import' && <ImportDialog kind="stores" onClose={close} onApplied={() => loaded.reload()} />}
      {open !== null && typeof open === 'object' && 'region' in open && (
        <RegionDialog region={open.region} onClose={close} onDone={done} />
      )}
      {open !== null && (open === 'new' || (typeof open === 'object' && 'store' in open)) && (
        <StoreDialog
          store={open === 'new' ? null : (stores.find((one) => one.id === open.store) ?? null)}
          regions={regions}
          onClose={close}
          onDone={done}
          onStale={loaded.reload}
          onEnrol={() => {
            if (typeof open === 'object' && 'store' in open) setOpen({ enrol: open.store })
          }}
        />
      )}
      {pins && <PinsDialog store={pins} onClose={close} />}
      {enrolling && <EnrolDialog store={enrolling} onClose={() => show(enrolling.id)} />}
    </Frame>
  )
}

function Row(props: {
  store: StoreRecord
  region: string
  now: number
  onOpen?: () => void
  onPins?: () => void
}) {
  const { store } = props
  const tablets = [
    ...store.tablets.filter((one) => !one.disabled),
    ...store.devices.filter((one) => one.revoked_at === null),
  ]
  const seen = Math.max(0, ...tablets.map((one) => one.seen_at ?? 0))
  return (
    <tr data-testid="store-row" data-number={store.number} data-closed={store.closed}>
      <td class="num">{store.number}</td>
      <td>
        {props.onOpen ? (
          <button
            type="button"
            class="admin-open"
            onClick={props.onOpen}
            data-testid={`open-store-${store.number}`}
          >
            <strong>{nameOf(store.name)}</strong>
          </button>
        ) : (
          <strong>{nameOf(store.name)}</strong>
        )}
        {store.closed && <Chip tone="bad">{t('admin.closed')}</Chip>}
      </td>
      <td class="second">{props.region}</td>
      <td class="num second">{tablets.length}</td>
      <td class="num second">{seen === 0 ? '–' : when(seen, props.now)}</td>
      <td>
        {props.onPins && (
          <Button icon={KeyRound} onClick={props.onPins} testid={`pins-store-${store.number}`}>
            {t('pins.open')}
          </Button>
        )}
      </td>
    </tr>
  )
}
