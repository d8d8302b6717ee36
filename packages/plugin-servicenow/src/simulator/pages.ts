import { html, type Html, htmlPage } from '@tripline/adapter-testkit/simulator'
import type { StoredRecord } from './columns.ts'
import { journalOf } from './incident-save.ts'
import type { ServiceNow } from './servicenow.ts'

const navigation = html`<a href="/">Incidents</a> <a href="/_sim/page">Traffic</a>`

/** All incidents, by state. */
export function incidentsPage({ instance, store }: ServiceNow): string {
  const columns = instance.states.map(({ label, value }) => {
    const cards = store
      .rows('incident')
      .filter(({ state }) => state === value)
      .map(
        (record) =>
          html`<a class="card" href="/incident.do?sys_id=${record['sys_id'] ?? ''}">
            ${record['number'] ?? ''} <span class="faint">P${record['priority'] ?? ''}</span
            ><br />${record['short_description'] ?? ''}
          </a>`,
      )
    return html`<section class="sheet">
      <h2>${label}</h2>
      ${cards}
    </section>`
  })
  return page(
    'Incidents',
    html`<h1>Incidents</h1>
      <div class="columns">${columns}</div>`,
  )
}

/** One incident, and forms with which people work on it. */
export function incidentPage(servicenow: ServiceNow, record: Readonly<StoredRecord>): string {
  const { instance } = servicenow
  const id = record['sys_id'] ?? ''
  const assignee = instance.users.find((user) => user.id === record['assigned_to'])?.name ?? ''
  const group = instance.groups.find((known) => known.id === record['assignment_group'])?.name ?? ''
  const state = instance.states.find(({ value }) => value === record['state'])?.label ?? record['state'] ?? ''
  const entries = journalOf(servicenow, id).map(
    (entry) =>
      html`<div class="card">
        <span class="faint"
          >${entry['sys_created_on'] ?? ''} ${entry['sys_created_by'] ?? ''} (${entry['element'] ?? ''})</span
        >
        <pre>${entry['value'] ?? ''}</pre>
      </div>`,
  )
  const facts: readonly (readonly [string, string])[] = [
    ['State', state],
    ['Priority', record['priority'] ?? ''],
    ['Assigned to', assignee],
    ['Assignment group', group],
    ['Resolution code', record['close_code'] ?? ''],
    ['Resolution notes', record['close_notes'] ?? ''],
    ['Correlation', `${record['correlation_display'] ?? ''} ${record['correlation_id'] ?? ''}`],
  ]
  return page(
    record['number'] ?? '',
    html`<h1>${record['number'] ?? ''} ${record['short_description'] ?? ''}</h1>
      <div class="split">
        <div>
          <section class="sheet">
            <h2>Description</h2>
            <pre>${record['description'] ?? ''}</pre>
          </section>
          <section class="sheet">
            <h2>Activity</h2>
            ${entries}${form(id, html`<label>Work notes<textarea name="work_notes"></textarea></label>`)}
          </section>
        </div>
        <section class="sheet">
          <table>
            ${facts.map(
              ([label, value]) =>
                html`<tr>
                  <th>${label}</th>
                  <td>${value}</td>
                </tr>`,
            )}
          </table>
          ${form(
            id,
            html`<label
                >State${select(
                  'state',
                  instance.states.map(({ label, value }) => ({ value, label })),
                  record['state'] ?? '',
                )}</label
              ><label
                >Resolution
                code${select(
                  'close_code',
                  [{ value: '', label: '' }, ...(instance.choices['close_code'] ?? [])],
                  record['close_code'] ?? '',
                )}</label
              ><label
                >Resolution notes<textarea name="close_notes">${record['close_notes'] ?? ''}</textarea>
              </label>`,
          )}
          ${form(
            id,
            html`<label
              >Assigned
              to${select(
                'assigned_to',
                [
                  { value: '', label: '' },
                  ...instance.users
                    .filter(({ active }) => active)
                    .map(({ id: value, name: label }) => ({ value, label })),
                ],
                record['assigned_to'] ?? '',
              )}</label
            >`,
          )}
        </section>
      </div>`,
  )
}

export function missingPage(): string {
  return page('Incident', html`<h1>Record not found</h1>`)
}

function page(title: string, main: Html): string {
  return htmlPage({
    title: `${title} - ServiceNow simulator`,
    heading: 'ServiceNow (simulated)',
    navigation,
    main,
  })
}

function form(id: string, inputs: Html): Html {
  return html`<form method="post" action="/_sim/incidents/${id}/edit">${inputs}<button>Update</button></form>`
}

function select(
  name: string,
  options: readonly { readonly value: string; readonly label: string }[],
  chosen: string,
): Html {
  const list = options.map(
    ({ label, value }) =>
      html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${label}</option>`,
  )
  return html`<select name="${name}">
    ${list}
  </select>`
}
