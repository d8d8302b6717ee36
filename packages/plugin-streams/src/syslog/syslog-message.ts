import type { SyslogSettings } from './settings.ts'

/** What a message is written by. */
export type SyslogForm = Pick<
  SyslogSettings,
  'format' | 'localtime' | 'message_length_max' | 'facility' | 'hostname' | 'app_name'
>

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * A message of RFC 3164 or RFC 5424, without framing, cut to the length allowed.
 *
 * https://www.rfc-editor.org/rfc/rfc3164 and https://www.rfc-editor.org/rfc/rfc5424
 */
export function toSyslogMessage(severity: number, text: string, at: Date, form: SyslogForm): Buffer {
  const priority = `<${form.facility * 8 + severity}>`
  const header =
    form.format === 'rfc5424'
      ? `${priority}1 ${isoTime(at, form.localtime)} ${form.hostname} ${form.app_name} - - - `
      : `${priority}${bsdTime(at, form.localtime)} ${form.hostname} ${form.app_name}: `
  return cut(Buffer.from(header + text, 'utf8'), form.message_length_max)
}

/** Frames a message for a stream: octet counting, or a line. */
export function frame(message: Buffer, lengthPrefix: boolean): Buffer {
  if (lengthPrefix) return Buffer.concat([Buffer.from(`${message.length} `), message])
  // A line break inside would make two messages of it.
  const line = message.toString('utf8').replaceAll(/[\r\n]+/gu, ' ')
  return Buffer.from(`${line}\n`)
}

/** At most so many bytes, and no half characters at the end. */
function cut(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes
  let end = most
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

function isoTime(at: Date, localtime: boolean): string {
  if (!localtime) return at.toISOString()
  const offset = -at.getTimezoneOffset()
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)
  const minutes = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function bsdTime(at: Date, localtime: boolean): string {
  const shown = localtime ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000) : at
  const day = String(shown.getUTCDate()).padStart(2, ' ')
  return `${MONTHS[shown.getUTCMonth()] ?? ''} ${day} ${shown.toISOString().slice(11, 19)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
