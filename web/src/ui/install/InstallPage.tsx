/** Makes a device trust this machine: the certificate, how each kind of device takes it, and the next device's code. */
import { Download, LogIn } from 'lucide-preact'
import type { Install } from '../../contract'
import { t } from '../../i18n'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'

const STEPS = [1, 2, 3, 4] as const
const DEVICES = ['android', 'ipados', 'windows'] as const
type DeviceKind = (typeof DEVICES)[number]

/** iPadOS calls itself a Mac; a Mac takes the certificate in nearly the same way. */
export function deviceOf(agent: string): DeviceKind {
  if (/android|harmony/i.test(agent)) return 'android'
  return /iPad|iPhone|Macintosh/.test(agent) ? 'ipados' : 'windows'
}

export function InstallPage(props: { install: Install | null; agent: string }) {
  return (
    <main class="install">
      <header class="install-head">
        <Logo size={40} />
        <span class="install-name">{t('app.name')}</span>
        <LangSwitch />
      </header>
      {props.install ? (
        <WithCertificate install={props.install} agent={props.agent} />
      ) : (
        <section class="card install-card">
          <h1>{t('install.none')}</h1>
          <p class="second">{t('install.none_lead')}</p>
          <a class="btn" data-kind="main" href="/">
            {t('install.open')}
          </a>
        </section>
      )}
    </main>
  )
}

function WithCertificate({ install, agent }: { install: Install; agent: string }) {
  const mine = deviceOf(agent)
  const until = new Date(install.until).toISOString().slice(0, 10)
  return (
    <div class="install-columns">
      <section class="card install-card">
        <h1>{t('install.title')}</h1>
        <p class="second">{t('install.lead')}</p>
        <a class="btn" data-kind="main" data-size="main" data-testid="download" href="/api/install/ca.crt">
          <Download class="icon" size={28} aria-hidden="true" />
          <span>{t('install.download')}</span>
        </a>
        {DEVICES.map((device) => (
          <details key={device} open={device === mine} data-testid={`steps-${device}`}>
            <summary>{t(`install.device_${device}`)}</summary>
            <ol>
              {STEPS.map((step) => (
                <li key={step}>{t(`install.${device}_${step}`)}</li>
              ))}
            </ol>
          </details>
        ))}
        <a class="btn" data-kind="plain" data-testid="open" href={install.address}>
          <LogIn class="icon" size={18} aria-hidden="true" />
          <span>{t('install.open')}</span>
        </a>
      </section>
      <aside class="card install-card">
        <h2>{t('install.next')}</h2>
        <img class="install-code" src="/api/install/code.svg" alt={install.install_address} />
        <p class="mono install-address">{install.install_address}</p>
        <h2>{t('install.fingerprint')}</h2>
        <p class="second">{t('install.compare')}</p>
        <p class="mono install-fingerprint" data-testid="fingerprint">
          {install.fingerprint}
        </p>
        <p class="second">{t('install.until', { date: until })}</p>
      </aside>
    </div>
  )
}
