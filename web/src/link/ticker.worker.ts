/** Beats in a worker, where a hidden page's timers are not slowed to one a minute: a console in the background must ring. */
let timer: ReturnType<typeof setInterval> | undefined

self.onmessage = (event: MessageEvent<number>) => {
  clearInterval(timer)
  if (event.data > 0) timer = setInterval(() => self.postMessage(0), event.data)
}
