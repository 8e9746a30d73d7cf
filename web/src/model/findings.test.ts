import { describe, expect, it } from 'vitest'
import {
  judgeBattery,
  judgeBrowser,
  judgeCamera,
  judgeClock,
  judgeMicrophone,
  judgeStorage,
  judgeUpload,
  judgeVersion,
} from './findings'

const said = (found: { state: string; words: string } | null): string =>
  found ? `${found.state} ${found.words.split('.')[1]}` : 'nothing'

describe('what a device is found to be', () => {
  it('is fast enough upwards from what a call needs', () => {
    expect([199, 200, 699, 700].map((kbps) => said(judgeUpload(kbps)))).toEqual([
      'bad upload_bad',
      'weak upload_weak',
      'weak upload_weak',
      'good upload_good',
    ])
    expect(judgeUpload(420.4)).toMatchObject({ figure: 420.4, values: { n: '420' } })
  })
  it('has a camera that gives pictures; a dark one is normal at night and not by day', () => {
    const bright = { pictures: 6, luma: 90, moved: true }
    expect(said(judgeCamera(bright, false))).toBe('good camera_good')
    expect(said(judgeCamera({ ...bright, pictures: 0 }, false))).toBe('bad camera_nothing')
    expect(said(judgeCamera({ ...bright, moved: false }, false))).toBe('weak camera_frozen')
    expect(said(judgeCamera({ pictures: 1, luma: 90, moved: false }, false)), 'one is no proof').toBe(
      'good camera_good',
    )
    const dark = { pictures: 6, luma: 3, moved: false }
    expect(said(judgeCamera(dark, false))).toBe('good camera_dark')
    expect(said(judgeCamera(dark, true))).toBe('weak camera_black')
  })
  it('has a microphone that delivers; silence counts only for who stands before it', () => {
    expect(said(judgeMicrophone({ delivers: true, loud: null }))).toBe('good microphone_good')
    expect(said(judgeMicrophone({ delivers: true, loud: true }))).toBe('good microphone_good')
    expect(said(judgeMicrophone({ delivers: true, loud: false }))).toBe('weak microphone_quiet')
    expect(said(judgeMicrophone({ delivers: false, loud: null }))).toBe('bad microphone_nothing')
    expect(said(judgeMicrophone({ delivers: null, loud: null }))).toBe('good microphone_good')
  })
  it('keeps what it is told', () => {
    expect(said(judgeStorage({ writes: true, freeMb: 900, kept: true }))).toBe('good storage_good')
    expect(said(judgeStorage({ writes: true, freeMb: null, kept: null }))).toBe('good storage_good')
    expect(said(judgeStorage({ writes: true, freeMb: 49, kept: true }))).toBe('weak storage_full')
    expect(said(judgeStorage({ writes: false, freeMb: 900, kept: true }))).toBe('bad storage_bad')
  })
  it('tells the time', () => {
    expect([null, 0, 30_000, 30_001, -30_001].map((ms) => said(judgeClock(ms)))).toEqual([
      'unknown clock_unknown',
      'good clock_good',
      'good clock_good',
      'weak clock_fast',
      'weak clock_slow',
    ])
    expect(judgeClock(-95_000)).toMatchObject({ figure: -95, values: { n: '95' } })
  })
  it('shows the newest page in a browser that can', () => {
    expect([true, false, null].map((current) => said(judgeVersion(current)))).toEqual([
      'good version_good',
      'weak version_old',
      'unknown version_unknown',
    ])
    expect(judgeBrowser([])).toMatchObject({ state: 'good' })
    expect(judgeBrowser(['WebRTC', 'IndexedDB'])).toMatchObject({
      state: 'bad',
      values: { where: 'WebRTC, IndexedDB' },
    })
  })
  it('is charged, or charging, or says nothing of it', () => {
    expect(said(judgeBattery(null))).toBe('nothing')
    expect(said(judgeBattery({ level: 0.19, charging: false }))).toBe('weak battery_low')
    expect(said(judgeBattery({ level: 0.19, charging: true }))).toBe('good battery_good')
    expect(said(judgeBattery({ level: 0.2, charging: false }))).toBe('good battery_good')
  })
})
