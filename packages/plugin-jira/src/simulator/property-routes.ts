import { emptyAnswer, jsonAnswer, param, type Route } from '@tripline/adapter-testkit/simulator'
import { demand } from './caller.ts'
import { checkedProperty } from './issue-input.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { jsonBody } from './json-body.ts'
import { issueRoute } from './rest-route.ts'
import type { JiraUser } from './site.ts'

/** Properties move neither `updated` nor the changelog, and search does not find them. */
export function propertyRoutes(jira: Jira): Route[] {
  return [
    issueRoute(jira, 'GET', '/properties', ({ version }, issue) =>
      jsonAnswer(200, {
        keys: Object.keys(issue.properties).map((key) => ({
          key,
          self: `${jira.baseUrl}/rest/api/${version}/issue/${issue.id}/properties/${encodeURIComponent(key)}`,
        })),
      }),
    ),
    issueRoute(jira, 'GET', '/properties/:key', ({ request }, issue) => {
      const key = param(request, 'key')
      if (!Object.hasOwn(issue.properties, key)) throw missing(key)
      return jsonAnswer(200, { key, value: issue.properties[key] })
    }),
    issueRoute(jira, 'PUT', '/properties/:key', ({ request, caller }, issue) => {
      demandEdit(caller)
      const key = param(request, 'key')
      const known = Object.hasOwn(issue.properties, key)
      issue.properties[key] = checkedProperty(key, jsonBody(request))
      jira.changed(issue)
      return emptyAnswer(known ? 200 : 201)
    }),
    issueRoute(jira, 'DELETE', '/properties/:key', ({ request, caller }, issue) => {
      demandEdit(caller)
      const key = param(request, 'key')
      if (!Object.hasOwn(issue.properties, key)) throw missing(key)
      delete issue.properties[key]
      jira.changed(issue)
      return emptyAnswer(204)
    }),
  ]
}

function demandEdit(caller: JiraUser): void {
  demand(caller, 'EDIT_ISSUES', 'You do not have permission to edit issues in this project.')
}

function missing(key: string): Error {
  return jiraError(404, `The property with key '${key}' does not exist.`)
}
