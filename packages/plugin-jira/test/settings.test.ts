import { InvalidSettings, parsePluginSettings, secretNames, settingsJsonSchema } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { jiraPlugin } from '../src/index.ts'
import { authorization } from '../src/settings.ts'

const cloud = {
  baseUrl: 'https://site.atlassian.net/',
  deployment: 'cloud',
  email: 'bot@example.com',
  apiToken: 'abc',
  projectKey: 'SEC',
  issueType: 'Task',
}
const dataCenter = {
  ...cloud,
  baseUrl: 'https://example.com/jira//',
  deployment: 'data-center',
  email: undefined,
  apiToken: undefined,
}

function issuePaths(settings: unknown): readonly string[] {
  try {
    parsePluginSettings(jiraPlugin, settings)
    return []
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error
    return error.issues.map(({ path }) => path)
  }
}

describe('settings', () => {
  test('mark every credential as secret, and nothing else', () => {
    expect(secretNames(jiraPlugin.settings).toSorted()).toEqual([
      'apiToken',
      'password',
      'personalAccessToken',
    ])
  })

  test('explain every member to whoever fills in the form', () => {
    const { properties } = settingsJsonSchema(jiraPlugin.settings) as { properties: Record<string, object> }
    for (const property of Object.values(properties)) {
      expect(property).toMatchObject({ title: expect.any(String), description: expect.any(String) })
    }
  })

  test('lose the slashes at the end of an address', () => {
    expect(parsePluginSettings(jiraPlugin, cloud).baseUrl).toBe('https://site.atlassian.net')
    const { baseUrl } = parsePluginSettings(jiraPlugin, { ...dataCenter, personalAccessToken: 'pat' })
    expect(baseUrl).toBe('https://example.com/jira')
  })

  test.each([
    ['a Cloud without token', { ...cloud, apiToken: undefined }, ['apiToken']],
    ['a Cloud without e-mail', { ...cloud, email: undefined }, ['email']],
    ['a Data Center without credentials', dataCenter, ['username', 'password']],
    ['a Data Center with half a login', { ...dataCenter, username: 'bot' }, ['password']],
    ['an address that is no web address', { ...cloud, baseUrl: 'ftp://x/' }, ['baseUrl']],
    ['credentials in the address', { ...cloud, baseUrl: 'https://a:b@x/' }, ['baseUrl']],
    ['a query in the address', { ...cloud, baseUrl: 'https://x/?a=b' }, ['baseUrl']],
    ['an encoded address', { ...cloud, baseUrl: 'https://x/%6aira' }, ['baseUrl']],
    ['a project key that leads elsewhere', { ...cloud, projectKey: 'SEC/../X' }, ['projectKey']],
    ['a token that no header can carry', { ...cloud, apiToken: 'a\nb' }, ['apiToken']],
    ['an empty issue type', { ...cloud, issueType: ' ' }, ['issueType']],
  ])('refuse %s', (_, settings, paths) => {
    expect(issuePaths(settings)).toEqual(paths)
  })

  test('become what is sent to log in', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    expect(authorization(parsePluginSettings(jiraPlugin, cloud))).toBe(basic('bot@example.com:abc'))
    const token = { ...dataCenter, personalAccessToken: 'pat', username: 'bot', password: 'x' }
    expect(authorization(parsePluginSettings(jiraPlugin, token))).toBe('Bearer pat')
    const login = { ...dataCenter, username: 'bot', password: 'pä:ss' }
    expect(authorization(parsePluginSettings(jiraPlugin, login))).toBe(basic('bot:pä:ss'))
  })
})
