import {
  type ConnectionNeeds,
  type DedupeKey,
  dedupeKeySchema,
  type RichText,
  type TicketDraft,
} from '@tripline/core'

let keys = 0

/** A dedupe key that no other draft of this process has. */
export function newDedupeKey(): DedupeKey {
  keys += 1
  return dedupeKeySchema.parse(`trip-${process.pid}-${keys}`)
}

/** A ticket to create, with everything in it that a draft can have. */
export function sampleDraft(change: Partial<TicketDraft> = {}): TicketDraft {
  const dedupeKey = change.dedupeKey ?? newDedupeKey()
  return {
    dedupeKey,
    summary: 'Ransomware activity on fileserver-7',
    description: sampleDescription,
    priority: null,
    labels: ['ransomware', 'detection'],
    fields: {},
    backlink: {
      dedupeKey,
      url: `https://tripline.example/detections/${dedupeKey}`,
      title: 'Detection in Tripline',
    },
    ...change,
  }
}

/** Of a connection whose mappings ask for nothing. */
export const noNeeds: ConnectionNeeds = { createFields: [], outcomes: [], accounts: [] }

export const sampleDescription: RichText = [
  { kind: 'heading', text: 'What was seen' },
  {
    kind: 'paragraph',
    runs: [
      { text: 'The host ' },
      { text: 'fileserver-7', bold: true },
      { text: ' wrote ' },
      { text: 'C:\\share\\*.locked', code: true },
      { text: '.\nSee ' },
      { text: 'the advisory', href: 'https://advisories.example/a?id=1&x=[2]' },
      { text: '.' },
    ],
  },
  { kind: 'list', items: [[{ text: 'victim: 10.0.0.7' }], [{ text: 'offender: 198.51.100.9' }]] },
]

/** What a sensor may have copied out of an attacker's hands, in every markup that a ticketing system may speak. */
export const hostileTexts: readonly string[] = [
  'hello [~admin] and [~accountid:712020:1] and @[Admin](user:1) and @channel',
  '{code}rm -rf{code} {html}<b>x</b>{html} {color:red}red{color} {panel}p{panel} {noformat}n{noformat}',
  '!https://evil.example/pixel.png! and !x.png|thumbnail! and ![alt](https://evil.example/p.png)',
  '[click me|https://evil.example/login] and [click](https://evil.example/) and https://evil.example/plain',
  '<script>alert(1)</script><img src=x onerror=alert(1)> &lt;b&gt; &#91;x&#93;',
  '|a|b| ||head|| *bold* _it_ -gone- +ins+ ^up^ ~down~ ??cite?? {{mono}}',
  'h1. Not a heading',
  'bq. not a quote',
  '* not a list',
  '# nor this',
  '---- (x) :) \\\\ back\\slash \\{code}',
  'SEC-1 #1 JIRA-2 mailto:ceo@example.com',
]
