/** The other language, written in itself. */
import { lang, setLang } from '../../i18n'

export function LangSwitch() {
  const other = lang.value === 'en' ? 'zh-CN' : 'en'
  return (
    <button
      type="button"
      class="lang"
      lang={other}
      data-testid="language"
      aria-label={other === 'en' ? 'EN, English' : '中文'}
      onClick={() => void setLang(other)}
    >
      {other === 'en' ? 'EN' : '中文'}
    </button>
  )
}
