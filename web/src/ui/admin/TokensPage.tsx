/** The media tokens that let OBS, encoders and wall screens into rooms: which are good, and to be taken back. */
import { Ban, Radio } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { KeptToken } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { until } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Dialog } from '../parts/Dialog'
import { toast } from '../parts/Toasts'
import { Frame, Listed } from './Frame'
import { Table } from './Table'
import { useLoaded } from './useLoaded'

export function TokensPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.organisation.tokens(), [model]))
  const [asked, setAsked] = useState<KeptToken | null>(null)
  const tokens = loaded.value ?? []
  return (
    <Frame>
      <p class="second" data-testid={loaded.value && tokens.length === 0 ? 'no-tokens' : undefined}>
        {t('admin.tokens_text')}
      </p>
      <Listed loaded={loaded} icon={Radio} empty={tokens.length === 0 && t('admin.no_token')}>
        <Table
          label={t('admin.tokens')}
          columns={(['token_name', 'use', 'state', 'expires'] as const).map((one) => t(`admin.${one}`))}
          acts
          testid="tokens-table"
        >
          {tokens.map((one) => (
            <tr key={one.guest} data-testid="token-row">
              <td>
                <strong>{nameOf(one.name)}</strong>
              </td>
              <td>{t(`admin.uses.${one.use}`)}</td>
              <td>
                <Chip tone={one.here ? 'good' : 'plain'}>
                  {t(one.here ? 'admin.here' : 'admin.not_here')}
                </Chip>
              </td>
              <td class="num second">{until(one.expires_at, model.tick.value)}</td>
              <td>
                <Button icon={Ban} onClick={() => setAsked(one)} testid="token-revoke">
                  {t('admin.revoke')}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      </Listed>
      {asked && (
        <Revoke
          token={asked}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null)
            loaded.reload()
          }}
        />
      )}
    </Frame>
  )
}

function Revoke(props: { token: KeptToken; onClose: () => void; onDone: () => void }) {
  const model = useModel()
  const [busy, setBusy] = useState(false)
  const name = nameOf(props.token.name)
  const revoke = async (): Promise<void> => {
    setBusy(true)
    const done = await act(model.organisation.revokeToken(props.token.guest))
    setBusy(false)
    if (!done) return
    toast(() => t('admin.revoked', { name }))
    props.onDone()
  }
  return (
    <Dialog
      title={t('admin.revoke_title', { name })}
      testid="revoke-dialog"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button
            kind="danger"
            busy={busy && t('admin.busy')}
            onClick={() => void revoke()}
            testid="revoke-yes"
          >
            {t('admin.revoke')}
          </Button>
        </>
      }
    >
      <p>{t('admin.revoke_text')}</p>
    </Dialog>
  )
}
