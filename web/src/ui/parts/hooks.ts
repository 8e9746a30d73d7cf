/** Small habits of views: a ticking now, a theme for the page, a key that works. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** UTC ms, renewed each `everyMs`; `offsetMs` moves it to the server's clock. */
export function useNow(everyMs = 1000, offsetMs = 0): number {
  const [now, setNow] = useState(() => Date.now() + offsetMs)
  useEffect(() => {
    setNow(Date.now() + offsetMs)
    const timer = setInterval(() => setNow(Date.now() + offsetMs), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, offsetMs])
  return now
}

const UNSEEN_MS = 200

/** False until the page was drawn once with what asks: what cannot wait is drawn first and alone, and therefore sooner. */
export function useDrawn(): boolean {
  const [drawn, setDrawn] = useState(false)
  // Not by `useEffect`, which runs before the next render too, drawn or not.
  useLayoutEffect(() => {
    const draw = (): void => setDrawn(true)
    let timer = setTimeout(draw, UNSEEN_MS) // a page that nobody sees is not drawn
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer)
      timer = setTimeout(draw) // a frame's callbacks run before it is drawn
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [])
  return drawn
}

/** Dark for pictures, light for lists; the whole page follows, dialogs and toasts too. */
export function useTheme(theme: 'light' | 'dark'): void {
  // Before anything is drawn, or it is drawn twice.
  useLayoutEffect(() => {
    const root = document.documentElement
    if (theme === 'dark') root.dataset.theme = 'dark'
    else delete root.dataset.theme
    return () => {
      delete root.dataset.theme
    }
  }, [theme])
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Calls the handler of the pressed key; not while somebody types, nor with Ctrl, Alt or Meta, nor under a dialog. */
export function useKeys(handlers: Record<string, (() => void) | undefined>): void {
  const latest = useRef(handlers)
  latest.current = handlers
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return
      if (typing(event.target) || document.querySelector('dialog[open]')) return
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
      const pressesButton =
        (key === 'Enter' || key === ' ') &&
        event.target instanceof Element &&
        event.target.closest('button,a,summary')
      const handler = latest.current[key]
      if (!handler || pressesButton) return
      event.preventDefault()
      handler()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/** Whether the page is at least this wide, by a media query. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const onChange = (): void => setMatches(list.matches)
    onChange()
    list.addEventListener('change', onChange)
    return () => list.removeEventListener('change', onChange)
  }, [query])
  return matches
}
