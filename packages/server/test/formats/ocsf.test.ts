import { readFileSync } from 'node:fs'
import { InvalidInput } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { ocsfFormat } from '../../src/formats/ocsf.ts'

function fixture(name: string): Record<string, unknown> {
  const text = readFileSync(new URL(`../fixtures/ocsf/${name}.json`, import.meta.url), 'utf8')
  return JSON.parse(text) as Record<string, unknown>
}

const least = {
  class_uid: 2004,
  finding_info: { uid: 'f-1', title: 'A finding' },
  time: 1_700_000_000_000,
}

const parse = (changes: Record<string, unknown>) => ocsfFormat.parse({ ...least, ...changes })

function issues(record: unknown) {
  try {
    ocsfFormat.parse(record)
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues
    throw error
  }
  return []
}

describe('the OCSF format', () => {
  test('reads a GuardDuty finding', () => {
    const report = ocsfFormat.parse(fixture('guardduty'))
    expect(report).toMatchObject({
      externalId:
        'arn:aws:guardduty:eu-central-1:111122223333:detector/aaaabbbbccccddddEXAMPLE/finding/0c1d2e3fEXAMPLE',
      preferredId: null,
      title: 'Logging of a trail was disabled.',
      type: 'ttps_defense_evasion_stealth_iamuser_cloudtrailloggingdisabled',
      categories: ['sec', 'sec.attack', 'sec.exploit'],
      riskScore: 25,
      startTime: new Date('2024-03-05T08:05:09Z'),
      endTime: new Date('2024-03-05T08:06:11Z'),
      createTime: new Date('2024-03-05T08:15:22.487Z'),
      updateTime: new Date('2024-03-05T08:20:00Z'),
      tracking: { status: 'open', resolution: null, assignee: null, ticketId: null },
      url: 'https://eu-central-1.console.aws.example.com/guardduty/home?region=eu-central-1#/findings?fId=0c1d',
    })
    expect(report.participants).toEqual([
      expect.objectContaining({
        role: 'offender',
        objectType: 'ipaddr',
        objectValue: '203.0.113.77',
        external: true,
      }),
      expect.objectContaining({
        role: 'victim',
        objectType: null,
        objectValue: 'AWS::IAM::AccessKey:AKIAEXAMPLE',
      }),
    ])
    expect(Object.keys(report.properties).toSorted()).toEqual([
      'cloud',
      'evidences',
      'finding_info',
      'metadata',
      'observables',
      'resources',
      'severity',
      'severity_id',
      'status',
      'unmapped',
    ])
  })

  test('reads a finding that says little', () => {
    const report = ocsfFormat.parse(fixture('identity-provider'))
    expect(report).toMatchObject({
      type: 'security.threat.detected',
      title: 'Login Failures',
      description: 'Request from suspicious actor',
      categories: ['sec'],
      riskScore: null,
      startTime: new Date('2024-08-13T15:58:20Z'),
      endTime: new Date('2024-08-13T15:58:20Z'),
      tracking: null,
    })
    expect(report.participants).toEqual([
      expect.objectContaining({ role: 'offender', objectValue: '10.0.0.17', external: false }),
      expect.objectContaining({ role: 'victim', objectValue: '/app/mail/sso' }),
    ])
  })

  test('reads a finding of an endpoint agent with the incident profile', () => {
    const report = ocsfFormat.parse(fixture('endpoint'))
    expect(report).toMatchObject({
      type: 'kerberos_many_weak_tickets',
      riskScore: 99,
      categories: ['sec', 'sec.attack', 'sec.lateral', 'sec.exploit'],
      startTime: new Date(1767225600000),
      endTime: new Date(1767226200000),
      createTime: new Date(1767225700000),
      updateTime: new Date(1767226260000),
      tracking: { status: 'in_progress', resolution: null, assignee: 'sally', ticketId: 'SEC-118' },
      description:
        'Many service tickets with RC4 were requested.\n\n**Remediation:** Rotate the passwords of the service accounts.\n- <https://kb.example.com/kerberoasting>',
    })
    expect(report.mitreTactics.map(({ id, url }) => [id, url])).toEqual([
      ['TA0008', 'https://attack.mitre.org/tactics/TA0008'],
      ['TA0006', 'https://attack.mitre.org/tactics/TA0006'],
    ])
    expect(report.mitreTechniques.map(({ id, url }) => [id, url])).toEqual([
      ['T1558', 'https://attack.mitre.org/techniques/T1558'],
      ['T1558.003', 'https://attack.mitre.org/versions/v15/techniques/T1558/003/'],
    ])
    expect(
      report.participants.map(({ role, hostname, objectValue, username }) => [
        role,
        hostname,
        objectValue,
        username,
      ]),
    ).toEqual([
      ['offender', null, null, 'mia'],
      [null, 'ws-114.example.com', '10.20.3.114', null],
      ['offender', 'ws-114.example.com', '10.20.3.114', 'mia'],
      ['victim', 'dc1.example.com', '10.20.0.5', null],
      ['victim', null, '198.51.100.23', null],
      [null, null, null, 'svc-backup'],
    ])
    expect(report.properties['finding_info']).toEqual({
      analytic: { name: 'Kerberos: Many Weak Tickets', type_id: 1, uid: 'RULE-77' },
      attacks: expect.any(Array),
      kill_chain: [{ phase: 'Exploitation', phase_id: 4 }],
      product_uid: 'edr-1',
      tags: [{ name: 'team', value: 'blue' }],
    })
  })

  test.each([
    [{ severity_id: 0 }, null],
    [{ severity_id: 1 }, 10],
    [{ severity_id: 2 }, 25],
    [{ severity_id: 3 }, 50],
    [{ severity_id: 4 }, 80],
    [{ severity_id: 5 }, 90],
    [{ severity_id: 6 }, 99],
    [{ severity_id: 99, severity: 'Odd' }, null],
    [{ severity: 'High' }, 80],
    [{ severity_id: 2, risk_score: 77 }, 77],
    [{ severity_id: 2, risk_score: 0 }, 1],
    [{ severity_id: 2, risk_score: 850 }, 25],
    [{ severity_id: 0, risk_level_id: 4 }, 90],
    [{ risk_level_id: 0 }, 10],
  ])('scores %j as %j', (changes, score) => {
    expect(parse(changes).riskScore).toBe(score)
  })

  test.each([
    [{ status_id: 1 }, 'open', null],
    [{ status_id: 2 }, 'in_progress', null],
    [{ status_id: 3 }, 'closed', 'no_action_taken'],
    [{ status_id: 4 }, 'closed', 'action_taken'],
    [{ status_id: 5 }, 'closed', null],
    [{ status_id: 5, verdict_id: 1 }, 'closed', 'no_action_taken'],
    [{ status_id: 6 }, 'closed', 'no_action_taken'],
    [{ status: 'Resolved' }, 'closed', 'action_taken'],
    [{ activity_id: 3 }, 'closed', null],
    [{ activity_id: 3, status_id: 1, verdict_id: 2 }, 'closed', 'action_taken'],
    [{ status_id: 0, assignee: { email_addr: 'a@example.com' } }, 'open', null],
    [{ status_id: 99, ticket: { uid: 'T-1' } }, 'open', null],
  ])('reads %j as %s with %j', (changes, status, resolution) => {
    expect(parse(changes).tracking).toMatchObject({ status, resolution })
  })

  test('says nothing of the tracking when the finding says nothing of it', () => {
    for (const changes of [{}, { status_id: 0 }, { status_id: 99, status: 'weird' }, { activity_id: 1 }]) {
      expect(parse(changes).tracking).toBeNull()
    }
  })

  test.each([
    [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    [1_700_000_000_123_456, '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_000_000, '2023-11-14T22:13:20.123Z'],
    ['1700000000000', '2023-11-14T22:13:20.000Z'],
    ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.000Z'],
  ])('takes the time %j for %s', (time, iso) => {
    expect(parse({ time }).startTime.toISOString()).toBe(iso)
  })

  test.each([
    ['2024-09-10T23:20:50.520Z', '2024-09-10T23:20:50.520Z'],
    ['2024-09-10 23:20:50.520789Z', '2024-09-10T23:20:50.520Z'],
    ['2024-09-10T23:20:50', '2024-09-10T23:20:50.000Z'],
    ['2024-09-11t01:20:50+02:00', '2024-09-10T23:20:50.000Z'],
    ['soon', '2023-11-14T22:13:20.000Z'],
  ])('takes time_dt %j for %s', (timeText, iso) => {
    expect(parse({ time_dt: timeText }).startTime.toISOString()).toBe(iso)
  })

  test('never ends before it begins', () => {
    const report = parse({ start_time: 1_700_000_500_000, end_time: 1_700_000_400_000 })
    expect(report.endTime).toEqual(report.startTime)
  })

  test.each([
    [{ class_uid: 2002, class_name: 'Vulnerability Finding' }, 'is 2002 (Vulnerability Finding); only'],
    [{ class_uid: 1001 }, 'is 1001; only'],
    [
      { class_uid: undefined, class_name: 'Process Activity' },
      'is missing, and class_name is "Process Activity"',
    ],
    [{ class_uid: undefined }, 'is missing; only'],
  ])('refuses %j, another class', (changes, message) => {
    expect(issues({ ...least, ...changes })).toEqual([
      { path: 'class_uid', message: expect.stringContaining(message) },
    ])
  })

  test('knows the class by its name when the number is missing', () => {
    expect(parse({ class_uid: undefined, class_name: 'Detection Finding' }).title).toBe('A finding')
  })

  test('names what is wrong by its place in the event', () => {
    expect(issues({ class_uid: 2004 })).toEqual([
      { path: 'finding_info', message: 'is missing' },
      { path: 'time', message: expect.stringContaining('is missing or no time') },
    ])
    expect(issues({ ...least, finding_info: { uid: 2 ** 60 } })).toEqual([
      { path: 'finding_info.uid', message: expect.stringContaining('write the uid as a string') },
    ])
    const long = 'x'.repeat(2_000)
    expect(
      issues({
        ...least,
        finding_info: { uid: 'f', title: long, attacks: [{ technique: { uid: long } }] },
        evidences: [{}, { dst_endpoint: { hostname: long, ip: '192.0.2.1' } }],
      }).map(({ path }) => path),
    ).toEqual([
      'finding_info.title',
      'evidences.1.dst_endpoint.hostname',
      'finding_info.attacks.0.technique.uid',
    ])
    for (const record of [null, 7, 'x', []])
      expect(issues(record)).toEqual([{ path: '', message: 'must be an object' }])
  })

  test('takes a finding whatever its further members are', () => {
    for (const odd of [null, 0, 'x', [], [null, 1, [[]]], {}, { uid: {} }]) {
      const names = [
        'evidences',
        'resources',
        'observables',
        'attacks',
        'actor',
        'device',
        'metadata',
        'remediation',
        'severity_id',
        'status_id',
        'assignee',
        'tickets',
        'risk_score',
        'unmapped',
      ]
      const report = parse(Object.fromEntries(names.map((name) => [name, odd])))
      expect(report.externalId).toBe('f-1')
    }
  })

  test.each([
    [{ technique: { uid: 'T1496.001' } }, 'sec.cryptomining'],
    [{ technique: { uid: 'T1486' } }, 'sec.ransomware'],
    [{ tactic: { name: 'Command and Control' } }, 'sec.command'],
    [{ tactics: [{ uid: 'TA0010' }] }, 'sec.exfil'],
  ])('puts %j into %s', (attack, category) => {
    expect(parse({ attacks: [attack] }).categories).toEqual(['sec', 'sec.attack', category])
  })
})
