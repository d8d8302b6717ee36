import type { DetectionReport, Issue } from '@tripline/core'
import type { DetectionFormat } from './detection-format.ts'
import { attacksOf, type Sourced } from './ocsf/attacks.ts'
import { categoriesOf } from './ocsf/categories.ts'
import { findingTimes } from './ocsf/instants.ts'
import { participantsOf } from './ocsf/participants.ts'
import { propertiesOf } from './ocsf/properties.ts'
import { fieldsOf, numberOf, textOf, textsOf, type Fields } from './ocsf/reading.ts'
import { riskScoreOf } from './ocsf/risk-score.ts'
import { trackingOf } from './ocsf/tracking.ts'
import { invalidRecord, parseReport, type OriginalPath } from './parse-report.ts'

const DETECTION_FINDING = 2004

/**
 * Detection Findings (class 2004) of OCSF, from 1.1, where the class begins: https://schema.ocsf.io/classes/detection_finding
 *
 * - The identity is `finding_info.uid`. The type is made of the first of `finding_info.types`, else of the analytic, else of
 *   the event code, else of the product's name, as a word in lower case.
 * - The risk score is `risk_score`, else by severity: Informational 10, Low 25, Medium 50, High 80, Critical 90, Fatal 99.
 * - Status: New is `open`; In Progress is `in_progress`; Suppressed is `closed` with `no_action_taken`; Resolved is
 *   `closed` with `action_taken`; Archived, and the activity Close, are `closed`.
 * - What has no place of its own is kept in the properties, by its OCSF names; `raw_data` is left out.
 *
 * What is not needed is not judged: producers stray from the schema, and a finding with an odd evidence is still a finding.
 */
export const ocsfFormat: DetectionFormat = {
  name: 'ocsf',
  title: 'OCSF Detection Finding',
  parse(record: unknown): DetectionReport {
    const fields = fieldsOf(record)
    const finding = fieldsOf(fields['finding_info'])
    const times = findingTimes(fields, finding)
    const issues = problemsOf(record, fields, finding, times !== null)
    if (issues.length > 0) throw invalidRecord(issues)

    const attacks = attacksOf(fields, finding)
    const participants = participantsOf(fields)
    const title = titleOf(fields, finding)
    const description = descriptionOf(fields, finding)
    const report = {
      externalId: textOf(finding['uid']),
      title: title.value,
      description: description.value,
      type: typeOf(fields, finding),
      categories: categoriesOf(finding, attacks),
      riskScore: riskScoreOf(fields),
      ...times,
      participants: participants.map(({ value }) => value),
      properties: propertiesOf(fields, finding),
      mitreTactics: attacks.tactics.map(({ value }) => value),
      mitreTechniques: attacks.techniques.map(({ value }) => value),
      url: textOf(finding['src_url']) ?? textOf(fields['src_url']),
      tracking: trackingOf(fields),
    }
    return parseReport(
      report,
      originalPath({
        externalId: 'finding_info.uid',
        title: title.path,
        description: description.path,
        type: 'finding_info.types',
        url: 'finding_info.src_url',
        'tracking.assignee': 'assignee',
        'tracking.ticketId': 'tickets',
        startTime: 'start_time',
        endTime: 'end_time',
        createTime: 'finding_info.created_time',
        updateTime: 'finding_info.modified_time',
        ...paths('participants', participants),
        ...paths('mitreTactics', attacks.tactics),
        ...paths('mitreTechniques', attacks.techniques),
      }),
    )
  },
}

function problemsOf(record: unknown, fields: Fields, finding: Fields, hasTime: boolean): readonly Issue[] {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return [{ path: '', message: 'must be an object' }]
  }
  const stranger = otherClass(fields)
  if (stranger !== null) return [stranger]
  const issues: Issue[] = []
  const { uid } = finding
  if (fields['finding_info'] === undefined) issues.push({ path: 'finding_info', message: 'is missing' })
  else if (typeof uid === 'number' && !Number.isSafeInteger(uid)) {
    const message = `${uid} is beyond the integers that a JSON number can hold exactly; write the uid as a string.`
    issues.push({ path: 'finding_info.uid', message })
  } else if (textOf(uid) === null) {
    issues.push({ path: 'finding_info.uid', message: 'is missing: it identifies the finding' })
  }
  if (!hasTime)
    issues.push({ path: 'time', message: 'is missing or no time: milliseconds since 1970, or time_dt' })
  return issues
}

function otherClass(fields: Fields): Issue | null {
  const name = textOf(fields['class_name'])
  if (fields['class_uid'] === undefined) {
    if (name !== null && /^detection findings?$/i.test(name)) return null
    const message = `is missing${name === null ? '' : `, and class_name is ${JSON.stringify(name)}`}`
    return { path: 'class_uid', message: `${message}; only Detection Finding (2004) is read` }
  }
  if (numberOf(fields['class_uid']) === DETECTION_FINDING) return null
  const uid = JSON.stringify(fields['class_uid'])
  return {
    path: 'class_uid',
    message: `is ${uid}${name === null ? '' : ` (${name})`}; only Detection Finding (2004) is read`,
  }
}

function titleOf(fields: Fields, finding: Fields): Sourced<string> {
  const choices = [
    { value: textOf(finding['title']), path: 'finding_info.title' },
    { value: textOf(fields['message'])?.split('\n')[0]?.slice(0, 300), path: 'message' },
    { value: textsOf(finding['types'])[0], path: 'finding_info.types.0' },
    { value: textOf(fieldsOf(finding['analytic'])['name']), path: 'finding_info.analytic.name' },
  ]
  for (const { value, path } of choices) {
    if (typeof value === 'string' && value.trim() !== '') return { value, path }
  }
  return { value: 'Detection Finding', path: 'finding_info.title' }
}

/** The finding's description, else its message, with what is advised to do about it below. */
function descriptionOf(fields: Fields, finding: Fields): Sourced<string | null> {
  const described = textOf(finding['desc'])
  const text = described ?? textOf(fields['message'])
  const remediation = fieldsOf(fields['remediation'])
  const advice = [
    textOf(remediation['desc']),
    ...textsOf(remediation['references']).map((reference) => `- <${reference}>`),
  ].filter((part) => part !== null)
  const parts = advice.length === 0 ? [text] : [text, `**Remediation:** ${advice.join('\n')}`]
  const value = parts.filter((part) => part !== null).join('\n\n')
  return { value: value === '' ? null : value, path: described === null ? 'message' : 'finding_info.desc' }
}

function typeOf(fields: Fields, finding: Fields): string {
  const analytic = fieldsOf(finding['analytic'])
  const metadata = fieldsOf(fields['metadata'])
  const product = fieldsOf(metadata['product'])
  const candidates = [
    textsOf(finding['types'])[0],
    textOf(analytic['name']),
    textOf(analytic['uid']),
    textOf(metadata['event_code']),
    textOf(product['name']),
    textOf(product['vendor_name']),
  ]
  for (const candidate of candidates) {
    const word = wordOf(candidate ?? '')
    if (word !== '') return word
  }
  return 'detection_finding'
}

/** `TTPs/Defense Evasion/Stealth:IAMUser-X` becomes `ttps_defense_evasion_stealth_iamuser_x`. */
function wordOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '_')
    .replace(/^[_.]+|[_.]+$/g, '')
    .slice(0, 300)
}

function paths(name: string, entries: readonly Sourced<unknown>[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ path }, index) => [`${name}.${index}`, path]))
}

/** Members of participants and of tactics by the names they have in OCSF. */
const memberNames: ReadonlyMap<string, string> = new Map([
  ['objectValue', 'ip'],
  ['username', 'name'],
  ['id', 'uid'],
  ['url', 'src_url'],
])

function originalPath(sources: Readonly<Record<string, string>>): OriginalPath {
  return (path) => {
    const names = path.map(String)
    for (let length = names.length; length > 0; length--) {
      const source = sources[names.slice(0, length).join('.')]
      if (source === undefined) continue
      return [source, ...names.slice(length).map((name) => memberNames.get(name) ?? name)].join('.')
    }
    return names[0] === 'properties' ? names.slice(1).join('.') : names.join('.')
  }
}
