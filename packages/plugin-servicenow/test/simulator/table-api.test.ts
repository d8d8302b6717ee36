import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type IncidentSave,
  type ServiceNowSimulator,
  type ServiceNowSimulatorOptions,
  startServiceNowSimulator,
  sysIdOf,
} from '../../src/simulator/index.ts'

interface Asked {
  readonly status: number
  readonly result: unknown
  readonly error: unknown
  readonly headers: Headers
}

interface Running {
  readonly servicenow: ServiceNowSimulator
  /** Asks the API as the integration does. */
  readonly ask: (
    method: string,
    path: string,
    query?: Record<string, string>,
    body?: unknown,
  ) => Promise<Asked>
}

async function running(options: ServiceNowSimulatorOptions = {}): Promise<Running> {
  const servicenow = await startServiceNowSimulator(options)
  onTestFinished(() => servicenow.close())
  return {
    servicenow,
    async ask(method, path, query = {}, body) {
      const url = `${servicenow.url}/api/now/table/${path}?${new URLSearchParams(query).toString()}`
      const answer = await fetch(url, {
        method,
        headers: { 'x-sn-apikey': servicenow.login.apiKey, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const { error, result } = (await answer.json()) as { result?: unknown; error?: unknown }
      return { status: answer.status, result, error, headers: answer.headers }
    },
  }
}

describe('a list', () => {
  const numbers = ({ result }: Asked): readonly unknown[] =>
    (result as readonly { number: string }[]).map(({ number }) => number.slice(-1))

  test.each([
    ['state=2', ['2', '4']],
    ['state!=2^ORDERBYDESCnumber', ['3', '1']],
    ['stateIN2,3^short_descriptionLIKEThird', ['3']],
    ['state=2^short_description=second', ['2']],
    ['short_description=First^ORshort_description=Second^state=2', ['2']],
    ['short_description=First^NQstate=3', ['1', '3']],
    ['state>2', ['3']],
    ['state>=2^state<3', ['2', '4']],
    ['category=a^^b', ['4']],
    ['category=a^b', ['1', '3']],
    ['nonsense=1', ['1', '2', '3', '4']],
    ['nonsense=1^state=3', ['3']],
    ['short_descriptionSTARTSWITHf^ORDERBYDESCnumber', ['4', '1']],
    ['close_codeISNOTEMPTY', []],
  ])('by %s', async (query, expected) => {
    const { ask, servicenow } = await running()
    for (const [short_description, state, category] of [
      ['First', '1', 'a'],
      ['Second', '2', 'b'],
      ['Third', '3', 'a'],
      ['Fourth', '2', 'a^b'],
    ] as const) {
      servicenow.createIncidentAsPerson({ short_description, state, category })
    }
    expect(numbers(await ask('GET', 'incident', { sysparm_query: query, sysparm_fields: 'number' }))).toEqual(
      expected,
    )
  })

  test('counts rows before access rules hide them', async () => {
    const { ask, servicenow } = await running({ hiddenRows: (_, row) => row['state'] === '1' })
    servicenow.createIncidentAsPerson({ short_description: 'One' })
    servicenow.createIncidentAsPerson({ short_description: 'Two', state: '2' })
    const all = await ask('GET', 'incident', { sysparm_fields: 'number' })
    expect(all.headers.get('x-total-count')).toBe('2')
    expect(numbers(all)).toEqual(['2'])
    const id = servicenow.incidents()[0]?.['sys_id'] ?? ''
    expect(await ask('GET', `incident/${id}`)).toMatchObject({
      status: 404,
      error: { message: 'No Record found' },
    })
  })
})

describe('a record', () => {
  test('is made with the columns there are, cut to their length, and answered with its place', async () => {
    const { ask, servicenow } = await running()
    const body = {
      short_description: 'x'.repeat(200),
      u_nothing: '1',
      impact: '1',
      urgency: 1,
      state: 'nonsense',
      assigned_to: 'Maria Lindqvist',
    }
    const { headers, result, status } = await ask('POST', 'incident', {}, body)
    expect(status).toBe(201)
    const { sys_id: id = '' } = result as Record<string, string>
    expect(headers.get('location')).toBe(`/api/now/table/incident/${id}`)
    const record = servicenow.incident(id)
    expect(record).toMatchObject({
      priority: '1',
      state: '1',
      sys_mod_count: '0',
      assigned_to: sysIdOf('sys_user', 2),
    })
    expect(record?.['short_description']).toHaveLength(160)
    expect(record).not.toHaveProperty('u_nothing')
  })

  test('is shown as values, as people read them, or both', async () => {
    const now = new Date('2026-11-24T03:00:00Z')
    const { ask, servicenow } = await running({ now: () => now, hiddenFields: ['description'] })
    const { sys_id: id = '' } = servicenow.createIncidentAsPerson({
      short_description: 'x',
      assigned_to: sysIdOf('sys_user', 3),
    })
    const fields = 'state,assigned_to,assigned_to.user_name,sys_updated_on,description,work_notes,nonsense'
    const shown = async (mode: string): Promise<unknown> =>
      (await ask('GET', `incident/${id}`, { sysparm_fields: fields, sysparm_display_value: mode })).result
    expect(await shown('false')).toEqual({
      state: '1',
      assigned_to: sysIdOf('sys_user', 3),
      'assigned_to.user_name': 'daydin',
      sys_updated_on: '2026-11-24 03:00:00',
      work_notes: '',
    })
    expect(await shown('all')).toMatchObject({
      state: { value: '1', display_value: 'New' },
      assigned_to: { value: sysIdOf('sys_user', 3), display_value: 'Deniz Aydin' },
      sys_updated_on: { value: '2026-11-24 03:00:00', display_value: '11/23/2026 19:00:00' },
    })
  })

  test('counts its changes and keeps their history; what changes nothing is none', async () => {
    const { ask, servicenow } = await running()
    const { sys_id: id = '' } = servicenow.createIncidentAsPerson({ short_description: 'x' })
    await ask('PATCH', `incident/${id}`, {}, { state: '2', work_notes: 'A note' })
    await ask('PATCH', `incident/${id}`, {}, { state: '2' })
    expect(servicenow.incident(id)).toMatchObject({
      sys_mod_count: '1',
      sys_updated_by: 'tripline.integration',
    })
    expect(servicenow.journal(id)).toEqual([
      expect.objectContaining({ element: 'work_notes', value: 'A note' }),
    ])
    const query = `documentkey=${id}^record_checkpoint>0`
    expect((await ask('GET', 'sys_audit', { sysparm_query: query })).result).toEqual([
      expect.objectContaining({
        fieldname: 'state',
        oldvalue: '1',
        newvalue: '2',
        user: 'tripline.integration',
      }),
    ])
  })

  test('is refused in the words of an instance', async () => {
    const { ask, servicenow } = await running()
    const { sys_id: id = '' } = servicenow.createIncidentAsPerson({ short_description: 'x' })
    expect(await ask('PATCH', `incident/${id}`, {}, { state: '6', close_code: 'User error' })).toMatchObject({
      status: 403,
      error: { detail: 'Data Policy Exception: The following fields are mandatory: Resolution notes' },
    })
    expect(await ask('POST', 'incident', {}, 'nonsense')).toMatchObject({ status: 400 })
    expect(await ask('POST', 'sys_user', {}, {})).toMatchObject({ status: 403 })
    expect(await ask('GET', 'nothing')).toMatchObject({
      status: 400,
      error: { message: 'Invalid table nothing' },
    })
    expect(await ask('PATCH', `incident/${sysIdOf('incident', 1)}`, {}, {})).toMatchObject({ status: 404 })
  })
})

describe('people', () => {
  test('work on incidents in pages', async () => {
    const { servicenow } = await running()
    const made = await fetch(`${servicenow.url}/_sim/incidents`, {
      method: 'POST',
      body: JSON.stringify({ short_description: '<b>By hand</b>' }),
    })
    const { sys_id: id } = (await made.json()) as { sys_id: string }
    const page = async (path: string): Promise<string> => (await fetch(servicenow.url + path)).text()
    expect(await page('/')).toContain('INC0010001')
    const edited = await fetch(`${servicenow.url}/_sim/incidents/${id}/edit`, {
      method: 'POST',
      body: new URLSearchParams({ state: '2', work_notes: 'Looked at it', as: 'daydin' }),
    })
    expect(edited.url).toBe(`${servicenow.url}/incident.do?sys_id=${id}`)
    const shown = await page(`/nav_to.do?uri=incident.do?sys_id=${id}`)
    expect(shown).toContain('In Progress')
    expect(shown).toContain('Looked at it')
    expect(shown).not.toContain('<b>By hand')
    await fetch(`${servicenow.url}/_sim/incidents/${id}`, { method: 'DELETE' })
    expect(servicenow.incidents()).toEqual([])
    expect((await fetch(`${servicenow.url}/incident.do?sys_id=${id}`)).status).toBe(404)
  })
})

test('every saving of an incident is told of, with what it was before and by whom', async () => {
  const saves: IncidentSave[] = []
  const { ask, servicenow } = await running({ onIncidentSaved: (save) => void saves.push(save) })
  const { result } = await ask('POST', 'incident', {}, { short_description: 'One' })
  const { sys_id: id } = result as { sys_id: string }
  servicenow.editIncidentAsPerson(id, { state: '2' }, 'daydin')
  await ask('PATCH', `incident/${id}`, {}, { state: '3' })
  expect(saves.map(({ before, after, user }) => [user.username, before?.['state'], after['state']])).toEqual([
    ['tripline.integration', undefined, '1'],
    ['daydin', '1', '2'],
    ['tripline.integration', '2', '3'],
  ])
})
