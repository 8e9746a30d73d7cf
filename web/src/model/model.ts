/** The one model of this tab: each subject is wired in `wiring/`, in the order in which one needs another. */
import { Capture } from '../rtc/capture'
import { listenForTouch } from '../rtc/sound'
import type { Model } from './api'
import { archive } from './archive'
import { audit } from './audit'
import { bots } from './bots'
import { exposeDebug } from './debug'
import { equipment } from './equipment'
import { organisation } from './organisation'
import { policies } from './policies'
import { createPush } from './push'
import { quiet } from './quiet'
import { rings } from './rings'
import { routing } from './routing'
import { scan } from './scan'
import { createTakeOver } from './takeover'
import { timings } from './timings'
import { wireCalls } from './wiring/calls'
import { wireCheckUps } from './wiring/checkups'
import { wireDevices } from './wiring/devices'
import { wireMedia } from './wiring/media'
import { wireSounds } from './wiring/sounds'
import { wireWho } from './wiring/who'

function createModel(): Model {
  const capture = new Capture()
  const who = wireWho()
  const { session, rooms } = who
  const calls = wireCalls(who, capture)
  const { media, ways, api: mediaApi } = wireMedia(who, calls, capture)
  const devices = wireDevices(who, calls, capture)
  const sounds = wireSounds(who, calls, media)
  const checkUps = wireCheckUps(who, calls, devices, capture, ways)

  const model: Model = {
    ...who.api,
    ...calls.api,
    ...mediaApi,
    ...devices.api,
    ...sounds,
    ...checkUps.api,

    archive,
    audit,
    organisation,
    equipment,
    scan,
    routing,
    policies,
    quiet,
    bots,
    rings,
    timings,
    push: createPush({
      me: session.me,
      session: session.id,
      incoming: rooms.incoming,
      device: () => session.device(),
    }),
    takeOver: createTakeOver({
      me: () => session.me.peek(),
      become: (me) => (session.me.value = me),
    }),

    start: async () => {
      listenForTouch()
      checkUps.start()
      exposeDebug(model, media)
      await session.start()
    },
  }
  return model
}

export const model: Model = createModel()
