/** Starts the installation page, which works before this machine is trusted: no model, no sign-in. */
import { render } from 'preact'
import type { Install } from '../../contract'
import { startLang } from '../../i18n'
import { call } from '../../link/http'
import '../../styles/index.css'
import '../../styles/install.css'
import { InstallPage } from './InstallPage'

const [install] = await Promise.all([
  call<Install>('GET', '/api/install').catch(() => null), // 404: this machine has no authority of its own
  startLang(),
])
render(<InstallPage install={install} agent={navigator.userAgent} />, document.getElementById('install')!)
