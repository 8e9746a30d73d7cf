/** A bot to add, change or remove. Its address lets anybody post to the group, so it is written and never shown again. */
import { Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Bot, BotDraft, Region } from '../../contract'
import { nameOf, t } from '../../i18n'
import { useModel } from '../model'
import { Field } from '../parts/Field'
import { Problem } from '../parts/Problem'
import { errorWords, toast } from '../parts/Toasts'
import { Checks } from './Checks'
import { FormDialog, useHeld, useSaving } from './FormDialog'
import { Choice } from './Frame'
import { Twice } from './Twice'

const KINDS = ['wecom', 'feishu', 'dingtalk'] as const
const OCCASIONS = ['calling', 'waiting', 'callback'] as const
const LANGUAGES = ['zh', 'en'] as const
/** Where an address begins that was copied from the right group's settings. */
const BEGINS: Record<Bot['kind'], string> = {
  wecom: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…',
  feishu: 'https://open.feishu.cn/open-apis/bot/v2/hook/…',
  dingtalk: 'https://oapi.dingtalk.com/robot/send?access_token=…',
}

export function BotDialog(props: {
  bot: Bot | null
  regions: readonly Region[]
  onClose: () => void
  onDone: () => void
  onOvertaken: () => void
}) {
  const model = useModel()
  const { bot } = props
  const [held, adopt] = useHeld(bot)
  const [name, setName] = useState(bot?.name ?? '')
  const [kind, setKind] = useState<Bot['kind']>(bot?.kind ?? 'wecom')
  const [url, setUrl] = useState('')
  const [secret, setSecret] = useState('')
  const [occasions, setOccasions] = useState<Bot['occasions']>(bot?.occasions ?? ['waiting', 'callback'])
  const [language, setLanguage] = useState<Bot['language']>(bot?.language ?? 'zh')
  const [region, setRegion] = useState(bot?.region ?? '')
  const [enabled, setEnabled] = useState(bot?.enabled ?? true)
  const [wrong, setWrong] = useState<'name' | 'url' | 'occasions' | null>(null)
  const overtaken = (): void => {
    adopt()
    props.onOvertaken()
  }
  const saving = useSaving((refusal) => {
    if (!refusal.detail.startsWith('url:')) return errorWords(refusal.code)
    setWrong('url')
    return null
  }, overtaken)
  /** The address there is stays good for the same chat only. */
  const keeps = bot !== null && bot.kind === kind

  const save = (): void => {
    const bad = !name.trim()
      ? 'name'
      : !url.trim() && !keeps
        ? 'url'
        : occasions.length === 0
          ? 'occasions'
          : null
    setWrong(bad)
    if (bad) return
    const draft: BotDraft = {
      name: name.trim(),
      kind,
      url: url.trim() || null,
      secret: secret.trim() || (keeps ? null : ''),
      occasions,
      language,
      region: region || null,
      enabled,
    }
    void saving.carryOut(async () => {
      const saved = await (held ? model.bots.change(held.id, draft, held.tag) : model.bots.add(draft))
      toast(() => t('admin.saved', { name: saved.name }))
      props.onDone()
    })
  }

  return (
    <FormDialog
      title={bot ? bot.name : t('bots.add')}
      thing="bot"
      saving={saving}
      verb={t(bot ? 'admin.save' : 'bots.add')}
      onSave={save}
      onClose={props.onClose}
      acts={bot && <Removing bot={bot} onDone={props.onDone} />}
    >
      <div class="admin-pair">
        <Field
          label={t('bots.group')}
          value={name}
          onInput={setName}
          maxLength={200}
          error={wrong === 'name' ? t('admin.name_missing') : null}
          testid="bot-name"
        />
        <Choice
          label={t('bots.kind')}
          value={kind}
          options={KINDS.map((value) => ({ value, word: t(`bots.kinds.${value}`) }))}
          onChange={(value) => setKind(value as Bot['kind'])}
          testid="bot-kind"
        />
      </div>
      <Field
        label={t('bots.url')}
        value={url}
        onInput={setUrl}
        maxLength={500}
        placeholder={keeps ? t('bots.url_kept') : BEGINS[kind]}
        hint={t('bots.url_hint')}
        error={wrong === 'url' ? t('bots.url_wrong', { begins: BEGINS[kind] }) : null}
        testid="bot-url"
      />
      {kind !== 'wecom' && (
        <Field
          label={t('bots.secret')}
          value={secret}
          onInput={setSecret}
          maxLength={200}
          placeholder={keeps && bot.signed ? t('bots.secret_kept') : ''}
          hint={t('bots.secret_hint')}
          testid="bot-secret"
        />
      )}
      <Checks
        label={t('bots.occasions')}
        options={OCCASIONS.map((value) => ({ value, word: t(`bots.of.${value}`) }))}
        chosen={occasions}
        onChange={setOccasions}
        testid="bot-occasion"
      />
      {wrong === 'occasions' && <Problem>{t('bots.occasions_missing')}</Problem>}
      <div class="admin-pair">
        <Choice
          label={t('bots.place')}
          value={region}
          any={t('admin.whole_chain')}
          options={props.regions.map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={setRegion}
          testid="bot-region"
        />
        <Choice
          label={t('bots.language')}
          value={language}
          options={LANGUAGES.map((value) => ({ value, word: t(`bots.languages.${value}`) }))}
          onChange={(value) => setLanguage(value as Bot['language'])}
          testid="bot-language"
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={enabled}
          data-testid="bot-enabled"
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        {t('bots.enabled')}
      </label>
    </FormDialog>
  )
}

function Removing(props: { bot: Bot; onDone: () => void }) {
  const model = useModel()
  return (
    <div class="admin-standing">
      <Twice
        icon={Trash2}
        word={t('bots.remove')}
        sure={t('bots.remove_sure')}
        testid="bot-remove"
        wish={() => model.bots.remove(props.bot.id)}
        onDone={() => {
          toast(() => t('bots.removed', { name: props.bot.name }))
          props.onDone()
        }}
      />
    </div>
  )
}
