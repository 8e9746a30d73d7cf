/** The sample chain of the gallery: the same people as in the demo and in the reference pictures. */
import type { Member, Person, Presence, PresenceEntry, Role, Skill, Store } from '../../contract'

export const NOW = new Date(2026, 10, 21, 14, 32, 5).getTime()

function store(number: string, zh: string, en: string, region: string): Store {
  return { id: `s-${number}`, number, name: { zh, en }, region }
}
export const STORES = [
  store('0117', '静安寺店', "Jing'an Temple", 'r-east'),
  store('0108', '南京西路店', 'West Nanjing Road', 'r-east'),
  store('0131', '徐家汇店', 'Xujiahui', 'r-east'),
  store('0201', '国贸店', 'Guomao', 'r-north'),
  store('0215', '三里屯店', 'Sanlitun', 'r-north'),
  store('0222', '望京店', 'Wangjing', 'r-north'),
]
export const TABLETS: Person[] = STORES.map((one) => ({
  id: `p-store-${one.number}`,
  role: 'store',
  name: one.name,
  title: null,
  department: null,
  operator: null,
  store: one,
  skills: [],
}))

function someone(
  id: string,
  role: Role,
  zh: string,
  en: string,
  title?: [string, string],
  skills: Skill[] = [],
): Person {
  const second = title ? { zh: title[0], en: title[1] } : null
  return {
    id: `p-${id}`,
    role,
    name: { zh, en },
    title: second,
    department: null,
    store: null,
    skills,
    operator: null,
  }
}
export const CHEN = someone(
  'chen',
  'expert',
  '陈立群',
  'Chen Liqun',
  ['设备专家', 'Equipment expert'],
  ['equipment'],
)
export const ZHANG = someone(
  'zhang',
  'expert',
  '张建国',
  'Zhang Jianguo',
  ['设备和系统专家', 'Equipment and IT'],
  ['equipment', 'it'],
)
export const LIU = someone('liu', 'expert', '刘慧', 'Liu Hui', ['菜品专家', 'Dish expert'], ['dishes'])
export const ZHOU = someone(
  'zhou',
  'expert',
  '周晓',
  'Zhou Xiao',
  ['食安专家', 'Food safety expert'],
  ['food_safety'],
)
export const HE = someone('he', 'trainer', '何静', 'He Jing', ['培训师', 'Trainer'])
export const XIAOLIN = someone('xiaolin', 'learner', '林小雨', 'Lin Xiaoyu', ['新员工', 'New hire'])

export const KITCHEN = someone('kitchen', 'guest', '后厨摄像机', 'Kitchen camera')
export const WALL = someone('wall', 'guest', '大堂屏幕', 'Wall screen')

export function entry(person: Person, presence: Presence, minutes = 5): PresenceEntry {
  return { person, presence, since_ms: NOW - minutes * 60_000 }
}
export function member(person: Person, state: Member['state'], more: Partial<Member> = {}): Member {
  return {
    person,
    state,
    host: false,
    session: 'x',
    muted: false,
    camera_off: false,
    consented_at: NOW - 372_000,
    joined_at: state === 'joined' || state === 'away' ? NOW - 372_000 : null,
    left_at: null,
    quality: 'good',
    guest: null,
    asked: null,
    ...more,
  }
}
export const QIAN = someone('qian', 'auditor', '钱文', 'Qian Wen', ['审计员', 'Auditor'])
export const ADMIN = someone('admin', 'admin', '赵敏', 'Zhao Min', ['管理员', 'Administrator'])
