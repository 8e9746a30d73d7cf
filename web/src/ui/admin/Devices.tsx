/** The devices of a store: where each stands, when it was last seen; one that is lost is taken back. */
import { Ban, Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { DeviceRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { toast } from '../parts/Toasts'

export function Devices(props: {
  devices: readonly DeviceRecord[]
  onEnrol: () => void
  onDone: () => void
}) {
  return (
    <section class="admin-tablets" data-testid="devices">
      <div class="home-section-head">
        <h3 class="legend">{t('admin.devices')}</h3>
        <Button icon={Plus} onClick={props.onEnrol} testid="enrol">
          {t('admin.enrol')}
        </Button>
      </div>
      {props.devices.length === 0 ? (
        <p class="second">{t('admin.no_device')}</p>
      ) : (
        <ul class="row-list">
          {props.devices.map((one) => (
            <Device key={one.id} device={one} onDone={props.onDone} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Device(props: { device: DeviceRecord; onDone: () => void }) {
  const model = useModel()
  const now = model.tick.value
  const { device } = props
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const revoke = async (): Promise<void> => {
    if (!sure) return setSure(true)
    setBusy(true)
    const done = await act(model.organisation.revokeDevice(device.id))
    setBusy(false)
    if (!done) return
    toast(() => t('admin.device_revoked', { name: device.name }))
    props.onDone()
  }
  const standing =
    device.revoked_at !== null
      ? t('admin.revoked_at', { time: when(device.revoked_at, now) })
      : device.seen_at === null
        ? t('admin.signed_out')
        : t('admin.seen_at', { time: when(device.seen_at, now) })
  return (
    <li class="admin-tablet" data-testid="device" data-revoked={device.revoked_at !== null}>
      <span class="admin-who">
        <strong>{device.name}</strong>
        <span class="caption">
          {standing} ·{' '}
          {t('admin.enrolled', { name: nameOf(device.enrolled_by), time: when(device.enrolled_at, now) })}
        </span>
      </span>
      {device.revoked_at === null && (
        <Button
          kind={sure ? 'danger' : 'plain'}
          icon={Ban}
          busy={busy && t('admin.busy')}
          onClick={(event) => {
            if (event.detail < 2) void revoke() // the second click of two is no answer to the question
          }}
          testid="device-revoke"
        >
          {t(sure ? 'admin.device_revoke_sure' : 'admin.device_revoke')}
        </Button>
      )}
    </li>
  )
}
