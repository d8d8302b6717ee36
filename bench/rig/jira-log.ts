/** A request as the simulated Jira received it. */
export interface JiraRequest {
  readonly at: Date
  readonly method: string
  readonly path: string
  readonly body: string
}

/** The newest ten thousand requests, oldest first. */
export async function listJiraRequests(jiraUrl: string): Promise<readonly JiraRequest[]> {
  const response = await fetch(`${jiraUrl}/_sim/requests`)
  const { requests } = (await response.json()) as {
    requests: readonly (Omit<JiraRequest, 'at'> & { at: string })[]
  }
  return requests.map((request) => ({ ...request, at: new Date(request.at) }))
}

export async function clearJiraRequests(jiraUrl: string): Promise<void> {
  await fetch(`${jiraUrl}/_sim/requests`, { method: 'DELETE' })
}

/** Whether a request asks for an issue to be created. */
export function isCreate({ method, path }: JiraRequest): boolean {
  return method === 'POST' && /\/rest\/api\/\d\/issue$/u.test(path)
}
