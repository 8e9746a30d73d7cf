/** Which machine it is: its sticker before the camera, or its code by hand; then one press calls about it. */
import { Flashlight, Keyboard, Phone, QrCode, RotateCcw } from 'lucide-preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { EquipmentRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal, type DeviceProblem } from '../../model/api'
import { codeIn, codeOf } from '../../model/sticker'
import { act } from '../act'
import { mayRecord } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { Problem } from '../parts/Problem'
import { ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { MachineCalls, MachineFacts } from './Machine'

type Step =
  | { is: 'scanning' }
  | { is: 'typing' }
  | { is: 'looking' }
  | { is: 'found'; record: EquipmentRecord }
  | { is: 'failed'; problem: string }

/** `code`: it was scanned already, by a telephone's own camera. */
export function ScanDialog(props: { code?: string; onClose: () => void }) {
  const model = useModel()
  const [step, setStep] = useState<Step>({ is: props.code ? 'looking' : 'scanning' })
  const [calling, setCalling] = useState(false)
  const find = useCallback(
    async (code: string): Promise<void> => {
      setStep({ is: 'looking' })
      try {
        setStep({ is: 'found', record: await model.equipment.find(code) })
      } catch (reason) {
        setStep({ is: 'failed', problem: reason instanceof Refusal ? reason.code : 'internal' })
      }
    },
    [model],
  )
  useEffect(() => {
    if (!props.code) return
    const code = codeOf(props.code)
    if (code) void find(code)
    else setStep({ is: 'failed', problem: 'not_found' })
  }, [props.code, find])

  const record = step.is === 'found' ? step.record : null
  const call = async (): Promise<void> => {
    if (!record || calling) return
    setCalling(true)
    if (await act(model.startCall(record.reason, record.machine.id))) props.onClose()
    setCalling(false)
  }
  const again = (
    <Button icon={QrCode} onClick={() => setStep({ is: 'scanning' })} testid="scan-again">
      {t('scan.again')}
    </Button>
  )

  return (
    <Dialog
      title={record ? nameOf(record.machine.name) : t('scan.title')}
      size="wide"
      testid="scan-dialog"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose} testid="scan-close">
            {t('act.close')}
          </Button>
          {step.is === 'scanning' && (
            <Button icon={Keyboard} onClick={() => setStep({ is: 'typing' })} testid="scan-type">
              {t('scan.type')}
            </Button>
          )}
          {(step.is === 'found' || step.is === 'failed' || step.is === 'typing') && again}
          {record && !record.retired && (
            <Button
              kind="main"
              icon={Phone}
              busy={calling && t('home.calling')}
              onClick={() => void call()}
              testid="scan-call"
            >
              {t('scan.call')}
            </Button>
          )}
        </>
      }
    >
      {step.is === 'scanning' && <Viewfinder onCode={(code) => void find(code)} />}
      {step.is === 'typing' && <Typed onCode={(code) => void find(code)} />}
      {step.is === 'looking' && <Loading rows={3} />}
      {step.is === 'failed' && (
        <div data-testid="scan-failed">
          <ErrorBox
            title={t(step.problem === 'not_found' ? 'scan.unknown' : 'scan.broken')}
            text={step.problem === 'not_found' ? t('scan.unknown_text') : errorWords(step.problem)}
          />
        </div>
      )}
      {record && (
        <div data-testid="scan-found" data-code={record.machine.code}>
          {record.retired && <ErrorBox title={t('scan.retired')} text={t('scan.retired_text')} />}
          <MachineFacts machine={record.machine} />
          <MachineCalls machine={record.machine} />
          {!record.retired && mayRecord(model.me.value) && (
            <p class="caption scan-consent">{t('home.consent')}</p>
          )}
        </div>
      )}
    </Dialog>
  )
}

/** The camera's picture with a frame; says what it sees that is none of ours. */
function Viewfinder(props: { onCode: (code: string) => void }) {
  const model = useModel()
  const video = useRef<HTMLVideoElement>(null)
  const [problem, setProblem] = useState<DeviceProblem | null>(null)
  const [foreign, setForeign] = useState(false)
  const [torch, setTorch] = useState<{ on: boolean; set: (on: boolean) => Promise<void> } | null>(null)
  const [tries, setTries] = useState(0)
  const told = useRef(props.onCode)
  told.current = props.onCode
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.setAttribute('muted', '')
    setProblem(null)
    return model.scan(element, {
      onText: (text) => {
        const code = codeIn(text)
        setForeign(code === null)
        if (code) told.current(code)
      },
      onTorch: (set) => setTorch({ on: false, set }),
      onProblem: setProblem,
    })
  }, [model, tries])
  return (
    <div class="scan">
      <div class="scan-picture" data-theme="dark">
        <video
          ref={video}
          class="video"
          data-fit="cover"
          aria-label={t('scan.picture')}
          playsInline
          autoplay
          muted
          data-testid="scan-video"
        />
        <span class="scan-frame" aria-hidden="true" />
        {torch && (
          <div class="scan-torch">
            <Button
              icon={Flashlight}
              onClick={() => {
                void torch.set(!torch.on)
                setTorch({ ...torch, on: !torch.on })
              }}
              testid="scan-torch"
            >
              {t(torch.on ? 'scan.torch_off' : 'scan.torch_on')}
            </Button>
          </div>
        )}
      </div>
      {problem ? (
        <div data-testid="scan-problem">
          <Problem>{t(`error.${problem}_camera`)}</Problem>
          <p>{t('scan.no_camera_text')}</p>
          <Button icon={RotateCcw} onClick={() => setTries(tries + 1)}>
            {t('act.retry')}
          </Button>
        </div>
      ) : (
        <p class="second" role="status">
          {t(foreign ? 'scan.foreign' : 'scan.hold')}
        </p>
      )}
    </div>
  )
}

function Typed(props: { onCode: (code: string) => void }) {
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const go = (): void => {
    const code = codeOf(typed)
    setWrong(code === null)
    if (code) props.onCode(code)
  }
  return (
    <form
      class="admin-form"
      onSubmit={(event) => {
        event.preventDefault()
        go()
      }}
    >
      <Field
        label={t('scan.code')}
        hint={t('scan.code_hint')}
        error={wrong ? t('scan.code_wrong') : null}
        value={typed}
        onInput={setTyped}
        size="l"
        placeholder="7K3MP-X9T01"
        maxLength={40}
        innerRef={first}
        testid="scan-code"
      />
      <div>
        <Button kind="main" onClick={go} testid="scan-find">
          {t('scan.find')}
        </Button>
      </div>
    </form>
  )
}
