/** The devices of a store: where each stands, when it was last seen; one that is lost is taken back. */
import { Ban, Plus } from 'lucide-preact'
import type { DeviceRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { toast } from '../parts/Toasts'
import { Twice } from './Twice'

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
        <Twice
          icon={Ban}
          word={t('admin.device_revoke')}
          sure={t('admin.device_revoke_sure')}
          testid="device-revoke"
          wish={() => model.organisation.revokeDevice(device.id)}
          onDone={() => {
            toast(() => t('admin.device_revoked', { name: device.name }))
            props.onDone()
          }}
        />
      )}
    </li>
  )
}
