/** A bot to add, change or remove. Its address lets anybody post to the group, so it is written and never shown again. */
import { Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Bot, BotDraft, Region } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { errorWords, toast } from '../parts/Toasts'
import { Checks } from './Checks'
import { Choice } from './Frame'

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
}) {
  const model = useModel()
  const { bot } = props
  const [name, setName] = useState(bot?.name ?? '')
  const [kind, setKind] = useState<Bot['kind']>(bot?.kind ?? 'wecom')
  const [url, setUrl] = useState('')
  const [secret, setSecret] = useState('')
  const [occasions, setOccasions] = useState<Bot['occasions']>(bot?.occasions ?? ['waiting', 'callback'])
  const [language, setLanguage] = useState<Bot['language']>(bot?.language ?? 'zh')
  const [region, setRegion] = useState(bot?.region ?? '')
  const [enabled, setEnabled] = useState(bot?.enabled ?? true)
  const [wrong, setWrong] = useState<'name' | 'url' | 'occasions' | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  /** The address there is stays good for the same chat only. */
  const keeps = bot !== null && bot.kind === kind

  const save = async (): Promise<void> => {
    const bad = !name.trim()
      ? 'name'
      : !url.trim() && !keeps
        ? 'url'
        : occasions.length === 0
          ? 'occasions'
          : null
    setWrong(bad)
    setProblem(null)
    if (busy || bad) return
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
    setBusy(true)
    try {
      const saved = await (bot ? model.bots.change(bot.id, draft) : model.bots.add(draft))
      toast(() => t('admin.saved', { name: saved.name }))
      props.onDone()
    } catch (reason) {
      const refusal = reason instanceof Refusal ? reason : null
      if (refusal?.detail?.startsWith('url:')) setWrong('url')
      else setProblem(errorWords(refusal?.code ?? 'internal'))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={bot ? bot.name : t('bots.add')}
      testid="bot-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        <>
          {bot && <Removing bot={bot} onDone={props.onDone} />}
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button kind="main" busy={busy && t('admin.busy')} onClick={() => void save()} testid="bot-save">
            {t(bot ? 'admin.save' : 'bots.add')}
          </Button>
        </>
      }
    >
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
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
        {wrong === 'occasions' && (
          <p class="field-error" role="alert">
            {t('bots.occasions_missing')}
          </p>
        )}
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
        {problem && (
          <p class="field-error" role="alert" data-testid="bot-refused">
            {problem}
          </p>
        )}
        <button type="submit" hidden>
          {t('admin.save')}
        </button>
      </form>
    </Dialog>
  )
}

/** Asks once more. */
function Removing(props: { bot: Bot; onDone: () => void }) {
  const model = useModel()
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const remove = async (): Promise<void> => {
    if (!sure) return setSure(true)
    setBusy(true)
    const done = await act(model.bots.remove(props.bot.id))
    setBusy(false)
    if (!done) return
    toast(() => t('bots.removed', { name: props.bot.name }))
    props.onDone()
  }
  return (
    <div class="admin-standing">
      <Button
        kind={sure ? 'danger' : 'plain'}
        icon={Trash2}
        busy={busy && t('admin.busy')}
        onClick={(event) => {
          if (event.detail < 2) void remove() // the second click of two is no answer to the question
        }}
        testid="bot-remove"
      >
        {t(sure ? 'bots.remove_sure' : 'bots.remove')}
      </Button>
    </div>
  )
}
