import { Rejected } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { caseHosts, parseCaseReference } from '../src/case-reference.ts'

const hosts = caseHosts(['https://acme.my.salesforce.com', 'https://login.salesforce.com'])
const id = '5003000000D8cuIAAR'

describe('caseHosts', () => {
  test('are the My Domain and its Lightning address, of sandboxes too, and never the common login', () => {
    expect(hosts).toEqual(['acme.my.salesforce.com', 'acme.lightning.force.com'])
    expect(caseHosts(['https://acme--test.sandbox.my.salesforce.com'])).toContain(
      'acme--test.sandbox.lightning.force.com',
    )
  })
})

describe('parseCaseReference', () => {
  test.each([
    ['00001026', { field: 'CaseNumber', value: '00001026' }],
    [' 1026 ', { field: 'CaseNumber', value: '1026' }],
    ['5003000000D8cuI', { field: 'Id', value: id }],
    [id, { field: 'Id', value: id }],
    [`https://acme.lightning.force.com/lightning/r/Case/${id}/view`, { field: 'Id', value: id }],
    [`https://acme.lightning.force.com/lightning/r/${id}/view`, { field: 'Id', value: id }],
    ['https://acme.my.salesforce.com/5003000000D8cuI', { field: 'Id', value: id }],
    [`https://acme.lightning.force.com/one/one.app#/sObject/${id}/view`, { field: 'Id', value: id }],
  ])('takes %s', (reference, expected) => {
    expect(parseCaseReference(reference, hosts)).toEqual(expected)
  })

  test.each([
    ['', /empty/u],
    ['SEC-17', /no case number/u],
    ['5003000000D8cuIAAA', /no case number/u],
    ['0013000000D8cuI', /no case number/u],
    ['javascript:alert(1)', /no case number/u],
    [`https://other.my.salesforce.com/${id}`, /not the connected organisation/u],
    [`https://acme.my.salesforce.com.evil.example/${id}`, /not the connected organisation/u],
    [`https://evil.example/?acme.my.salesforce.com/${id}`, /not the connected organisation/u],
    [`https://login.salesforce.com/${id}`, /not the connected organisation/u],
    ['https://acme.my.salesforce.com/lightning/o/Case/list', /names no case/u],
    ['https://acme.my.salesforce.com/#%E0%A4%A', /names no case/u],
  ])('refuses %s', (reference, message) => {
    expect(() => parseCaseReference(reference, hosts)).toThrow(Rejected)
    expect(() => parseCaseReference(reference, hosts)).toThrow(message)
  })
})
