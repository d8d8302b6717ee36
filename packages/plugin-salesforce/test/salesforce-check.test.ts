import { callOptions, noNeeds } from '@tripline/adapter-testkit'
import type { ConnectionFinding, ConnectionNeeds } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { idOf } from '../src/simulator/index.ts'
import { startSalesforceWorld } from './salesforce-world.ts'

async function problems(
  options: Parameters<typeof startSalesforceWorld>[0],
  change: Parameters<typeof startSalesforceWorld>[1] = {},
  needs: Partial<ConnectionNeeds> = {},
): Promise<readonly ConnectionFinding[]> {
  const org = await startSalesforceWorld(options, change)
  onTestFinished(() => org.close())
  const { findings } = await org.adapter.check({ ...noNeeds, ...needs }, callOptions())
  return findings.filter(({ severity }) => severity !== 'ok')
}

const key = {
  name: 'Tripline_Key__c',
  label: 'Tripline Key',
  type: 'string',
  length: 80,
  externalId: true,
  unique: true,
} as const
const bare = { caseUrlField: undefined, outcomeField: undefined }

describe('check', () => {
  test('finds nothing wrong with an organisation that is set up as it should be', async () => {
    const org = await startSalesforceWorld(
      {},
      { organizationId: idOf('00D', 42), defaultOwnerId: idOf('00G', 1) },
    )
    onTestFinished(() => org.close())
    const report = await org.adapter.check(noNeeds, callOptions())
    expect(report.findings.filter(({ severity }) => severity !== 'ok')).toEqual([])
    expect(report.findings.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([
        'api-version',
        'organization',
        'object:Case',
        'field:Tripline_Key__c',
        'field:Detection_Url__c',
        'field:Outcome__c',
        'object:CaseComment',
        'object:FeedItem',
        'status:open',
        'owner:nobody',
        'limit:requests',
      ]),
    )
    expect(report.account).toEqual({ id: idOf('005', 1), name: 'tripline@acme.example' })
  })

  test('says step by step how the external id field is made', async () => {
    const [finding, ...others] = await problems({ customFields: [] }, bare)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ severity: 'error', subject: 'field:Tripline_Key__c' })
    expect(finding?.remedy).toMatch(/Object Manager, Case, .*Text, length 80.*"Unique" and "External ID"/u)
  })

  test.each([
    ['not unique', { ...key, unique: false }, /not Unique, so that two cases/u],
    ['no external id', { ...key, externalId: false }, /no External ID/u],
    ['too short', { ...key, length: 30 }, /holds 30 characters/u],
    ['a number', { ...key, type: 'int' as const }, /of the type int/u],
    ['read only', { ...key, writable: false }, /cannot be written by us/u],
  ])('finds an external id field that is %s', async (_, field, message) => {
    const findings = await problems({ customFields: [field] }, bare)
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'error', message: expect.stringMatching(message) }),
    ])
  })

  test.each([
    ['field:Detection_Url__c', { hiddenFields: ['Detection_Url__c'] }, {}],
    ['field:Outcome__c', { readOnlyFields: ['Outcome__c'] }, {}],
    ['field:Outcome__c', { hiddenFields: ['Outcome__c'] }, {}],
    ['field:Status', { readOnlyFields: ['Status'] }, {}],
    ['object:Case', { hiddenObjects: ['Case'] }, {}],
    [
      'status:open',
      {
        statuses: [
          { name: 'Neu', isClosed: false },
          { name: 'Zu', isClosed: true },
        ],
      },
      {},
    ],
    ['api-version', {}, { apiVersion: '99.0' }],
    ['organization', {}, { organizationId: idOf('00D', 7) }],
    ['record-type', {}, { recordTypeId: idOf('012', 2) }],
    ['owner:nobody', {}, { defaultOwnerId: idOf('00G', 3) }],
    ['owner:nobody', {}, { defaultOwnerId: idOf('005', 4) }],
  ])('finds what is wrong with %s', async (subject, options, change) => {
    const findings = await problems(options, change)
    expect(findings.filter(({ severity }) => severity === 'error').map((finding) => finding.subject)).toEqual(
      [subject],
    )
    for (const { remedy } of findings) expect(remedy).toMatch(/./u)
  })

  test.each([
    ['object:FeedItem', { hiddenObjects: ['FeedItem'] }, {}],
    ['object:CaseComment', { hiddenObjects: ['CaseComment'] }, {}],
    ['object:CaseHistory', { hiddenObjects: ['CaseHistory'] }, { fieldHistory: true }],
    ['field:Priority', { readOnlyFields: ['Priority'] }, {}],
    ['value:Origin', {}, { origin: 'Carrier pigeon' }],
    ['limit:requests', { requestLimit: 6 }, {}],
    ['status:open', {}, { openStatus: 'Working' }],
  ])('warns of %s', async (subject, options, change) => {
    const findings = await problems(options, change)
    expect(findings.map((finding) => [finding.severity, finding.subject])).toEqual([['warning', subject]])
  })

  test('looks at what the mappings will ask for', async () => {
    const needs: ConnectionNeeds = {
      createFields: ['Origin', 'Sensor__c'],
      outcomes: [{ resolutionId: null, fields: ['Priority', 'CaseNumber'] }],
      accounts: [
        { username: 'maria', accountId: idOf('005', 2) },
        { username: 'kim', accountId: idOf('005', 4) },
        { username: 'triage', accountId: idOf('00G', 1).slice(0, 15) },
        { username: 'typo', accountId: 'nobody' },
      ],
    }
    const findings = await problems({}, {}, needs)
    expect(findings.map(({ subject }) => subject)).toEqual([
      'field:Sensor__c',
      'field:CaseNumber',
      'account:kim',
      'account:typo',
    ])
  })

  test('wants a field for outcomes that are mapped', async () => {
    const outcomes = [{ resolutionId: 'Action taken', fields: [] }]
    const findings = await problems({}, { outcomeField: undefined }, { outcomes })
    expect(findings.map(({ subject }) => subject)).toEqual(['field:outcome'])
  })

  test('names fields that the organisation requires and nobody gives', async () => {
    const required = { name: 'Site__c', label: 'Site', type: 'string', required: true } as const
    const findings = await problems({ customFields: [key, required] }, bare)
    expect(findings).toEqual([
      expect.objectContaining({
        subject: 'field:Site__c',
        message: expect.stringContaining('Site (Site__c) is required'),
      }),
    ])
    expect(await problems({ customFields: [key, required] }, bare, { createFields: ['Site__c'] })).toEqual([])
  })
})
