import { describe, expect, it } from 'vitest'
import { codeIn, codeOf } from './sticker'

describe('the code of a sticker', () => {
  it('is read as it is typed', () => {
    for (const typed of ['7K3MPX9T01', '7k3mp-x9t01', ' 7K3MP X9TOI '])
      expect(codeOf(typed)).toBe('7K3MPX9T01')
  })
  it('is nothing else', () => {
    for (const typed of ['', '7K3MPX9T0', '7K3MPX9T011', '7K3MPX9TU1']) expect(codeOf(typed)).toBeNull()
  })
  it('is read from the address in the square, whatever the server was called', () => {
    expect(codeIn('https://passline.example/q/7K3MPX9T01')).toBe('7K3MPX9T01')
    expect(codeIn('http://10.0.0.5:8080/q/7K3MPX9T01')).toBe('7K3MPX9T01')
    expect(codeIn('7K3MPX9T01')).toBe('7K3MPX9T01')
  })
  it('is not in the squares of others', () => {
    for (const text of [
      'https://evil.example/',
      'WIFI:S:x;;',
      'https://a.example/q/7K3MPX9T01/x',
      'javascript:alert(1)',
    ])
      expect(codeIn(text)).toBeNull()
  })
})
