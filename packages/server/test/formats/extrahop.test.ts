import { readFileSync } from 'node:fs'
import { InvalidInput } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { extrahopFormat } from '../../src/formats/extrahop.ts'

const fixture = (): Record<string, unknown> =>
  JSON.parse(
    readFileSync(new URL('../fixtures/extrahop/expiring-certificate.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>

const parse = (changes: Record<string, unknown> = {}) => extrahopFormat.parse({ ...fixture(), ...changes })

function issues(changes: Record<string, unknown>) {
  try {
    parse(changes)
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues
    throw error
  }
  return []
}

describe('the ExtraHop format', () => {
  test('reads a detection of the REST API', () => {
    expect(parse()).toEqual({
      externalId: '25769804127',
      preferredId: '25769804127',
      title: 'Expiring Certificate',
      description:
        '[dc1.example.com](https://sensor.example.com/extrahop/#/metrics/devices/ab12.25769803777/overview?from=1) sent a certificate that expires soon. See [the guide](https://docs.example.com/#/tls).',
      type: 'expiring_cert_individual',
      categories: ['sec', 'sec.hardening'],
      riskScore: 15,
      startTime: new Date(1750935450304),
      endTime: null,
      createTime: new Date(1750935466182),
      updateTime: new Date(1751347620747),
      participants: [
        {
          id: 7121,
          role: 'offender',
          objectType: 'device',
          objectId: '25769803777',
          objectValue: '192.0.2.10',
          hostname: 'dc1.example.com',
          external: false,
          endpoint: 'server',
          username: null,
          scannerService: null,
          usernames: [],
          origins: [],
        },
        {
          id: 7122,
          role: null,
          objectType: null,
          objectId: '12',
          objectValue: null,
          hostname: null,
          external: false,
          endpoint: null,
          username: null,
          scannerService: null,
          usernames: [],
          origins: [],
        },
      ],
      properties: { certificate: 'CN=dc1.example.com', expires_at: 1752000000000 },
      mitreTactics: [
        { id: 'TA0007', name: 'Discovery', url: 'https://attack.mitre.org/tactics/TA0007', legacyIds: [] },
      ],
      mitreTechniques: [
        {
          id: 'T1087',
          name: 'Account Discovery',
          url: 'https://attack.mitre.org/techniques/T1087',
          legacyIds: ['T1087'],
        },
      ],
      applianceId: 6,
      isUserCreated: false,
      recommended: false,
      recommendedFactors: [],
      url: 'https://sensor.example.com/extrahop/#/detections/detail/25769804127/?from=1750934550&until=1751348520&interval_type=DT',
      tracking: { status: 'open', resolution: null, assignee: null, ticketId: null },
    })
  })

  test('needs no more than an id, a title, a type and a beginning', () => {
    const report = extrahopFormat.parse({ id: 7, title: 'Old', type: 'custom.old', start_time: 1000 })
    expect(report).toMatchObject({ externalId: '7', riskScore: null, participants: [], tracking: null })
    expect(report.updateTime).toEqual(new Date(1000))
  })

  test('takes the end, else the beginning, for an update time that is absent', () => {
    expect(parse({ update_time: undefined, end_time: 1750935460000 }).updateTime).toEqual(
      new Date(1750935460000),
    )
    expect(parse({ update_time: undefined }).updateTime).toEqual(new Date(1750935450304))
  })

  test.each([
    ['new', null, 'new', null, {}],
    ['closed', 'action_taken', 'closed', 'action_taken', {}],
    ['in_progress', 'action_taken', 'in_progress', null, {}],
    [
      'closed',
      'malicious_true_positive',
      'closed',
      'action_taken',
      { extrahop_resolution: 'malicious_true_positive' },
    ],
    [
      'closed',
      'benign_true_positive',
      'closed',
      'no_action_taken',
      { extrahop_resolution: 'benign_true_positive' },
    ],
    ['closed', 'false_positive', 'closed', 'no_action_taken', { extrahop_resolution: 'false_positive' }],
    ['closed', 'constructor', 'closed', null, { extrahop_resolution: 'constructor' }],
    ['paused', null, 'open', null, { extrahop_status: 'paused' }],
  ])('reads status %j and resolution %j as %s and %j', (status, resolution, ours, outcome, kept) => {
    const report = parse({ status, resolution, assignee: 'sally', ticket_id: 'TK-1', properties: { a: 1 } })
    expect(report.tracking).toEqual({
      status: ours,
      resolution: outcome,
      assignee: 'sally',
      ticketId: 'TK-1',
    })
    expect(report.properties).toEqual({ a: 1, ...kept })
  })

  test('leaves console links alone when the address of the console is not known', () => {
    for (const url of [undefined, null, '/extrahop/#/detections', 'javascript:alert(1)']) {
      expect(parse({ url, description: '[a](#/b)' }).description).toBe('[a](#/b)')
    }
  })

  test('names what is wrong by its place in the record', () => {
    expect(issues({ start_time: 'yesterday', title: undefined })).toEqual([
      { path: 'title', message: expect.stringContaining('expected string') },
      { path: 'start_time', message: expect.stringContaining('expected number') },
    ])
    expect(issues({ risk_score: 120 })).toEqual([{ path: 'risk_score', message: expect.any(String) }])
    expect(issues({ participants: [{ id: 1, scanner_service: 'x'.repeat(600) }] })).toEqual([
      { path: 'participants.0.scanner_service', message: expect.any(String) },
    ])
    expect(issues({ ticket_id: 'x'.repeat(501) })).toEqual([
      { path: 'ticket_id', message: expect.any(String) },
    ])
    expect(() => extrahopFormat.parse(null)).toThrow(InvalidInput)
    expect(() => extrahopFormat.parse([])).toThrow(InvalidInput)
  })

  test('refuses ids that a JSON number has rounded', () => {
    expect(issues({ id: Number('9223372036854775807') })).toEqual([
      { path: 'id', message: expect.stringContaining('write the id as a string') },
    ])
    expect(issues({ participants: [{ object_id: 2 ** 60 }] })).toEqual([
      { path: 'participants.0.object_id', message: expect.stringContaining('write the id as a string') },
    ])
    expect(parse({ id: '9223372036854775807' }).preferredId).toBe('9223372036854775807')
  })
})
