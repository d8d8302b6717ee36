import type { JiraSimulator } from './jira-simulator.ts'

/** A request of the script whose answer had another status than it should have. */
export interface Surprise {
  readonly method: string
  readonly path: string
  readonly expected: number
  readonly actual: number
  readonly body: string
}

type Send = (method: string, path: string, expected: number, body?: unknown) => Promise<unknown>

/** Uses every endpoint that an adapter needs, with what is right and with what Jira refuses. */
export async function runContractScript(
  simulator: JiraSimulator,
  version: '2' | '3',
  cloud: boolean,
): Promise<Surprise[]> {
  const surprises: Surprise[] = []
  const { emailAddress, name, token } = simulator.user('tripline')
  const credentials = Buffer.from(`${cloud ? emailAddress : name}:${token}`).toString('base64')

  async function send(method: string, path: string, expected: number, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${simulator.url}/rest/api/${version}/${path}`, {
      method,
      headers: {
        authorization: `Basic ${credentials}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status !== expected)
      surprises.push({ method, path, expected, actual: answer.status, body: text })
    return text === '' ? null : JSON.parse(text)
  }

  const text = (words: string): unknown =>
    version === '2'
      ? words
      : {
          type: 'doc',
          version: 1,
          content: [{ type: 'paragraph', content: [{ type: 'text', text: words }] }],
        }

  await readSite(send, cloud)
  await readUsers(send, simulator, cloud)
  const { id, key } = (await send('POST', 'issue', 201, {
    fields: {
      project: { key: 'SEC' },
      issuetype: { name: 'Task' },
      summary: 'Suspicious login',
      description: text('Seen at the VPN.'),
      priority: { id: '2' },
      labels: ['tripline'],
      customfield_10050: '4711',
      customfield_10051: { value: 'Major' },
    },
    properties: [{ key: 'tripline', value: { detection: 4711 } }],
  })) as { id: string; key: string }
  await workOnIssue(send, simulator, key, text, cloud)
  await search(send, id, key, cloud)
  await beRefused(send, key, cloud)
  await send('DELETE', `issue/${key}`, 204)
  await send('GET', `issue/${key}`, 404)
  return surprises
}

async function readSite(send: Send, cloud: boolean): Promise<void> {
  const paths = [
    'serverInfo',
    'myself',
    'project',
    'project/SEC',
    'project/SEC/statuses',
    'status',
    'resolution',
    'priority',
  ]
  for (const path of [...paths, 'issuetype', 'field']) await send('GET', path, 200)
  await send(
    'GET',
    `mypermissions?projectKey=SEC${cloud ? '&permissions=CREATE_ISSUES,EDIT_ISSUES' : ''}`,
    200,
  )
  if (cloud) await send('GET', 'project/search?query=sec&maxResults=10', 200)
  await send('GET', 'issue/createmeta/SEC/issuetypes?startAt=0&maxResults=50', 200)
  await send('GET', 'issue/createmeta/SEC/issuetypes/10001', 200)
}

async function readUsers(send: Send, simulator: JiraSimulator, cloud: boolean): Promise<void> {
  const { accountId, name } = simulator.user('mlindqvist')
  const parameter = cloud ? 'query' : 'username'
  await send('GET', cloud ? `user?accountId=${encodeURIComponent(accountId)}` : `user?username=${name}`, 200)
  await send('GET', `user/search?${parameter}=m&maxResults=20`, 200)
  await send('GET', `user/assignable/search?project=SEC&${parameter}=m&maxResults=20`, 200)
}

async function workOnIssue(
  send: Send,
  simulator: JiraSimulator,
  key: string,
  text: (words: string) => unknown,
  cloud: boolean,
): Promise<void> {
  const maria = simulator.user('mlindqvist')
  const assignee = (user: typeof maria | null): Record<string, string | null> =>
    cloud ? { accountId: user?.accountId ?? null } : { name: user?.name ?? null }
  const issue = `issue/${key}`
  await send('PUT', issue, 204, {
    fields: { summary: 'Suspicious login, again' },
    update: { labels: [{ add: 'vpn' }] },
  })
  await send('PUT', `${issue}/assignee`, 204, assignee(maria))
  await send('PUT', `${issue}/assignee`, 204, assignee(null))
  await send('GET', `${issue}/transitions?expand=transitions.fields`, 200)
  await send('POST', `${issue}/transitions`, 204, { transition: { id: '21' } })
  await send('POST', `${issue}/transitions`, 204, {
    transition: { id: '41' },
    fields: { resolution: { name: 'Done' } },
    update: { comment: [{ add: { body: text('Closed.') } }] },
  })
  const { id: commentId } = (await send('POST', `${issue}/comment`, 201, { body: text('A note.') })) as {
    id: string
  }
  await send('PUT', `${issue}/comment/${commentId}`, 200, { body: text('A better note.') })
  await send('GET', `${issue}/comment/${commentId}`, 200)
  await send('GET', `${issue}/comment?startAt=0&maxResults=10&orderBy=-created`, 200)
  const link = {
    globalId: 'tripline:4711',
    relationship: 'detected by',
    object: { url: 'https://tripline.example/detections/4711', title: 'Detection 4711' },
  }
  const { id: linkId } = (await send('POST', `${issue}/remotelink`, 201, link)) as { id: number }
  await send('POST', `${issue}/remotelink`, 200, link)
  await send('PUT', `${issue}/remotelink/${linkId}`, 204, link)
  await send('GET', `${issue}/remotelink`, 200)
  await send('GET', `${issue}/remotelink?globalId=tripline%3A4711`, 200)
  await send('GET', `${issue}/remotelink/${linkId}`, 200)
  await send('PUT', `${issue}/properties/other`, 201, { any: ['json', 1, null] })
  await send('PUT', `${issue}/properties/other`, 200, 'text')
  await send('GET', `${issue}/properties`, 200)
  await send('GET', `${issue}/properties/other`, 200)
  await send('DELETE', `${issue}/properties/other`, 204)
  await send(
    'GET',
    `${issue}?fields=summary,status,resolution,assignee&expand=changelog,transitions&properties=tripline`,
    200,
  )
  await send('GET', issue, 200)
  await send('DELETE', `${issue}/remotelink?globalId=tripline%3A4711`, 204)
  await send('DELETE', `${issue}/comment/${commentId}`, 204)
}

async function search(send: Send, id: string, key: string, cloud: boolean): Promise<void> {
  const jql = `project = SEC AND labels = "tripline" AND updated >= "2020/01/01 00:00" ORDER BY updated ASC`
  if (!cloud) {
    await send('POST', 'search', 200, { jql, startAt: 0, maxResults: 10, fields: ['summary', 'status'] })
    await send('GET', `search?jql=${encodeURIComponent(`key = ${key}`)}&maxResults=1&fields=status`, 200)
    return
  }
  const body = { jql, maxResults: 1, fields: ['summary', 'status', 'updated'], reconcileIssues: [Number(id)] }
  await send('POST', 'search/jql', 200, body)
  await send('POST', 'search/jql', 200, { jql })
  await send(
    'GET',
    `search/jql?jql=${encodeURIComponent(`key in (${key})`)}&fields=summary&fields=status&reconcileIssues=${id}`,
    200,
  )
  await send('POST', 'search', 410, { jql })
}

async function beRefused(send: Send, key: string, cloud: boolean): Promise<void> {
  const fields = { project: { key: 'SEC' }, issuetype: { name: 'Task' } }
  await send('POST', 'issue', 400, { fields })
  await send('POST', 'issue', 400, {
    fields: { ...fields, summary: 'x'.repeat(256), labels: ['a b'], status: { id: '3' } },
  })
  await send('PUT', `issue/${key}`, 400, { fields: { nonsense: true } })
  await send('POST', `issue/${key}/transitions`, 400, { transition: { id: '999' } })
  await send('PUT', `issue/${key}/assignee`, 400, cloud ? { accountId: 'nobody' } : { name: 'nobody' })
  await send('GET', 'issue/SEC-999999', 404)
  await send('GET', 'project/NONE', 404)
  if (cloud) await send('POST', 'search/jql', 400, { jql: 'ORDER BY updated' })
  else await send('POST', 'search', 400, { jql: 'nonsense' })
}
