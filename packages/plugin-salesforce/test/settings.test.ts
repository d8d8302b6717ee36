import { InvalidSettings, parsePluginSettings, secretNames, settingsJsonSchema } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { salesforcePlugin } from '../src/index.ts'

const credentials = {
  loginUrl: 'https://acme.my.salesforce.com/',
  auth: 'client-credentials',
  clientId: 'id',
  clientSecret: 'secret',
}

function issuePaths(settings: unknown): readonly string[] {
  try {
    parsePluginSettings(salesforcePlugin, settings)
    return []
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error
    return error.issues.map(({ path }) => path)
  }
}

describe('settings', () => {
  test('mark every credential as secret, and nothing else', () => {
    expect(secretNames(salesforcePlugin.settings).toSorted()).toEqual([
      'clientSecret',
      'privateKey',
      'refreshToken',
    ])
  })

  test('explain every member to whoever fills in the form', () => {
    const { properties } = settingsJsonSchema(salesforcePlugin.settings) as {
      properties: Record<string, object>
    }
    for (const property of Object.values(properties)) {
      expect(property).toMatchObject({ title: expect.any(String), description: expect.any(String) })
    }
  })

  test('have sound defaults', () => {
    expect(parsePluginSettings(salesforcePlugin, credentials)).toEqual({
      ...credentials,
      loginUrl: 'https://acme.my.salesforce.com',
      apiVersion: '62.0',
      externalIdField: 'Tripline_Key__c',
      openStatus: 'New',
      assignmentRules: false,
      comments: 'case-comment',
      fieldHistory: false,
      changeDataCapture: false,
      textLimit: 32_000,
      timeoutMs: 20_000,
    })
  })

  test.each([
    ['client credentials without a secret', { clientSecret: undefined }, ['clientSecret']],
    ['an assertion without user and key', { auth: 'jwt-bearer' }, ['username', 'privateKey']],
    ['a refresh without a token', { auth: 'refresh-token' }, ['refreshToken']],
    ['an address of Lightning', { loginUrl: 'https://acme.lightning.force.com' }, ['loginUrl']],
    ['an address with a path', { loginUrl: 'https://acme.my.salesforce.com/services' }, ['loginUrl']],
    ['credentials in the address', { loginUrl: 'https://a:b@acme.my.salesforce.com' }, ['loginUrl']],
    ['a standard field for the external id', { externalIdField: 'Subject' }, ['externalIdField']],
    ['a field that leads elsewhere', { externalIdField: 'A/../B__c' }, ['externalIdField']],
    ['a field that is a query', { outcomeField: 'A__c, (SELECT Id FROM Contacts) B__c' }, ['outcomeField']],
    ['an owner that is no owner', { defaultOwnerId: '001000000000001' }, ['defaultOwnerId']],
    ['an organisation with a typing error', { organizationId: '00D5g00000000042ZZZ' }, ['organizationId']],
    ['an API version that leads elsewhere', { apiVersion: '62.0/../x' }, ['apiVersion']],
  ])('refuse %s', (_, change, paths) => {
    expect(issuePaths({ ...credentials, ...change })).toEqual(paths)
  })
})
