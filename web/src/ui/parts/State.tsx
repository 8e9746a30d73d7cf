/** What stands in place of a list when it is empty, not there yet, or broken; and banners that push the page down. */
import { CircleAlert, RotateCcw } from 'lucide-preact'
import type { LucideIcon } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { t } from '../../i18n'
import { Button } from './Button'

export function Empty(props: {
  icon: LucideIcon
  title: string
  text?: string | undefined
  children?: ComponentChildren
}) {
  const Icon = props.icon
  return (
    <div class="empty">
      <Icon class="icon" size={32} strokeWidth={1.9} aria-hidden="true" />
      <strong>{props.title}</strong>
      {props.text && <p>{props.text}</p>}
      {props.children}
    </div>
  )
}

/** Grey shapes of the real layout, seen only after 300 ms. */
export function Loading(props: { rows?: number }) {
  return (
    <div class="ghosts" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: props.rows ?? 3 }, (_, row) => (
        <div class="ghost" key={row} aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  )
}

export function ErrorBox(props: { title: string; text: string; onRetry?: () => void }) {
  return (
    <div class="error-box" role="alert">
      <CircleAlert class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
      <div>
        <strong>{props.title}</strong>
        <p class="second">{props.text}</p>
      </div>
      {props.onRetry && (
        <Button icon={RotateCcw} onClick={props.onRetry} testid="retry">
          {t('act.retry')}
        </Button>
      )}
    </div>
  )
}

export function Banner(props: {
  icon: LucideIcon
  tone?: 'strong' | 'info' | 'bad'
  title: string
  /** Counts up behind the title; not read aloud each second. */
  since?: string | null
  text?: string
  act?: ComponentChildren
  testid?: string
  assertive?: boolean
}) {
  const Icon = props.icon
  return (
    <div
      class="banner"
      data-tone={props.tone}
      data-testid={props.testid}
      role={props.assertive ? 'alert' : 'status'}
    >
      <Icon class="icon" size={24} aria-hidden="true" />
      <div>
        <p>
          {props.title}
          {props.since && (
            <span class="banner-since num" aria-hidden="true">
              {props.since}
            </span>
          )}
        </p>
        {props.text && <p>{props.text}</p>}
      </div>
      {props.act}
    </div>
  )
}
