/** Starts the page: words, styles, model, screens. */
import { render } from 'preact'
import { startLang } from './i18n'
import { model } from './model'
import './styles/index.css'
import { App } from './ui/App'
import { ModelContext } from './ui/model'

await startLang()
render(
  <ModelContext.Provider value={model}>
    <App />
  </ModelContext.Provider>,
  document.getElementById('app')!,
)
void model.start()
