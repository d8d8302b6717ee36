import { Rejected } from '@tripline/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseIncidentReference } from '../src/incident-reference.ts'
import { isSysId } from '../src/sys-id.ts'

const baseUrl = 'https://acme.service-now.com'
const id = '46d44a5dc0a8010e0000f6a7b2f5e9d1'

describe('parseIncidentReference', () => {
  test.each([
    ['another instance', `https://evil.example/incident.do?sys_id=${id}`],
    ['an instance that is only named', `https://evil.example/?next=${baseUrl}/incident.do?sys_id=${id}`],
    ['an instance before an at sign', `https://acme.service-now.com@evil.example/incident.do?sys_id=${id}`],
    ['another scheme', `javascript:alert('${baseUrl}/incident.do?sys_id=${id}')`],
    ['another table', `${baseUrl}/sys_user.do?sys_id=${id}`],
    ['a table whose name only ends so', `${baseUrl}/sn_si_incident.do?sys_id=${id}`],
    ['a workspace record of another table', `${baseUrl}/now/sow/record/sn_si_incident/${id}`],
    ['a list', `${baseUrl}/incident_list.do?sysparm_query=active=true`],
    ['an id that is too long', `${baseUrl}/incident.do?sys_id=${id}0`],
    ['an id that is too short', `${baseUrl}/incident.do?sys_id=${id.slice(1)}`],
    ['a new record', `${baseUrl}/incident.do?sys_id=-1`],
    ['encoding that is none', `${baseUrl}/%E0%A4%A`],
  ])('refuses %s', (_, reference) => {
    expect(() => parseIncidentReference(reference, baseUrl)).toThrow(Rejected)
  })

  test('answers with an id or a number that a query can hold, or refuses, whatever is pasted', () => {
    const pasted = fc.oneof(
      fc.string(),
      fc.webUrl().map((url) => `${baseUrl}/nav_to.do?uri=${url}`),
      fc.string().map((text) => `${baseUrl}/incident.do?sys_id=${id}${text}`),
      fc.string().map((text) => `${baseUrl}/incident.do?sysparm_query=number=INC0010001${text}`),
    )
    fc.assert(
      fc.property(pasted, (text) => {
        try {
          const { field, value } = parseIncidentReference(text, baseUrl)
          expect(field === 'sys_id' ? isSysId(value) : /^[A-Z]{2,12}\d{4,20}$/u.test(value)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(Rejected)
        }
      }),
    )
  })
})
