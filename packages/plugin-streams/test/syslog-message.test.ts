import { describe, expect, test } from 'vitest'
import { frame, toSyslogMessage } from '../src/syslog/syslog-message.ts'

const at = new Date('2026-11-04T09:05:06.789Z')
const form = {
  format: 'rfc3164',
  localtime: false,
  message_length_max: 1_024,
  facility: 1,
  hostname: 'gateway',
  app_name: 'tripline',
} as const

describe('A syslog message', () => {
  test('of the older form has its day padded with a space, and no zone', () => {
    expect(toSyslogMessage(3, 'x', at, form).toString()).toBe('<11>Nov  4 09:05:06 gateway tripline: x')
  })

  test('of the newer form has milliseconds and a zone', () => {
    const text = toSyslogMessage(0, 'x', at, { ...form, format: 'rfc5424', facility: 16 }).toString()
    expect(text).toBe('<128>1 2026-11-04T09:05:06.789Z gateway tripline - - - x')
  })

  test('in local time names the same instant', () => {
    const text = toSyslogMessage(0, 'x', at, { ...form, format: 'rfc5424', localtime: true }).toString()
    const time = text.split(' ')[1] ?? ''
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/u)
    expect(new Date(time)).toEqual(at)
  })

  test('is cut to the bytes allowed, between characters', () => {
    const header = '<11>Nov  4 09:05:06 gateway tripline: '
    const most = header.length + 4
    const cut = toSyslogMessage(3, 'aßßß', at, { ...form, message_length_max: most })
    expect(cut.toString()).toBe(`${header}aß`)
    expect(cut.length).toBeLessThanOrEqual(most)
  })
})

test('a frame is a line, or a length and the bytes', () => {
  const message = Buffer.from('ß one\r\ntwo')
  expect(frame(message, false).toString()).toBe('ß one two\n')
  expect(frame(message, true).toString()).toBe('11 ß one\r\ntwo')
})
