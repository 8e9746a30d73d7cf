/** The parts beside one another, to compare with the reference sheet. */
import { MicOff, Phone, PhoneIncoming, PhoneOff, Plus, ShieldCheck, Unplug } from 'lucide-preact'
import { Mic } from 'lucide-preact'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Field } from '../parts/Field'
import { PresenceWord, Speaking } from '../parts/Person'
import { Receipt } from '../parts/Receipt'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { Tool } from '../parts/Tool'

export function Parts() {
  return (
    <main class="open-session">
      <p>
        <Button kind="main" icon={Plus}>
          加人
        </Button>{' '}
        <Button>导出</Button> <Button kind="quiet">取消</Button> <Button kind="danger">删除</Button>{' '}
        <Button disabled>不可用</Button>{' '}
        <Button kind="main" busy="正在保存">
          保存
        </Button>{' '}
        <Button kind="main" size="main" icon={Phone} kbd="Enter">
          接听
        </Button>
      </p>
      <p>
        <Chip tone="good" icon={ShieldCheck}>
          已安全保存
        </Chip>{' '}
        <Chip tone="warn" icon={Unplug}>
          有 8 秒断网
        </Chip>{' '}
        <Chip tone="bad">必读</Chip> <Chip tone="info">15:00 上课</Chip> <Chip>第 2 版</Chip> <Speaking />
      </p>
      <p>
        <PresenceWord presence="free" /> <PresenceWord presence="busy" /> <PresenceWord presence="ringing" />{' '}
        <PresenceWord presence="offline" /> <Receipt state="waiting" /> <Receipt state="sent" />{' '}
        <Receipt state="delivered" /> <Receipt state="read" />
      </p>
      <Field
        label="门店编号"
        value="0199"
        onInput={() => undefined}
        error="没有这个门店。核对编号，或先新建门店。"
      />
      <div class="card">
        <Empty icon={PhoneIncoming} title="没有要回的电话" text="没接到的呼叫会自动排到这里。" />
      </div>
      <div class="card">
        <Loading rows={2} />
      </div>
      <div class="card">
        <ErrorBox
          title="档案打不开"
          text="连不上服务器。正在重试，也可以现在再试。"
          onRetry={() => undefined}
        />
      </div>
      <div class="ringing-tools" data-theme="dark">
        <Tool icon={Mic} word="静音" onClick={() => undefined} />
        <Tool icon={MicOff} word="已静音" face="shut" onClick={() => undefined} />
        <Tool icon={Mic} word="手电" face="on" onClick={() => undefined} />
        <Tool icon={PhoneOff} word="挂断" danger onClick={() => undefined} />
      </div>
    </main>
  )
}
