import { html, htmlPage, type Html } from '@tripline/adapter-testkit/simulator'
import type { HistoryRecord, IssueRecord } from './issue-record.ts'
import { availableTransitions } from './issue-operations.ts'
import type { Jira } from './jira.ts'
import { isObject } from './json-body.ts'
import { titleOf } from './remote-link-routes.ts'
import { plainText } from './rich-text.ts'
import { isAssignable, namedValue, statusOf, userOf, type JiraUser } from './site.ts'

/** The board: a column for each status, newest change first. */
export function boardPage(jira: Jira): string {
  const columns = jira.site.statuses.map((status) => {
    const issues = jira.state.issues
      .filter(({ statusId }) => statusId === status.id)
      .sort((a, b) => b.updatedAt - a.updatedAt)
    return html`<section class="sheet">
      <h2>${status.name} <span class="badge ${status.category}">${issues.length}</span></h2>
      ${issues.map((issue) => card(jira, issue))}
    </section>`
  })
  const empty = html`<p class="faint">No tickets yet. They appear here when Tripline makes them.</p>`
  return page(
    jira,
    'Board',
    html`<h1>Board</h1>
      ${jira.state.issues.length === 0 ? empty : null}
      <div class="columns">${columns}</div>`,
  )
}

function card(jira: Jira, issue: IssueRecord): Html {
  return html`<a class="card" href="/browse/${issue.key}"
    ><strong>${issue.key}</strong> ${issue.summary}
    <div class="faint">
      ${namedValue(jira.site.priorities, issue.priorityId).name} · ${nameOf(jira, issue.assignee)}
    </div></a
  >`
}

/** A ticket, with forms to change it as a person. */
export function issuePage(jira: Jira, issue: IssueRecord): string {
  const status = statusOf(jira.site, issue.statusId)
  const resolution =
    issue.resolutionId === null ? 'Unresolved' : namedValue(jira.site.resolutions, issue.resolutionId).name
  return page(
    jira,
    `${issue.key} ${issue.summary}`,
    html`<p class="faint">${namedValue(jira.site.issueTypes, issue.issueTypeId).name} · ${issue.key}</p>
      <h1>${issue.summary}</h1>
      <div class="split">
        <div>
          <section class="sheet">
            <h2>Description</h2>
            <pre>${issue.description === null ? 'None.' : plainText(issue.description)}</pre>
          </section>
          <section class="sheet">
            <h2>Links</h2>
            ${linkList(issue)}
          </section>
          <section class="sheet">
            <h2>Comments</h2>
            ${commentList(jira, issue)}${commentForm(jira, issue)}
          </section>
          <section class="sheet">
            <h2>History</h2>
            ${historyTable(jira, issue)}
          </section>
        </div>
        <aside>
          <section class="sheet">
            <h2>Status</h2>
            <p><span class="badge ${status.category}">${status.name}</span> ${resolution}</p>
            ${transitionForm(jira, issue)}
          </section>
          <section class="sheet">
            <h2>Assignee</h2>
            <p>${nameOf(jira, issue.assignee)}</p>
            ${assignForm(jira, issue)}
          </section>
          <section class="sheet">
            <h2>Details</h2>
            ${details(jira, issue)}
          </section>
        </aside>
      </div>`,
  )
}

export function missingPage(jira: Jira, key: string): string {
  return page(
    jira,
    'Not found',
    html`<h1>Not found</h1>
      <p>There is no ticket ${key}, or it was deleted.</p>`,
  )
}

export function refusalPage(jira: Jira, text: string): string {
  return page(
    jira,
    'Refused',
    html`<h1>Jira refuses this</h1>
      <p>${text}</p>`,
  )
}

function page(jira: Jira, title: string, main: Html): string {
  const navigation = html`<a href="/">Board</a> <a href="/_sim/page">Traffic</a>
    <span class="faint">A simulator, not a product of Atlassian</span>`
  return htmlPage({ title: `${title} - ${jira.site.title}`, heading: jira.site.title, navigation, main })
}

function transitionForm(jira: Jira, issue: IssueRecord): Html {
  const [first] = persons(jira)
  if (first === undefined) return html``
  const transitions = availableTransitions(jira, issue, first)
  const offersResolution = transitions.some(({ screen }) => screen.includes('resolution'))
  const statuses = jira.site.statuses.filter(
    ({ id }) => id !== issue.statusId && transitions.some(({ to }) => to === id),
  )
  const resolutions = offersResolution
    ? html`<label
        >Resolution, when done<select name="resolution">
          <option value="">None</option>
          ${jira.site.resolutions.map(({ name }) => html`<option>${name}</option>`)}
        </select></label
      >`
    : null
  return html`<form method="post" action="/_sim/issues/${issue.key}/transition">
    <label
      >Move to<select name="status">
        ${statuses.map(({ name }) => html`<option>${name}</option>`)}
      </select></label
    >
    ${resolutions}${asSelect(jira)}<button>Move</button>
  </form>`
}

function assignForm(jira: Jira, issue: IssueRecord): Html {
  return html`<form method="post" action="/_sim/issues/${issue.key}/assign">
    <label
      >Assign to<select name="assignee">
        <option value="">Nobody</option>
        ${persons(jira).map((user) => userOption(user))}
      </select></label
    >
    ${asSelect(jira)}<button>Assign</button>
  </form>`
}

function commentForm(jira: Jira, issue: IssueRecord): Html {
  return html`<form method="post" action="/_sim/issues/${issue.key}/comment">
    <label>Add a comment<textarea name="body" rows="2" required></textarea></label>${asSelect(jira)}<button>
      Comment
    </button>
  </form>`
}

function asSelect(jira: Jira): Html {
  return html`<label
    >As<select name="as">
      ${persons(jira).map((user) => userOption(user))}
    </select></label
  >`
}

function userOption(user: JiraUser): Html {
  return html`<option value="${user.name}">${user.displayName}</option>`
}

function persons(jira: Jira): JiraUser[] {
  return jira.site.users.filter(isAssignable)
}

function linkList(issue: IssueRecord): Html {
  if (issue.remoteLinks.length === 0) return html`<p class="faint">None.</p>`
  const items = issue.remoteLinks.map((link) => {
    const url = isObject(link.content['object']) ? String(link.content['object']['url']) : ''
    // Anybody may store a link; only what a browser should follow becomes one.
    return /^https?:/.test(url)
      ? html`<li><a href="${url}" rel="noreferrer">${titleOf(link)}</a></li>`
      : html`<li>${titleOf(link)} (${url})</li>`
  })
  return html`<ul>
    ${items}
  </ul>`
}

function commentList(jira: Jira, issue: IssueRecord): Html {
  return html`${issue.comments.map(
    (comment) =>
      html`<div class="card">
        <div class="faint">${nameOf(jira, comment.author)} · ${jira.time.timestamp(comment.createdAt)}</div>
        <pre>${plainText(comment.body)}</pre>
      </div>`,
  )}`
}

function historyTable(jira: Jira, issue: IssueRecord): Html {
  const created = html`<tr>
    <td>${jira.time.timestamp(issue.createdAt)}</td>
    <td>${nameOf(jira, issue.creator)}</td>
    <td>created</td>
  </tr>`
  return html`<table>
    <tbody>
      ${issue.history.toReversed().map((entry) => historyRow(jira, entry))}${created}
    </tbody>
  </table>`
}

function historyRow(jira: Jira, entry: HistoryRecord): Html {
  const changes = entry.items.map(
    (item) => html`<div>${item.field}: ${item.fromString || 'none'} → ${item.toString || 'none'}</div>`,
  )
  return html`<tr>
    <td>${jira.time.timestamp(entry.at)}</td>
    <td>${nameOf(jira, entry.author)}</td>
    <td>${changes}</td>
  </tr>`
}

function details(jira: Jira, issue: IssueRecord): Html {
  const custom = jira.site.customFields.flatMap((field) => {
    const value = issue.custom[field.id]
    if (value === undefined) return []
    const text = typeof value === 'object' ? plainText(value) : String(value)
    return [[field.name, field.options?.find(({ id }) => id === value)?.name ?? text]]
  })
  const rows = [
    ['Priority', namedValue(jira.site.priorities, issue.priorityId).name],
    ['Labels', issue.labels.join(', ') || 'none'],
    ['Reporter', nameOf(jira, issue.reporter)],
    ['Updated', jira.time.timestamp(issue.updatedAt)],
    ['Id', issue.id],
    ...(issue.previousKeys.length > 0 ? [['Former keys', issue.previousKeys.join(', ')]] : []),
    ...custom,
  ]
  return html`<table>
    <tbody>
      ${rows.map(
        ([name = '', value = '']) =>
          html`<tr>
            <th>${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function nameOf(jira: Jira, accountId: string | null): string {
  return accountId === null ? 'Nobody' : userOf(jira.site, accountId).displayName
}
