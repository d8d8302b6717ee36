import { manualClock } from '@tripline/adapter-testkit/simulator'
import { describe, expect, test } from 'vitest'
import { type CaseSave, idOf } from '../../src/simulator/index.ts'
import { runningSalesforce } from './running-salesforce.ts'

const path = '/sobjects/Case'
const error = (errorCode: string, fields?: readonly string[]) => [
  { errorCode, message: expect.any(String), ...(fields === undefined ? {} : { fields }) },
]

describe('records', () => {
  test('are made, read, changed and deleted, and gone afterwards', async () => {
    const { ask } = await runningSalesforce()
    const made = await ask('POST', path, { Subject: ' One ', Priority: 'High' })
    expect(made).toMatchObject({ status: 201, body: { success: true, errors: [] } })
    const { id } = made.body as { id: string }
    expect((await ask('GET', `${path}/${id.slice(0, 15)}`)).body).toMatchObject({
      Id: id,
      CaseNumber: '00001001',
      Subject: 'One',
      Status: 'New',
      IsClosed: false,
      OwnerId: idOf('005', 1),
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/u),
    })
    expect((await ask('PATCH', `${path}/${id}`, { Status: 'Closed' })).status).toBe(204)
    expect((await ask('GET', `${path}/${id}`)).body).toMatchObject({ IsClosed: true })
    expect((await ask('DELETE', `${path}/${id}`)).status).toBe(204)
    expect(await ask('GET', `${path}/${id}`)).toMatchObject({ status: 404, body: error('ENTITY_IS_DELETED') })
    expect(await ask('PATCH', `${path}/${id}`, { Subject: 'x' })).toMatchObject({ status: 404 })
  })

  test('are told of whenever they are saved, with what they were before and by whom', async () => {
    const saves: CaseSave[] = []
    const { ask, salesforce } = await runningSalesforce({ onCaseSaved: (save) => void saves.push(save) })
    const { body } = await ask('POST', path, { Subject: 'One' })
    const { id } = body as { id: string }
    salesforce.editCaseAsPerson(id, { Status: 'Working' }, 'daydin@acme.example')
    await ask('PATCH', `${path}/${id}`, { Status: 'Closed' })
    expect(
      saves.map(({ before, after, user }) => [user.username, before?.['Status'], after['Status']]),
    ).toEqual([
      ['tripline@acme.example', undefined, 'New'],
      ['daydin@acme.example', 'New', 'Working'],
      ['tripline@acme.example', 'Working', 'Closed'],
    ])
  })

  test('are upserted by an external id, once', async () => {
    const { ask, salesforce } = await runningSalesforce()
    const at = `${path}/Tripline_Key__c/trip-1`
    expect(await ask('PATCH', at, { Subject: 'One' })).toMatchObject({ status: 201, body: { created: true } })
    expect(await ask('PATCH', at, { Subject: 'Two' })).toMatchObject({
      status: 200,
      body: { created: false },
    })
    expect(salesforce.cases()).toEqual([
      expect.objectContaining({ Subject: 'Two', Tripline_Key__c: 'trip-1' }),
    ])
    expect(await ask('PATCH', at, { Tripline_Key__c: 'trip-1' })).toMatchObject({ status: 400 })
    expect(await ask('POST', path, { Tripline_Key__c: 'TRIP-1' })).toMatchObject({
      status: 400,
      body: error('DUPLICATE_VALUE'),
    })
    expect(await ask('PATCH', `${path}/Nothing__c/1`, {})).toMatchObject({
      status: 404,
      body: error('NOT_FOUND'),
    })
  })

  test.each([
    [{ Priority: 'Urgent' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', ['Priority']],
    [{ Subject: 'x'.repeat(256) }, 'STRING_TOO_LONG', ['Subject']],
    // Ends of lines count twice.
    [
      { Description: '\n'.repeat(16_001).padStart(16_002, 'x').padEnd(16_003, 'x') },
      'STRING_TOO_LONG',
      ['Description'],
    ],
    [{ Nothing__c: 'x' }, 'INVALID_FIELD', undefined],
    [{ CaseNumber: '1' }, 'INVALID_FIELD_FOR_INSERT_UPDATE', ['CaseNumber']],
    [{ OwnerId: 'nobody' }, 'MALFORMED_ID', ['OwnerId']],
    [{ OwnerId: idOf('005', 99) }, 'INVALID_CROSS_REFERENCE_KEY', undefined],
    [{ OwnerId: idOf('00G', 3) }, 'INVALID_CROSS_REFERENCE_KEY', undefined],
    [{ OwnerId: idOf('005', 4) }, 'INACTIVE_OWNER_OR_USER', undefined],
    [{ RecordTypeId: idOf('012', 2) }, 'INVALID_CROSS_REFERENCE_KEY', ['RecordTypeId']],
    [{ Subject: 7 }, 'JSON_PARSER_ERROR', undefined],
  ])('are refused with %j', async (values, code, fields) => {
    const { ask, salesforce } = await runningSalesforce()
    expect(await ask('POST', path, values)).toMatchObject({ status: 400, body: error(code, fields) })
    expect(salesforce.cases()).toEqual([])
  })

  test('are left alone when they were changed after the instant given, by the second', async () => {
    const clock = manualClock(new Date('2026-11-24T12:00:00.900Z'))
    const { ask, salesforce } = await runningSalesforce({ now: clock.now })
    const id = String(salesforce.createCaseAsPerson({ Subject: 'One' })['Id'])
    const since = { 'if-unmodified-since': 'Tue, 24 Nov 2026 12:00:00 GMT' }
    expect((await ask('PATCH', `${path}/${id}`, { Subject: 'Two' }, since)).status).toBe(204)
    clock.advance(100)
    salesforce.editCaseAsPerson(id, { Subject: 'Three' })
    expect((await ask('PATCH', `${path}/${id}`, { Subject: 'Four' }, since)).status).toBe(412)
    expect(
      (await ask('PATCH', `${path}/${id}`, { Subject: 'Four' }, { 'if-unmodified-since': 'soon' })).status,
    ).toBe(400)
  })

  test('keep their history, owners twice and long texts without their values', async () => {
    const { salesforce } = await runningSalesforce()
    const id = String(salesforce.createCaseAsPerson({ Subject: 'One' })['Id'])
    salesforce.editCaseAsPerson(
      id,
      { OwnerId: idOf('00G', 1), Description: 'x', Status: 'Closed' },
      'daydin@acme.example',
    )
    const entries = salesforce
      .companions('CaseHistory', id)
      .map(({ Field, OldValue, NewValue }) => [Field, OldValue, NewValue])
    expect(entries).toEqual([
      ['Status', 'New', 'Closed'],
      ['Description', null, null],
      ['Owner', 'Maria Lindqvist', 'SOC Triage'],
      ['Owner', idOf('005', 2), idOf('00G', 1)],
    ])
  })
})

describe('queries', () => {
  const query = (soql: string): string => `/query?q=${encodeURIComponent(soql)}`

  test('filter, order, limit and reach for what a record refers to', async () => {
    const { ask, salesforce } = await runningSalesforce()
    for (const Subject of ["It's one", 'Two', 'three'])
      salesforce.createCaseAsPerson({ Subject, Priority: Subject === 'Two' ? 'Low' : 'High' })
    const names = async (soql: string): Promise<readonly unknown[]> => {
      const { body } = await ask('GET', query(soql))
      return (body as { records: { Subject: string }[] }).records.map(({ Subject }) => Subject)
    }
    expect(await names("SELECT Subject FROM Case WHERE Subject = 'it\\'s ONE'")).toEqual(["It's one"])
    expect(await names("SELECT Subject FROM Case WHERE Priority = 'High' ORDER BY Subject DESC")).toEqual([
      'three',
      "It's one",
    ])
    expect(
      await names(
        "SELECT Subject FROM Case WHERE (Priority = 'Low' OR Subject = 'three') AND IsClosed = false ORDER BY Subject LIMIT 1",
      ),
    ).toEqual(['three'])
    expect(await names('SELECT Subject FROM Case WHERE CreatedDate > 2999-01-01T00:00:00Z')).toEqual([])
    expect(await names('SELECT Subject FROM Case WHERE Origin != null')).toEqual([])
    const { body } = await ask(
      'GET',
      query("SELECT Owner.Name, Owner.Username FROM Case WHERE CaseNumber IN ('00001002')"),
    )
    expect(body).toMatchObject({
      totalSize: 1,
      done: true,
      records: [
        {
          attributes: { type: 'Case' },
          Owner: { Name: 'Maria Lindqvist', Username: 'mlindqvist@acme.example' },
        },
      ],
    })
  })

  test('come in pages', async () => {
    const { ask, salesforce } = await runningSalesforce({ pageSize: 2 })
    for (const Subject of ['1', '2', '3']) salesforce.createCaseAsPerson({ Subject })
    const first = (await ask('GET', query('SELECT Subject FROM Case'))).body as { nextRecordsUrl: string }
    expect(first).toMatchObject({ totalSize: 3, done: false, records: [{ Subject: '1' }, { Subject: '2' }] })
    const second = await ask('GET', first.nextRecordsUrl.replace('/services/data/v62.0', ''))
    expect(second.body).toMatchObject({ done: true, records: [{ Subject: '3' }] })
  })

  test.each([
    ['SELECT Nothing FROM Case', 'INVALID_FIELD'],
    ['SELECT Id FROM Nothing', 'INVALID_TYPE'],
    ['SELECT Id FROM Case WHERE', 'MALFORMED_QUERY'],
    ["SELECT Id FROM Case WHERE Subject = 'x", 'MALFORMED_QUERY'],
    ["SELECT Id FROM Case WHERE Id = 'x'", 'INVALID_QUERY_FILTER_OPERATOR'],
    ["SELECT Id FROM Case WHERE Description = 'x'", 'INVALID_FIELD'],
    ["SELECT Id FROM Case WHERE Subject = 'a' AND Subject = 'b' OR Subject = 'c'", 'MALFORMED_QUERY'],
    ["SELECT Id FROM Case WHERE CreatedDate = 'x'", 'INVALID_FIELD'],
    ['SELECT Nobody.Name FROM Case', 'INVALID_FIELD'],
    ['SELECT Id FROM Case; DELETE', 'MALFORMED_QUERY'],
  ])('are refused: %s', async (soql, code) => {
    const { ask } = await runningSalesforce()
    expect(await ask('GET', query(soql))).toMatchObject({ status: 400, body: error(code) })
  })
})

describe('access', () => {
  test('is for sessions only, is counted, and ends at the limit', async () => {
    const { ask, salesforce } = await runningSalesforce({ requestLimit: 1 })
    expect(await ask('GET', '/limits', undefined, { authorization: 'Bearer x' })).toMatchObject({
      status: 401,
      body: error('INVALID_SESSION_ID'),
    })
    const { headers, status } = await ask('GET', '/limits')
    expect([status, headers.get('sforce-limit-info')]).toEqual([200, 'api-usage=1/1'])
    expect(await ask('GET', '/limits')).toMatchObject({ status: 403, body: error('REQUEST_LIMIT_EXCEEDED') })
    salesforce.expireSessions()
    expect((await ask('GET', '/limits')).status).toBe(401)
  })

  test('shows people the case, and lets their forms change it', async () => {
    const { salesforce } = await runningSalesforce()
    const id = String(salesforce.createCaseAsPerson({ Subject: '<script>alert(1)</script>' })['Id'])
    const address = `${salesforce.url}/lightning/r/Case/${id}/view`
    const shown = await (await fetch(address)).text()
    expect(shown).toContain('&#60;script&#62;')
    expect(shown).not.toContain('<script>')
    const form = new URLSearchParams({ Status: 'Escalated' })
    const answer = await fetch(`${salesforce.url}/_sim/cases/${id}/edit`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
    })
    expect(answer.status).toBe(303)
    expect(salesforce.case(id)?.['Status']).toBe('Escalated')
    expect((await fetch(`${salesforce.url}/`)).status).toBe(200)
    salesforce.deleteCase(id)
    expect((await fetch(address)).status).toBe(404)
  })
})
