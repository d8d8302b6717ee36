/** An instant as records keep it: UTC, by the second. */
export function instantText(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ')
}

const SHOWN_OFFSET_MS = 8 * 3_600_000

/** The same as people in California read it, which no program should take for the value. */
export function shownInstant(text: string): string {
  if (text === '') return ''
  const at = new Date(new Date(`${text.replace(' ', 'T')}Z`).getTime() - SHOWN_OFFSET_MS)
  const [date = '', time = ''] = instantText(at).split(' ')
  const [year = '', month = '', day = ''] = date.split('-')
  return `${month}/${day}/${year} ${time}`
}
