import { html, type Html, htmlPage } from '@tripline/adapter-testkit/simulator'
import type { StoredRecord } from './fields.ts'
import type { Salesforce } from './salesforce.ts'
import { shownInstant } from './soql-answer.ts'

const navigation = html`<a href="/">Cases</a> <a href="/_sim/page">Traffic</a>`

/** All cases, by status. */
export function casesPage({ org, store }: Salesforce): string {
  const columns = org.statuses.map(({ name }) => {
    const cards = store
      .rows('Case')
      .filter(({ Status }) => Status === name)
      .map(
        (record) =>
          html`<a class="card" href="/lightning/r/Case/${text(record['Id'])}/view">
            ${text(record['CaseNumber'])} <span class="faint">${text(record['Priority'])}</span
            ><br />${text(record['Subject'])}
          </a>`,
      )
    return html`<section class="sheet">
      <h2>${name}</h2>
      ${cards}
    </section>`
  })
  return page(
    org.name,
    html`<h1>Cases</h1>
      <div class="columns">${columns}</div>`,
  )
}

/** One case, and forms with which people work on it. */
export function casePage({ org, store }: Salesforce, record: StoredRecord): string {
  const id = text(record['Id'])
  const owner = store.referred(text(record['OwnerId']))
  const custom = org.objects
    .filter(({ name }) => name === 'Case')
    .flatMap(({ fields }) => fields.filter(({ name }) => name.endsWith('__c')))
    .map(({ label, name, type }) => {
      const value = text(record[name])
      const shown = type === 'url' && value !== '' ? html`<a href="${value}">${value}</a>` : html`${value}`
      return html`<tr>
        <th>${label}</th>
        <td>${shown}</td>
      </tr>`
    })
  const companions = [
    ...companionsOf(store.rows('CaseComment'), id),
    ...companionsOf(store.rows('FeedItem'), id),
  ].map(
    (entry) =>
      html`<div class="card">
        <span class="faint">${shownAt(entry['CreatedDate'])}</span>
        <pre>${text(entry['CommentBody'] ?? entry['Body'])}</pre>
        ${entry['LinkUrl'] === undefined ? '' : html`<a href="${text(entry['LinkUrl'])}">${text(entry['Title'])}</a>`}
      </div>`,
  )
  const owners = [...org.users.filter(({ isActive }) => isActive), ...org.queues]
  return page(
    text(record['CaseNumber']),
    html`<h1>${text(record['CaseNumber'])} ${text(record['Subject'])}</h1>
      <div class="split">
        <div>
          <section class="sheet">
            <h2>Description</h2>
            <pre>${text(record['Description'])}</pre>
          </section>
          <section class="sheet">
            <h2>Feed and comments</h2>
            ${companions}${form(id, 'comment', html`<label>Comment<textarea name="body"></textarea></label>`)}
          </section>
        </div>
        <section class="sheet">
          <table>
            <tr>
              <th>Status</th>
              <td>${text(record['Status'])}</td>
            </tr>
            <tr>
              <th>Priority</th>
              <td>${text(record['Priority'])}</td>
            </tr>
            <tr>
              <th>Owner</th>
              <td>${text(owner?.['Name'])}</td>
            </tr>
            ${custom}
          </table>
          ${form(
            id,
            'edit',
            html`<label
              >Status${select(
                'Status',
                org.statuses.map(({ name }) => ({ value: name, name })),
                text(record['Status']),
              )}</label
            >`,
          )}
          ${form(
            id,
            'edit',
            html`<label
              >Owner${select(
                'OwnerId',
                owners.map(({ id: value, name }) => ({ value, name })),
                text(record['OwnerId']),
              )}</label
            >`,
          )}
        </section>
      </div>`,
  )
}

export function missingPage({ org }: Salesforce): string {
  return page(org.name, html`<h1>The record you were looking for does not exist</h1>`)
}

function page(title: string, main: Html): string {
  return htmlPage({
    title: `${title} - Salesforce simulator`,
    heading: 'Salesforce (simulated)',
    navigation,
    main,
  })
}

function form(id: string, action: string, inputs: Html): Html {
  return html`<form method="post" action="/_sim/cases/${id}/${action}">${inputs}<button>Save</button></form>`
}

function select(
  name: string,
  options: readonly { readonly value: string; readonly name: string }[],
  chosen: string,
): Html {
  const list = options.map(
    (option) =>
      html`<option value="${option.value}" ${option.value === chosen ? 'selected' : ''}>
        ${option.name}
      </option>`,
  )
  return html`<select name="${name}">
    ${list}
  </select>`
}

function companionsOf(rows: readonly StoredRecord[], id: string): readonly StoredRecord[] {
  return rows.filter(({ ParentId }) => ParentId === id)
}

function text(value: StoredRecord[string] | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

function shownAt(value: StoredRecord[string] | undefined): string {
  return typeof value === 'number' ? shownInstant(value).slice(0, 16).replace('T', ' ') : ''
}
