import { callOptions, noNeeds } from '@tripline/adapter-testkit'
import type { ConnectionFinding, ConnectionNeeds } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { type Deployment, type JiraWorld, startedWorld, through } from './jira-world.ts'

const deployments: readonly Deployment[] = ['cloud', 'data-center']
const detectionId = { id: 'customfield_10050', name: 'Detection ID', type: 'text' } as const

async function findings(
  { adapter }: Pick<JiraWorld, 'adapter'>,
  needs: Partial<ConnectionNeeds> = {},
): Promise<readonly ConnectionFinding[]> {
  const report = await adapter.check({ ...noNeeds, ...needs }, callOptions())
  for (const { severity, remedy } of report.findings) expect(remedy === null).toBe(severity === 'ok')
  return report.findings
}

async function problems(...args: Parameters<typeof findings>): Promise<readonly string[]> {
  return (await findings(...args))
    .filter(({ severity }) => severity !== 'ok')
    .map(({ severity, subject }) => `${severity} ${subject}`)
}

async function found(
  subject: string,
  ...args: Parameters<typeof findings>
): Promise<ConnectionFinding | undefined> {
  return (await findings(...args)).find((finding) => finding.subject === subject)
}

describe.each(deployments)('check on %s', (deployment) => {
  test('names the product and us', async () => {
    const site = await startedWorld(deployment)
    const report = await site.adapter.check(noNeeds, callOptions())
    expect(report.product).toMatch(deployment === 'cloud' ? /^Jira Cloud \d/u : /^Jira Data Center \d/u)
    expect(report.account?.name).toBe(deployment === 'cloud' ? 'Tripline' : 'tripline')
    expect(await problems(site)).toEqual([])
  })

  test('finds every missing permission', async () => {
    const site = await startedWorld(deployment)
    site.jira.user('tripline').permissions = [
      'BROWSE_PROJECTS',
      'CREATE_ISSUES',
      'ADD_COMMENTS',
      'RESOLVE_ISSUES',
    ]
    expect(await problems(site)).toEqual([
      'error permission:EDIT_ISSUES',
      'error permission:TRANSITION_ISSUES',
      'error permission:ASSIGN_ISSUES',
      'warning permission:LINK_ISSUES',
    ])
  })

  test('finds fields that are missing on the screen, and fields that would be missing in a create', async () => {
    const site = await startedWorld(deployment, {
      offScreen: ['labels', 'priority'],
      customFields: [{ id: 'customfield_10050', name: 'Detection ID', type: 'text', required: true }],
    })
    expect(await problems(site)).toEqual([
      'error field:labels',
      'warning field:priority',
      'error field:customfield_10050',
    ])
  })

  test('finds a project and an issue type that do not exist', async () => {
    expect(await problems(await startedWorld(deployment, {}, { projectKey: 'NONE' }))).toEqual([
      'error project:NONE',
    ])
    expect(await problems(await startedWorld(deployment, {}, { issueType: 'Saga' }))).toEqual([
      'error issue-type:Saga',
    ])
    expect(await problems(await startedWorld(deployment, {}, { issueType: '10002' }))).toEqual([])
  })
})

describe.each(deployments)('a check of what is created on %s', (deployment) => {
  test('takes a required field that is mapped for given', async () => {
    const site = await startedWorld(deployment, { customFields: [{ ...detectionId, required: true }] })
    expect(await problems(site)).toEqual(['error field:customfield_10050'])
    expect(await problems(site, { createFields: ['customfield_10050'] })).toEqual([])
  })

  test('names a mapped field that the create screen does not have', async () => {
    const site = await startedWorld(deployment)
    const needs = { createFields: ['customfield_10050', 'customfield_99999'] }
    expect(await problems(site, needs)).toEqual(['error field:customfield_99999'])
    const finding = await found('field:customfield_99999', site, needs)
    expect(finding?.message).toMatch(/customfield_99999 is mapped.*create screen of Task/u)
    expect(finding?.remedy).toContain('customfield_99999')
  })
})

describe.each(deployments)('a check of mapped accounts on %s', (deployment) => {
  const idOf = (site: JiraWorld, name: string): string => {
    const user = site.jira.user(name)
    return deployment === 'cloud' ? user.accountId : user.name
  }

  test('finds those that are missing, deactivated or not assignable, and says whom they are mapped from', async () => {
    const site = await startedWorld(deployment)
    const accounts = [
      { username: 'maria', accountId: idOf(site, 'mlindqvist') },
      { username: 'olga', accountId: idOf(site, 'oldhand') },
      { username: 'audit', accountId: idOf(site, 'auditor') },
      { username: 'nobody', accountId: 'nobody-has-this-id' },
    ]
    const all = (await findings(site, { accounts })).filter(({ subject }) => subject.startsWith('account:'))
    expect(all.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual([
      'ok account:maria',
      'error account:olga',
      'error account:audit',
      'error account:nobody',
    ])
    const [, olga, audit, nobody] = all
    expect(olga?.message).toContain('deactivated')
    expect(audit?.remedy).toContain('Assignable User')
    expect(nobody?.message).toMatch(/nobody is mapped to nobody-has-this-id/u)
  })

  test('does without the permission to see users', async () => {
    const site = await startedWorld(deployment)
    site.faults.add({ kind: 'server-error', status: 403, path: '/rest/api/:version/user', times: 9 })
    const accounts = [{ username: 'nobody', accountId: 'nobody-has-this-id' }]
    expect(await problems(site, { accounts })).toEqual(['error account:nobody'])
  })

  test('finds each of many', async () => {
    const users = [
      { name: 'tripline', displayName: 'Tripline', token: 'tok-5ecret-0f-tripline' },
      { name: 'mlindqvist', displayName: 'Maria Lindqvist' },
      ...Array.from({ length: 23 }, (_, index) => ({
        name: `person${index}`,
        displayName: `Person ${index}`,
      })),
    ]
    const site = await startedWorld(deployment, { users })
    const accounts = users.slice(2).map(({ name }) => ({ username: name, accountId: idOf(site, name) }))
    expect(await problems(site, { accounts })).toEqual([])
  })
})

describe.each(deployments)('a check of how tickets are closed on %s', (deployment) => {
  const without = { resolutionId: null, fields: [] }
  const resolved = { resolutionId: '10001', fields: [] }

  test('says that it cannot look where no issue exists', async () => {
    const site = await startedWorld(deployment)
    site.jira.createIssueAsPerson({ issuetype: { name: 'Bug' } })
    site.jira.createIssueAsPerson({ project: { key: 'NET' } })
    const finding = await found('transitions', site, { outcomes: [without] })
    expect(finding).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/no Task in SEC yet/u),
    })
  })

  test('finds a required resolution that no outcome gives, or not all do', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'required' })
    site.jira.createIssueAsPerson({})
    expect(await problems(site, { outcomes: [without, without] })).toEqual(['error transition:41:resolution'])
    expect(await problems(site, { outcomes: [resolved, without] })).toEqual([
      'warning transition:41:resolution',
    ])
    expect(await problems(site, { outcomes: [resolved] })).toEqual([])
    const finding = await found('transition:41:resolution', site, { outcomes: [without] })
    expect(finding?.message).toMatch(/transition Done to Done requires Resolution \(resolution\)/u)
    expect(finding?.remedy).toMatch(/Map a resolution/u)
  })

  test('finds required fields by their own names', async () => {
    const site = await startedWorld(deployment, {
      transitions: [
        {
          id: '41',
          name: 'Close',
          from: 'any',
          to: '10002',
          screen: ['customfield_10050', 'resolution'],
          required: ['customfield_10050'],
          setsResolution: null,
        },
      ],
    })
    site.jira.createIssueAsPerson({})
    const given = { resolutionId: null, fields: ['customfield_10050'] }
    expect(await problems(site, { outcomes: [resolved] })).toEqual(['error transition:41:customfield_10050'])
    expect(await problems(site, { outcomes: [given] })).toEqual([])
  })

  test('finds a mapped resolution and mapped fields that no screen has', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'absent' })
    site.jira.createIssueAsPerson({})
    const outcomes = [{ resolutionId: '10001', fields: ['customfield_10050'] }]
    expect(await problems(site, { outcomes })).toEqual([
      'warning transition:resolution',
      'error transition:customfield_10050',
    ])
  })

  test('looks at an open issue before a later one that is done', async () => {
    const plain = { screen: [], required: [], setsResolution: null }
    const site = await startedWorld(deployment, {
      transitions: [
        { id: '41', name: 'Done', from: ['10000'], to: '10002', ...plain },
        { id: '51', name: 'Reopen', from: ['10002'], to: '10000', ...plain },
      ],
    })
    const open = site.jira.createIssueAsPerson({})
    const { id } = site.jira.createIssueAsPerson({})
    site.jira.transitionAsPerson(id, 'Done')
    const needs = { outcomes: [without] }
    expect(await found('transitions', site, needs)).toMatchObject({
      severity: 'ok',
      message: expect.stringContaining(open.key),
    })
    site.jira.deleteIssue(open.id)
    expect(await problems(site, needs)).toEqual(['warning transitions'])
  })
})

describe('a check of the personal access token', () => {
  const now = new Date('2026-06-01T12:00:00Z')
  const inDays = (days: number): Date => new Date(now.getTime() + days * 86_400_000)
  const subject = 'credentials:expiry'

  async function site(expiresAt: Date | null, others: readonly (Date | null)[] = []): Promise<JiraWorld> {
    const started = await startedWorld('data-center', { now: () => now })
    const user = started.jira.user('tripline')
    user.tokenExpiresAt = expiresAt
    user.otherTokens = others.map((at, index) => ({ name: `other ${index}`, expiresAt: at }))
    return started
  }

  test.each([
    [null, [], 'ok'],
    [inDays(15), [], 'ok'],
    [inDays(13), [], 'warning'],
    [inDays(1), [], 'warning'],
    [inDays(300), [inDays(-3)], 'ok'],
    [inDays(300), [inDays(3)], 'warning'],
  ] as const)('that expires at %s beside others at %s: %s', async (expiresAt, others, severity) => {
    expect(await found(subject, await site(expiresAt, others))).toMatchObject({ severity })
  })

  test('names the day, and that another token may be meant', async () => {
    const one = await found(subject, await site(inDays(3)))
    expect(one?.message).toBe('The personal access token Tripline expires on 2026-06-04.')
    const several = await found(subject, await site(null, [inDays(3)]))
    expect(several?.message).toContain('one of 2 that the account has')
    expect(several?.remedy).toMatch(/^If it is the one in the settings/u)
  })

  test('says when it has expired although Jira still takes it', async () => {
    const world = await site(inDays(3))
    const late = through(
      world,
      (_, answer) => answer(),
      () => inDays(4),
    )
    expect(await found(subject, { adapter: late })).toMatchObject({ severity: 'error' })
  })

  test('is a warning where Jira does not tell', async () => {
    const world = await site(null)
    world.faults.add({ kind: 'server-error', status: 404, path: '/rest/pat/latest/tokens' })
    expect(await found(subject, world)).toMatchObject({ severity: 'warning' })
  })

  test('is left out where there is none', async () => {
    expect(await found(subject, await startedWorld('cloud'))).toBeUndefined()
    const login = { personalAccessToken: undefined, username: 'tripline', password: 'tok-5ecret-0f-tripline' }
    expect(await found(subject, await startedWorld('data-center', {}, login))).toBeUndefined()
  })
})

describe.each(deployments)('a description on %s', (deployment) => {
  const types = [
    { id: '10001', name: 'Task', description: '', statuses: ['10000', '3', '10002'] },
    { id: '10002', name: 'Bug', description: '', statuses: ['10000', '10001', '10002'] },
  ]

  test('has the statuses of the issue type alone', async () => {
    for (const [issueType, ids] of [
      ['task', ['10000', '3', '10002']],
      ['10002', ['10000', '10001', '10002']],
    ] as const) {
      const site = await startedWorld(deployment, { issueTypes: types }, { issueType })
      const description = await site.adapter.describe?.(callOptions())
      expect(description?.statuses.map(({ id }) => id)).toEqual(ids)
    }
  })

  test('of an issue type that does not exist is refused', async () => {
    const site = await startedWorld(deployment, {}, { issueType: 'Saga' })
    await expect(site.adapter.describe?.(callOptions())).rejects.toThrow('SEC has no issue type Saga')
  })
})
