import { InvalidSettings, parsePluginSettings, secretNames, settingsJsonSchema } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { servicenowPlugin } from '../src/index.ts'

const basic = { baseUrl: 'https://acme.service-now.com/', auth: 'basic', username: 'tripline', password: 'x' }

function issuePaths(settings: unknown): readonly string[] {
  try {
    parsePluginSettings(servicenowPlugin, settings)
    return []
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error
    return error.issues.map(({ path }) => path)
  }
}

describe('settings', () => {
  test('mark every credential as secret, and nothing else', () => {
    expect(secretNames(servicenowPlugin.settings).toSorted()).toEqual([
      'apiKey',
      'clientSecret',
      'password',
      'refreshToken',
    ])
  })

  test('explain every member to whoever fills in the form', () => {
    const { properties } = settingsJsonSchema(servicenowPlugin.settings) as {
      properties: Record<string, object>
    }
    for (const property of Object.values(properties)) {
      expect(property).toMatchObject({ title: expect.any(String), description: expect.any(String) })
    }
  })

  test('have the defaults of an instance as it comes', () => {
    expect(parsePluginSettings(servicenowPlugin, basic)).toMatchObject({
      baseUrl: 'https://acme.service-now.com',
      openStates: ['1'],
      doneStates: ['6', '7', '8'],
      priorities: { '1': { impact: '1', urgency: '1' }, '5': { impact: '3', urgency: '3' } },
      comments: 'work_notes',
      summaryLimit: 160,
      descriptionLimit: 4_000,
      createSettlesWithinMs: 120_000,
    })
  })

  test.each([
    ['basic', ['username', 'password']],
    ['api-key', ['apiKey']],
    ['oauth-client-credentials', ['clientId', 'clientSecret']],
    ['oauth-password', ['clientId', 'clientSecret', 'username', 'password']],
    ['oauth-refresh-token', ['clientId', 'clientSecret', 'refreshToken']],
  ])('name what %s needs', (auth, names) => {
    expect(issuePaths({ baseUrl: basic.baseUrl, auth })).toEqual(names)
  })

  test.each([
    ['baseUrl', { baseUrl: 'https://acme.service-now.com/now' }],
    ['baseUrl', { baseUrl: 'https://me:secret@acme.service-now.com' }],
    ['baseUrl', { baseUrl: 'ftp://acme.service-now.com' }],
    ['assignmentGroup', { assignmentGroup: 'Security Operations' }],
    ['callerId', { callerId: '../1' }],
    ['doneStates.0', { doneStates: ['6^ORstate=1'] }],
    ['openStates', { openStates: ['6'] }],
    ['stateFields.3', { stateFields: { '3': { 'hold reason': '1' } } }],
    ['username', { username: 'a:b' }],
    ['language', { language: 'en^ORlanguage=de' }],
  ])('refuse %s in %j', (path, change) => {
    expect(issuePaths({ ...basic, ...change }).join()).toContain(path)
  })
})
