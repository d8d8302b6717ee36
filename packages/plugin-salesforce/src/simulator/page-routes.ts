import {
  AnswerNow,
  bodyFields,
  htmlAnswer,
  jsonAnswer,
  param,
  type Route,
  seeOther,
  type SimulatorAnswer,
} from '@tripline/adapter-testkit/simulator'
import { toLongId } from '../record-id.ts'
import type { StoredRecord } from './fields.ts'
import { casePage, casesPage, missingPage } from './pages.ts'
import type { People } from './people.ts'
import type { Salesforce } from './salesforce.ts'

/** Pages for people, without a login, and what their forms do. */
export function pageRoutes(salesforce: Salesforce, actions: People): readonly Route[] {
  const { store } = salesforce
  const find = (id: string): StoredRecord | null => store.find('Case', toLongId(id) ?? id)
  const view = (id: string): SimulatorAnswer => {
    const record = find(id)
    return record === null
      ? htmlAnswer(404, missingPage(salesforce))
      : htmlAnswer(200, casePage(salesforce, record))
  }
  const act = (id: string, work: () => void): SimulatorAnswer => {
    if (find(id) === null) return jsonAnswer(404, { error: `There is no case ${id}` })
    try {
      work()
      return seeOther(`/lightning/r/Case/${id}/view`)
    } catch (error) {
      if (error instanceof AnswerNow) return error.answer
      throw error
    }
  }
  return [
    { method: 'GET', path: '/', handle: () => htmlAnswer(200, casesPage(salesforce)) },
    { method: 'GET', path: '/lightning/r/Case/:id/view', handle: (request) => view(param(request, 'id')) },
    {
      method: 'GET',
      path: '/_sim/cases',
      handle: () => jsonAnswer(200, { cases: store.rows('Case') }),
    },
    {
      method: 'POST',
      path: '/_sim/cases',
      handle: (request) => jsonAnswer(201, actions.createCaseAsPerson(bodyFields(request))),
    },
    {
      method: 'POST',
      path: '/_sim/cases/:id/edit',
      handle(request) {
        const { as, ...fields } = bodyFields(request)
        const id = param(request, 'id')
        return act(id, () => actions.editCaseAsPerson(id, fields, as))
      },
    },
    {
      method: 'POST',
      path: '/_sim/cases/:id/comment',
      handle(request) {
        const { as, body = '' } = bodyFields(request)
        const id = param(request, 'id')
        return act(id, () => actions.commentAsPerson(id, body, as))
      },
    },
    {
      method: 'DELETE',
      path: '/_sim/cases/:id',
      handle(request) {
        const id = param(request, 'id')
        return act(id, () => actions.deleteCase(id))
      },
    },
  ]
}
