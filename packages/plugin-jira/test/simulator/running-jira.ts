import { onTestFinished } from 'vitest'
import {
  startJiraSimulator,
  type JiraSimulator,
  type JiraSimulatorOptions,
} from '@tripline/plugin-jira/simulator'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // Tests look into answers of many shapes; a wrong path fails the expectation.
  readonly body: Json
}

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json }

export interface RunningJira {
  readonly jira: JiraSimulator
  /** Below `/rest/api/`, as the integration unless told otherwise. */
  readonly call: (method: string, path: string, body?: unknown, as?: string) => Promise<Answer>
  /** With the least fields; answers its key. */
  readonly create: (fields?: Record<string, unknown>) => Promise<string>
}

/** A simulated Jira for one test. */
export async function runJira(options: Partial<JiraSimulatorOptions> = {}): Promise<RunningJira> {
  const jira = await startJiraSimulator({ flavour: 'cloud', webhookRetryGapsMs: [5], ...options })
  onTestFinished(() => jira.close())
  const cloud = options.flavour !== 'data-center'

  async function call(method: string, path: string, body?: unknown, as = 'tripline'): Promise<Answer> {
    const { emailAddress, name, token } = jira.user(as)
    const login = `${cloud ? emailAddress : name}:${token ?? ''}`
    const answer = await fetch(`${jira.url}/rest/${path.startsWith('webhooks') ? '' : 'api/'}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const json = answer.headers.get('content-type')?.includes('json') === true && text !== ''
    return { status: answer.status, headers: answer.headers, body: (json ? JSON.parse(text) : {}) as Json }
  }

  return {
    jira,
    call,
    async create(fields = {}) {
      const answer = await call('POST', '2/issue', { fields: { ...LEAST, ...fields } })
      if (answer.status !== 201) throw new Error(`not created: ${JSON.stringify(answer.body)}`)
      return answer.body['key'] as unknown as string
    },
  }
}

export const LEAST = { project: { key: 'SEC' }, issuetype: { name: 'Task' }, summary: 'Suspicious login' }

export function adf(text: string): unknown {
  return { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] }
}
