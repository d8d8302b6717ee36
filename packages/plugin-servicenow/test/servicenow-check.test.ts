import { callOptions, noNeeds } from '@tripline/adapter-testkit'
import type { ConnectionFinding, ConnectionNeeds } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ServiceNowSimulatorOptions, sysIdOf } from '../src/simulator/index.ts'
import { startServiceNowWorld } from './servicenow-world.ts'

async function problems(
  options: ServiceNowSimulatorOptions = {},
  change: Record<string, unknown> = {},
  needs: ConnectionNeeds = noNeeds,
): Promise<readonly ConnectionFinding[]> {
  const world = await startServiceNowWorld(options, { closeCode: 'User error', ...change })
  onTestFinished(() => world.close())
  world.servicenow.createIncidentAsPerson({ short_description: 'By hand', work_notes: 'A note' })
  const before = world.servicenow.incidents().map((record) => ({ ...record }))
  const { findings } = await world.adapter.check(needs, callOptions())
  expect(world.servicenow.incidents()).toEqual(before)
  expect(findings.every(({ remedy, severity }) => (severity === 'ok') === (remedy === null))).toBe(true)
  return findings.filter(({ severity }) => severity !== 'ok')
}

const caller = { callerId: sysIdOf('sys_user', 5) }

describe('a check', () => {
  test('finds nothing to do on an instance that is set up', async () => {
    const change = { ...caller, assignmentGroup: sysIdOf('sys_user_group', 1), history: true }
    const outcomes = [{ resolutionId: 'Solution provided', fields: ['close_notes', 'category'] }]
    const accounts = [{ username: 'mara', accountId: sysIdOf('sys_user', 2) }]
    expect(await problems({}, change, { createFields: ['category'], outcomes, accounts })).toEqual([])
  })

  test('says who we are', async () => {
    const world = await startServiceNowWorld()
    onTestFinished(() => world.close())
    const report = await world.adapter.check(noNeeds, callOptions())
    expect(report.account).toEqual({ id: sysIdOf('sys_user', 1), name: 'tripline.integration' })
    expect(report.product).toBe(`ServiceNow (${new URL(world.servicenow.url).host})`)
  })

  test.each([
    ['incident', 'error', 'table:incident', /sn_incident_read/u],
    ['sys_journal_field', 'warning', 'table:sys_journal_field', /read ACL on sys_journal_field/u],
    ['sys_dictionary', 'warning', 'table:sys_dictionary', /personalize_dictionary/u],
    ['sys_choice', 'error', 'table:sys_choice', /read access to sys_choice/u],
    ['sys_user', 'warning', 'account', /read access to sys_user/u],
    ['sys_audit', 'error', 'table:sys_audit', /turn the history off/u],
  ])(
    'says what to do where %s is hidden, as a table or row by row',
    async (table, severity, subject, remedy) => {
      for (const options of [{ hiddenTables: [table] }, { hiddenRows: (name: string) => name === table }]) {
        const found = await problems(options, { history: true })
        expect(found).toContainEqual({
          severity,
          subject,
          message: expect.any(String),
          remedy: expect.stringMatching(remedy),
        })
      }
    },
  )

  test('says that some incidents are hidden', async () => {
    const hiddenRows = (table: string, row: { readonly number?: string }) =>
      table === 'incident' && row.number === 'INC0010002'
    const world = await startServiceNowWorld({ hiddenRows })
    onTestFinished(() => world.close())
    for (const title of ['One', 'Two', 'Three'])
      world.servicenow.createIncidentAsPerson({ short_description: title })
    const { findings } = await world.adapter.check(noNeeds, callOptions())
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        subject: 'table:incident',
        message: expect.stringContaining('Of the oldest 3 incidents, access rules keep 1 from us'),
      }),
    )
  })

  test('names columns that are too short, and what happens then', async () => {
    const lengths = { correlation_id: 40, short_description: 120, description: 1_000 }
    const found = await problems({ lengths }, caller)
    expect(found.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual([
      'error field:correlation_id',
      'warning field:short_description',
      'warning field:description',
    ])
    expect(found[1]?.message).toContain('holds 120 characters, and up to 160 will be written')
  })

  test('names mandatory columns without a value', async () => {
    const customColumns = [
      { name: 'u_source', label: 'Source', type: 'string', mandatory: true },
      { name: 'u_region', label: 'Region', type: 'string', mandatory: true, initial: 'EMEA' },
    ] as const
    const found = await problems({ customColumns })
    expect(found.map(({ subject }) => subject)).toEqual(['field:u_source', 'field:caller_id'])
    expect(found.map(({ remedy }) => remedy)).toEqual([
      "Map a value for u_source in template.fields of the connection's mappings.",
      'Name a caller in the settings.',
    ])
    expect(await problems({ customColumns }, caller, { ...noNeeds, createFields: ['u_source'] })).toEqual([])
  })

  test('names states, codes and priorities that do not exist, and those that do', async () => {
    const change = {
      ...caller,
      openStates: ['1', '10'],
      doneStates: ['6', '-5'],
      stateFields: { '33': { u_reason: '1' } },
      priorities: { '1': { impact: '1', urgency: '9' } },
      closeCode: 'Solved (Permanently)',
    }
    const outcomes = [{ resolutionId: 'False positive', fields: [] }]
    const found = await problems({}, change, { ...noNeeds, outcomes })
    expect(found.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual([
      'error field:u_reason',
      'error state:10',
      'error state:-5',
      'error state:33',
      'error close_code:False positive',
      'error close_code:Solved (Permanently)',
      'warning priority:1',
    ])
    expect(found[1]?.remedy).toContain('1 (New), 2 (In Progress)')
    expect(found[4]?.remedy).toContain('Solution provided')
  })

  test('says that closing without an outcome needs a code', async () => {
    expect(await problems({}, { ...caller, closeCode: undefined })).toEqual([
      expect.objectContaining({ severity: 'warning', subject: 'close_code' }),
    ])
  })

  test('names groups and people that are gone or not active', async () => {
    const change = { callerId: sysIdOf('sys_user', 4), assignmentGroup: sysIdOf('sys_user_group', 3) }
    const accounts = [
      { username: 'kim', accountId: sysIdOf('sys_user', 4) },
      { username: 'nobody', accountId: sysIdOf('sys_user', 99) },
      { username: 'wrong', accountId: 'mlindqvist' },
    ]
    const found = await problems({}, change, { ...noNeeds, accounts })
    expect(found.map(({ message, subject }) => `${subject}: ${message}`)).toEqual([
      expect.stringMatching(/^assignment_group: .*Old Desk, which is not active/u),
      expect.stringMatching(/^caller: .*kgone, who is not active/u),
      expect.stringMatching(/^account:kim: .*kgone, who is not active/u),
      expect.stringMatching(/^account:nobody: .*no user that we may see/u),
      expect.stringMatching(/^account:wrong: mlindqvist, wrong, .*no user that we may see/u),
    ])
  })
})

describe('a description', () => {
  test('has the states of incidents and not of tasks, in one language', async () => {
    const world = await startServiceNowWorld({}, { language: 'de' })
    onTestFinished(() => world.close())
    const description = await world.adapter.describe?.(callOptions())
    expect(description?.statuses.map(({ category, id, name }) => `${id} ${name} ${category}`)).toEqual([
      '1 New (de) open',
      '2 In Progress (de) active',
      '3 On Hold (de) active',
      '6 Resolved (de) done',
      '7 Closed (de) done',
      '8 Canceled (de) done',
    ])
    expect(description?.priorities).toHaveLength(5)
    expect(description?.resolutions).toHaveLength(10)
  })
})
