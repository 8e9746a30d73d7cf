/** The frame of every desktop screen: a rail with the places one may go, the content, and who is signed in. */
import type { LucideIcon } from 'lucide-preact'
import {
  Archive,
  Bell,
  BellOff,
  GraduationCap,
  Headset,
  LogOut,
  PhoneMissed,
  PhoneOutgoing,
  ScrollText,
  SlidersHorizontal,
  Stethoscope,
  Store,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { nameOf, t } from '../../i18n'
import { HEADQUARTERS, holds } from '../../model/roles'
import { Reminder } from '../callbacks/Reminder'
import { SignOutDialog } from '../home/SignOutDialog'
import { useModel } from '../model'
import { Badge } from '../parts/Chip'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'
import { Avatar } from '../parts/Person'
import { OwnCalls } from './OwnCalls'
import { QuietDialog } from './QuietDialog'
import { isAdmin, placesOf } from './places'

const ICONS: Record<string, LucideIcon> = {
  'nav.console': Headset,
  'nav.sessions': GraduationCap,
  'nav.audit': ScrollText,
  'nav.archive': Archive,
  'nav.learn': GraduationCap,
  'nav.call': PhoneOutgoing,
  'nav.callbacks': PhoneMissed,
  'nav.admin': SlidersHorizontal,
  'nav.places': Store,
}

export function Desk(props: { children: ComponentChildren }) {
  const model = useModel()
  const { path } = useLocation()
  const [leaving, setLeaving] = useState(false)
  const [quieting, setQuieting] = useState(false)
  const me = model.me.value?.person
  const presence = me && model.presence.value.get(me.id)?.presence
  const Ring = presence === 'do_not_disturb' ? BellOff : Bell
  const rules = model.me.value?.policies
  const calls = rules?.headquarters_calls !== false || rules.colleagues_call
  const places = model.me.value
    ? placesOf(model.me.value).filter((place) => calls || place.path !== '/call')
    : []
  // At `/` stands the first of one's places.
  const here =
    path === '/'
      ? places[0]?.path
      : places.findLast(
          (place) =>
            (place.path !== '/' && path.startsWith(place.path)) || (isAdmin(path) && isAdmin(place.path)),
        )?.path
  const onConsole = here === '/' && me?.role === 'expert'
  const ringing = model.incoming.value.length
  const failing = model.failingStores.value ?? 0
  const answers = holds(model.me.value, ['manager', 'operations'])
  const toldAt = answers ? ['manager', 'administrator'] : ['administrator']
  const late = model.callbacks.value.filter((item) => toldAt.includes(item.urgency)).length
  return (
    <div class="desk">
      <Reminder />
      <a class="skip" href="#content">
        {t('nav.skip')}
      </a>
      <nav class="rail" aria-label={t('nav.label')}>
        <Logo size={34} />
        <ul>
          {places.map((place) => {
            const Icon = ICONS[place.word] ?? Archive
            return (
              <li key={place.word}>
                <a
                  class="rail-place"
                  href={place.path}
                  aria-current={here === place.path ? 'page' : undefined}
                  data-testid={place.word.replace('.', '-')}
                >
                  <Icon class="icon" size={22} aria-hidden="true" />
                  <span>{t(place.word)}</span>
                  {isAdmin(place.path) && (
                    <Badge count={failing} label={t('health.badge', { count: failing })} />
                  )}
                  {place.word === 'nav.callbacks' && (
                    <Badge count={late} label={t('callback.count_late', { count: late })} />
                  )}
                  {place.word === 'nav.console' && (
                    <Badge count={ringing} label={t('nav.ringing', { count: ringing })} />
                  )}
                </a>
              </li>
            )
          })}
        </ul>
        <div class="rail-foot">
          <LangSwitch />
          <a
            class="rail-place"
            href="/doctor"
            aria-label={t('doctor.open')}
            title={t('doctor.open')}
            aria-current={path === '/doctor' ? 'page' : undefined}
            data-testid="to-doctor"
          >
            <Stethoscope class="icon" size={20} aria-hidden="true" />
          </a>
          <button
            type="button"
            class="rail-place"
            aria-label={t('signout.go')}
            title={t('signout.go')}
            data-testid="sign-out"
            onClick={() => setLeaving(true)}
          >
            <LogOut class="icon" size={20} aria-hidden="true" />
          </button>
          {me && HEADQUARTERS.includes(me.role) && (
            <button
              type="button"
              class="rail-place"
              title={t('quiet.title')}
              aria-label={t('quiet.mine', { presence: t(`presence.${presence ?? 'offline'}`) })}
              data-testid="my-presence"
              data-presence={presence}
              onClick={() => setQuieting(true)}
            >
              <Ring class="icon" size={20} aria-hidden="true" />
            </button>
          )}
          {me && (
            <a
              class="rail-me"
              href="/account"
              title={t('account.title')}
              aria-current={path === '/account' ? 'page' : undefined}
              data-testid="to-account"
            >
              <Avatar person={me} />
              <span class="sr">{t('nav.me', { name: nameOf(me.name) })}</span>
            </a>
          )}
        </div>
      </nav>
      <div class="desk-body" id="content" tabIndex={-1}>
        <OwnCalls rings={onConsole ? [] : model.incoming.value} />
        {props.children}
      </div>
      {quieting && <QuietDialog onClose={() => setQuieting(false)} />}
      {leaving && <SignOutDialog onClose={() => setLeaving(false)} />}
    </div>
  )
}
