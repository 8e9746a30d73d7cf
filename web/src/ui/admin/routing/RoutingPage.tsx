/** Whom calls ring: the chain of each reason, who would ring this moment, and when and for what experts can be rung. */
import { Users } from 'lucide-preact'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import type { PersonId, Routing, RoutingNow } from '../../../contract'
import { useModel } from '../../model'
import { Frame, Listed } from '../Frame'
import { useLoaded, type Loaded } from '../useLoaded'
import { ChainEditor } from './ChainEditor'
import { Experts } from './Experts'
import { NowPanel } from './NowPanel'

/** Shifts begin and end without a word from the server. */
const LOOK_AGAIN_MS = 30_000
/** However often experts come, go and are rung. */
const LOOK_MOST_MS = 1000

export function RoutingPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.routing.get(), [model]))
  const now = useLoaded(useCallback(() => model.routing.now(), [model]))
  const me = model.me.value?.person.id
  const experts = model.experts.value.map(({ person, presence }) => `${person.id}:${presence}`).join()
  const looked = useRef({ experts, at: Date.now() })
  const { reload } = now
  useEffect(() => {
    if (looked.current.experts === experts) return
    const look = (): void => {
      looked.current = { experts, at: Date.now() }
      reload()
    }
    const timer = setTimeout(look, looked.current.at + LOOK_MOST_MS - Date.now())
    return () => clearTimeout(timer)
  }, [experts])
  useEffect(() => {
    const timer = setInterval(reload, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <Frame>
      <Listed loaded={loaded} icon={Users} empty={false}>
        {loaded.value && me && (
          <Parts
            routing={loaded.value}
            now={now}
            me={me}
            onSaved={() => {
              loaded.reload()
              reload()
            }}
          />
        )}
      </Listed>
    </Frame>
  )
}

function Parts(props: { routing: Routing; now: Loaded<RoutingNow>; me: PersonId; onSaved: () => void }) {
  return (
    <>
      <div class="routing">
        <ChainEditor routing={props.routing} me={props.me} onSaved={props.onSaved} />
        <NowPanel now={props.now} experts={props.routing.experts} />
      </div>
      <Experts experts={props.routing.experts} now={props.now.value} onSaved={props.onSaved} />
    </>
  )
}
