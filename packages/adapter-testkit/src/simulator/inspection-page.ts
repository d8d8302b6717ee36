import { html, htmlPage, type Html } from './html.ts'
import type { InspectionParts } from './inspection-routes.ts'

const SHOWN = 100

/** The newest requests and deliveries, and the faults still to come. */
export function inspectionPage(parts: InspectionParts): string {
  return htmlPage({
    title: `${parts.title}: traffic`,
    heading: parts.title,
    navigation: html`<a href="/">Home</a> <a href="/_sim/page">Traffic</a>`,
    main: html`<h1>Traffic</h1>
      <section class="sheet">
        <h2>Scripted faults</h2>
        ${faultTable(parts)}
      </section>
      <section class="sheet">
        <h2>Requests, newest first</h2>
        ${requestTable(parts)}
      </section>
      <section class="sheet">
        <h2>Webhook deliveries, newest first</h2>
        ${deliveryTable(parts)}
      </section>`,
  })
}

function faultTable({ faults, webhooks }: InspectionParts): Html {
  const rows = [
    ...faults
      .list()
      .map(({ script, remaining }) => [
        script.kind,
        `${script.method ?? 'any'} ${script.path ?? 'path'}`,
        left(remaining),
      ]),
    ...webhooks.faults
      .list()
      .map((fault) => [fault.kind, `webhook ${fault.event ?? 'of any event'}`, left(fault.remaining)]),
  ]
  return table(['Fault', 'Where', 'Left'], rows)
}

function requestTable({ log }: InspectionParts): Html {
  const rows = log.entries
    .slice(-SHOWN)
    .reverse()
    .map((entry) => [
      entry.at.toISOString(),
      `${entry.method} ${entry.path}`,
      entry.status === null ? 'no answer' : String(entry.status),
      entry.fault ?? '',
      entry.body.slice(0, 300),
    ])
  return table(['At', 'Request', 'Answer', 'Fault', 'Body'], rows)
}

function deliveryTable({ webhooks }: InspectionParts): Html {
  const rows = webhooks
    .deliveries()
    .slice(-SHOWN)
    .reverse()
    .map((delivery) => [
      delivery.event,
      delivery.url,
      delivery.state,
      delivery.attempts.map(({ status, error }) => status ?? error ?? '').join(', '),
      delivery.fault ?? '',
    ])
  return table(['Event', 'To', 'State', 'Attempts', 'Fault'], rows)
}

function left(remaining: number | null): string {
  return remaining === null ? 'without end' : String(remaining)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  if (rows.length === 0) return html`<p class="faint">None.</p>`
  return html`<table>
    <thead>
      <tr>
        ${head.map((name) => html`<th>${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`
}
