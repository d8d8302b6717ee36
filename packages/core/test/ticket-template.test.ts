import { describe, expect, test } from 'vitest'
import {
  dedupeKeySchema,
  plainText,
  syncMappingsSchema,
  ticketDraft,
  ticketTemplateVariables,
  ticketText,
  type Detection,
  type SyncMappingsInput,
} from '../src/index.ts'
import { sampleDetection } from './model/sample-detection.ts'

const key = dedupeKeySchema.parse('tl-1')
const page = 'https://tripline.example.com/detections/4294967296001'

const mappings = (template: SyncMappingsInput['template']) => syncMappingsSchema.parse({ template })

const summaryOf = (detection: Detection, summary: string): string =>
  ticketText(detection, mappings({ summary }), page).summary

describe('A template', () => {
  test('knows every variable it offers', () => {
    const detection = sampleDetection({
      riskScore: 83,
      categories: ['sec.lateral', 'sec'],
      participants: [
        { role: 'offender', hostname: 'evil.example', objectValue: '192.0.2.7' },
        { role: 'offender', objectValue: '192.0.2.8' },
        { role: 'victim', hostname: 'db.example' },
        { role: null, hostname: 'bystander.example' },
      ],
      mitreTechniques: [{ id: 'T1557' }, { id: 'T1078.004' }],
    })
    expect(ticketTemplateVariables.map((name) => [name, summaryOf(detection, `$${name}`)])).toEqual([
      ['detection_id', '4294967296001'],
      ['external_id', 'sensor-1'],
      ['source', 'sensor-a'],
      ['title', 'Rogue DHCP server'],
      ['type', 'dhcp_rogue'],
      ['risk_score', '83'],
      ['categories', 'sec.lateral, sec'],
      ['offenders', 'evil.example, 192.0.2.8'],
      ['victims', 'db.example'],
      ['techniques', 'T1557, T1078.004'],
      ['url', page],
    ])
  })

  test('expands what the template says, and not what the detection says', () => {
    const detection = sampleDetection({ title: 'Seen at $url by $detection_id, $& and $1' })
    expect(summaryOf(detection, '$title')).toBe('Seen at $url by $detection_id, $& and $1')
  })

  test('leaves alone what is no variable', () => {
    expect(summaryOf(sampleDetection(), '$titles $titled $unknown $ 5$ $title.')).toBe(
      '$titles $titled $unknown $ 5$ Rogue DHCP server.',
    )
  })

  test('fills the strings of further fields, however deep, and nothing else', () => {
    const fields = { impact: { value: '$type' }, list: ['$risk_score', 5, null, true], $title: 'kept' }
    const draft = ticketDraft(sampleDetection({ riskScore: 60 }), mappings({ fields }), key, page)
    expect(draft.fields).toEqual({
      impact: { value: 'dhcp_rogue' },
      list: ['60', 5, null, true],
      $title: 'kept',
    })
  })
})

describe('The summary of a ticket', () => {
  test('is one visible line of at most 500 characters', () => {
    const detection = sampleDetection({ title: `Two\nlines \u202e${'x'.repeat(900)}` })
    const summary = summaryOf(detection, '$title')
    expect(summary).toMatch(/^Two lines x+…$/)
    expect(summary).toHaveLength(500)
  })

  test('is never empty', () => {
    expect(summaryOf(sampleDetection({ title: '\u200b\u200b' }), '$title')).toBe('Detection 4294967296001')
    expect(summaryOf(sampleDetection(), '$victims')).toBe('Detection 4294967296001')
  })
})

describe('The labels of a ticket', () => {
  test('have no spaces, are not empty and do not repeat', () => {
    const labels = ['tripline', 'risk $title', '$risk_score', '$type', '$type']
    expect(ticketText(sampleDetection(), mappings({ labels }), page).labels).toEqual([
      'tripline',
      'risk_Rogue_DHCP_server',
      'dhcp_rogue',
    ])
  })
})

describe('The description of a ticket', () => {
  const describe_ = (detection: Detection, url: string | null = page): string =>
    plainText(ticketText(detection, mappings({}), url).description)

  test('begins with what the sensor says and links back', () => {
    const text = describe_(sampleDetection({ description: 'An **odd** server.', riskScore: 83 }))
    expect(text).toMatch(/^An odd server\.\n\n- Detection: 4294967296001 <https:\/\/tripline/)
    expect(text).toContain('- Risk score: 83')
    expect(describe_(sampleDetection(), null)).toBe('- Detection: 4294967296001')
  })

  test('lists fifty participants and counts the rest', () => {
    const participants = Array.from({ length: 1_000 }, (_, index) => ({
      role: 'victim' as const,
      hostname: `${'h'.repeat(500)}${index}`,
    }))
    const text = describe_(sampleDetection({ participants }))
    expect(text.match(/^- Victim: /gmu)).toHaveLength(50)
    expect(text).toContain('- Participants: 950 more')
    expect(text.length).toBeLessThan(32_000)
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', '/relative'])('does not link to %s', (url) => {
    const { description } = ticketText(sampleDetection({ url }), mappings({}), page)
    expect(JSON.stringify(description)).not.toContain(url)
  })

  test('links to the page of the sensor', () => {
    expect(describe_(sampleDetection({ url: 'https://sensor.example/1' }))).toContain(
      'Open in the sensor <https://sensor.example/1>',
    )
  })
})

describe('The priority of a ticket', () => {
  const priorities = [
    { minRiskScore: 30, priorityId: 'medium' },
    { minRiskScore: 80, priorityId: 'high' },
  ]

  test.each([
    [null, null],
    [29, null],
    [30, 'medium'],
    [79, 'medium'],
    [80, 'high'],
    [99, 'high'],
  ])('for the risk score %s is %s', (riskScore, priority) => {
    const bands = syncMappingsSchema.parse({ priorities })
    expect(ticketText(sampleDetection({ riskScore }), bands, page).priority).toBe(priority)
  })
})
