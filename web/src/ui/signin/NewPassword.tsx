/** A new password, typed twice. */
import { t } from '../../i18n'
import { Field } from '../parts/Field'
import type { Passwords } from './draft'

export function NewPassword(props: {
  value: Passwords
  /** What is wrong with which of them: a key of a sentence. */
  wrong: Partial<Passwords>
  onInput: (value: Passwords) => void
  testid: string
}) {
  const { value, wrong } = props
  return (
    <>
      <Field
        label={t('setup.password')}
        value={value.password}
        onInput={(password) => props.onInput({ password, repeat: value.repeat })}
        type="password"
        autocomplete="new-password"
        maxLength={256}
        hint={t('setup.password_rule')}
        testid={`${props.testid}-password`}
        error={wrong.password && t(wrong.password)}
      />
      <Field
        label={t('setup.repeat')}
        value={value.repeat}
        onInput={(repeat) => props.onInput({ password: value.password, repeat })}
        type="password"
        autocomplete="new-password"
        maxLength={256}
        testid={`${props.testid}-repeat`}
        error={wrong.repeat && t(wrong.repeat)}
      />
    </>
  )
}
