import { describe, expect, it } from 'vitest'
import { initials, matches } from './pinyin'

describe('the first letters of Chinese words', () => {
  it('are those of their pinyin', () => {
    const words = [
      '陈立群',
      '张建国',
      '欧阳娜',
      '周晓',
      '静安寺店',
      '国贸店',
      '三里屯店',
      '望京店',
      '南京西路店',
    ]
    expect(words.map(initials)).toEqual(['clq', 'zjg', 'oyn', 'zx', 'jasd', 'gmd', 'sltd', 'wjd', 'njxld'])
  })
  it('cover every letter that begins a syllable', () => {
    expect(initials('爱白从大鹅方高河静开李明牛欧朋钱人孙田王徐杨周')).toBe('abcdefghjklmnopqrstwxyz')
  })
  it('are right where one letter ends and the next begins', () => {
    const last = '傲不错多而赴过获俊扩落慕诺藕普群若缩拓务讯韵做'
    const first = '阿八擦搭额发嘎哈击咖拉妈拿哦趴七然撒他挖西压扎'
    expect([initials(last), initials(first)]).toEqual(['abcdefghjklmnopqrstwxyz', 'abcdefghjklmnopqrstwxyz'])
  })
  it('leave everything else as it is', () => {
    expect(initials('徐家汇 2 店 B1')).toBe('xjh 2 d b1')
  })
})

describe('a search', () => {
  const words = ['陈立群', 'Chen Liqun', 'chen', null, '设备专家']
  it('finds by Chinese, first letters, other names and several words', () => {
    for (const query of ['', '立群', 'clq', 'CLQ', 'liqun', 'chen 设备', ' 陈  sb']) {
      expect(matches(query, words), query).toBe(true)
    }
    for (const query of ['刘', 'zjg', 'chen 菜品']) expect(matches(query, words), query).toBe(false)
  })
})
