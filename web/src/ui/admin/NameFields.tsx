/** A name in Chinese and in English; without an English one the Chinese stands for both. */
import type { Name } from '../../contract'
import { t } from '../../i18n'
import { Field } from '../parts/Field'

export interface TypedName {
  zh: string
  en: string
}

export const typed = (name: Name | null | undefined): TypedName => ({
  zh: name?.zh ?? '',
  en: name && name.en !== name.zh ? name.en : '',
})

/** Null where nothing was typed. */
export function nameIn(typed: TypedName): Name | null {
  const zh = typed.zh.trim() || typed.en.trim()
  return zh ? { zh, en: typed.en.trim() || zh } : null
}

export function NameFields(props: {
  label: string
  value: TypedName
  onChange: (value: TypedName) => void
  error?: string | false
  testid: string
}) {
  return (
    <div class="admin-pair">
      <Field
        label={props.label}
        value={props.value.zh}
        onInput={(zh) => props.onChange({ ...props.value, zh })}
        error={props.error || null}
        maxLength={200}
        testid={props.testid}
      />
      <Field
        label={t('admin.in_english', { name: props.label })}
        value={props.value.en}
        onInput={(en) => props.onChange({ ...props.value, en })}
        lang="en"
        maxLength={200}
        testid={`${props.testid}-en`}
      />
    </div>
  )
}
