/** A tab that wants to be seen: the title alternates with the given words. */

const EVERY_MS = 1000

export function flashTitle(words: string): () => void {
  const quiet = document.title
  let on = true
  document.title = words
  const timer = setInterval(() => {
    on = !on
    document.title = on ? words : quiet
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    document.title = quiet
  }
}
