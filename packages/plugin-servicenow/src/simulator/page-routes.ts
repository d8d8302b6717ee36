import {
  AnswerNow,
  bodyFields,
  emptyAnswer,
  htmlAnswer,
  jsonAnswer,
  param,
  type Route,
  seeOther,
  type SimulatorAnswer,
} from '@tripline/adapter-testkit/simulator'
import { incidentPage, incidentsPage, missingPage } from './pages.ts'
import type { People } from './people.ts'
import type { ServiceNow } from './servicenow.ts'

/** Pages for people, without a login, and what their forms do. */
export function pageRoutes(servicenow: ServiceNow, actions: People): readonly Route[] {
  const { store } = servicenow
  const view = (id: string): SimulatorAnswer => {
    const record = store.find('incident', id)
    return record === null
      ? htmlAnswer(404, missingPage())
      : htmlAnswer(200, incidentPage(servicenow, record))
  }
  const act = (id: string, work: () => SimulatorAnswer): SimulatorAnswer => {
    if (store.find('incident', id) === null) return jsonAnswer(404, { error: `There is no incident ${id}` })
    try {
      return work()
    } catch (error) {
      if (error instanceof AnswerNow) return error.answer
      throw error
    }
  }
  return [
    { method: 'GET', path: '/', handle: () => htmlAnswer(200, incidentsPage(servicenow)) },
    { method: 'GET', path: '/incident.do', handle: ({ query }) => view(query.get('sys_id') ?? '') },
    {
      method: 'GET',
      path: '/nav_to.do',
      handle: ({ query }) => seeOther(`/${withoutHost(query.get('uri') ?? '')}`),
    },
    {
      method: 'GET',
      path: '/_sim/incidents',
      handle: () => jsonAnswer(200, { incidents: store.rows('incident') }),
    },
    {
      method: 'POST',
      path: '/_sim/incidents',
      handle: (request) => jsonAnswer(201, actions.createIncidentAsPerson(bodyFields(request))),
    },
    {
      method: 'POST',
      path: '/_sim/incidents/:id/edit',
      handle(request) {
        const { as, ...fields } = bodyFields(request)
        const id = param(request, 'id')
        return act(id, () => {
          actions.editIncidentAsPerson(id, fields, as)
          return seeOther(`/incident.do?sys_id=${id}`)
        })
      },
    },
    {
      method: 'DELETE',
      path: '/_sim/incidents/:id',
      handle(request) {
        const id = param(request, 'id')
        return act(id, () => {
          actions.deleteIncident(id)
          return emptyAnswer(204)
        })
      },
    },
  ]
}

/** Only pages of this simulator are gone on to. */
function withoutHost(uri: string): string {
  return /^incident\.do\?[\w=]*$/u.test(uri) ? uri : ''
}
