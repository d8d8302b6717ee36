import { htmlAnswer, param, seeOther, type Route } from '@tripline/adapter-testkit/simulator'
import type { Jira } from './jira.ts'
import { findIssue } from './jira-state.ts'
import { boardPage, issuePage, missingPage } from './pages.ts'

/** Pages for people, without a login. */
export function pageRoutes(jira: Jira): Route[] {
  return [
    { method: 'GET', path: '/', handle: () => htmlAnswer(200, boardPage(jira)) },
    {
      method: 'GET',
      path: '/browse/:key',
      handle(request) {
        const key = param(request, 'key')
        const issue = findIssue(jira.state, key)
        if (issue === null) return htmlAnswer(404, missingPage(jira, key))
        return issue.key === key ? htmlAnswer(200, issuePage(jira, issue)) : seeOther(`/browse/${issue.key}`)
      },
    },
  ]
}
