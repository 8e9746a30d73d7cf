/** The group chats that hear of calls by a bot: which, of what, and whether the last message arrived. */
import { MessageSquareShare, Plus, Send } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { Bot } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { toast } from '../parts/Toasts'
import { BotDialog } from './BotDialog'
import { Frame, Listed } from './Frame'
import { Table } from './Table'
import { useLoaded } from './useLoaded'

export function BotsPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.bots.list(), [model]))
  const regions = useLoaded(useCallback(async () => (await model.organisation.stores()).regions, [model]))
  const [open, setOpen] = useState<Bot | 'new' | null>(null)
  const bots = loaded.value ?? []
  const where = (bot: Bot): string => {
    const region = regions.value?.find((one) => one.id === bot.region)
    return bot.region === null ? t('admin.whole_chain') : region ? nameOf(region.name) : '–'
  }
  return (
    <Frame
      acts={
        <Button kind="main" icon={Plus} onClick={() => setOpen('new')} testid="bot-add">
          {t('bots.add')}
        </Button>
      }
    >
      <p class="second">{t('bots.lead')}</p>
      <Listed loaded={loaded} icon={MessageSquareShare} empty={bots.length === 0 && t('bots.none')}>
        <Table
          label={t('admin.bots')}
          columns={(['group', 'occasions', 'place', 'state'] as const).map((one) => t(`bots.${one}`))}
          acts
          testid="bots-table"
        >
          {bots.map((bot) => (
            <tr key={bot.id} data-testid="bot-row">
              <td>
                <button type="button" class="admin-open" onClick={() => setOpen(bot)} data-testid="bot-open">
                  <Group bot={bot} />
                </button>
              </td>
              <td>{bot.occasions.map((one) => t(`bots.short.${one}`)).join(t('list.comma'))}</td>
              <td>{where(bot)}</td>
              <td>
                <Standing bot={bot} />
              </td>
              <td class="admin-short">
                <Try bot={bot} onDone={loaded.reload} />
              </td>
            </tr>
          ))}
        </Table>
      </Listed>
      {open && (
        <BotDialog
          bot={open === 'new' ? null : (bots.find((one) => one.id === open.id) ?? open)}
          regions={regions.value ?? []}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null)
            loaded.reload()
          }}
          onOvertaken={loaded.reload}
        />
      )}
    </Frame>
  )
}

const Group = ({ bot }: { bot: Bot }) => (
  <span class="admin-who">
    <strong>{bot.name}</strong>
    <span class="caption">{t(`bots.kinds.${bot.kind}`)}</span>
  </span>
)

function Standing({ bot }: { bot: Bot }) {
  const model = useModel()
  if (!bot.enabled) return <Chip tone="plain">{t('bots.off')}</Chip>
  if (bot.problem !== null)
    return (
      <>
        <Chip tone="bad">{t('bots.not_arrived')}</Chip>
        <p class="caption" data-testid="bot-said">
          {bot.problem}
        </p>
      </>
    )
  if (bot.told_at === null) return <Chip tone="plain">{t('bots.quiet')}</Chip>
  return <Chip tone="good">{t('bots.arrived', { time: when(bot.told_at, model.tick.value) })}</Chip>
}

function Try(props: { bot: Bot; onDone: () => void }) {
  const model = useModel()
  const [busy, setBusy] = useState(false)
  const tryOut = async (): Promise<void> => {
    setBusy(true)
    await act(
      model.bots.tryOut(props.bot.id).then((problem) => {
        if (problem === null) toast(() => t('bots.tried', { name: props.bot.name }))
        else toast(() => t('bots.tried_in_vain', { problem }), 'error')
      }),
    )
    setBusy(false)
    props.onDone()
  }
  return (
    <Button icon={Send} busy={busy && t('bots.trying')} onClick={() => void tryOut()} testid="bot-try">
      {t('bots.try')}
    </Button>
  )
}
