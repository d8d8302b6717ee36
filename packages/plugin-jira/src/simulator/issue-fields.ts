import type { Jira } from './jira.ts'
import type { JiraCustomField, JiraTransition } from './site.ts'
import { issueTypeJson, priorityJson, projectJson, resolutionJson } from './site-json.ts'

/** A field as create screens, edit screens and transition screens describe it. */
export interface FieldDescription {
  readonly id: string
  readonly name: string
  readonly required: boolean
  readonly schema: Readonly<Record<string, unknown>>
  readonly operations: readonly string[]
  readonly hasDefaultValue: boolean
  readonly allowedValues?: readonly unknown[]
}

const ALWAYS_ON_SCREEN = new Set(['project', 'issuetype', 'summary'])

/** On the create screen of every issue type. */
export function createFields(jira: Jira): FieldDescription[] {
  return allFields(jira).filter(
    ({ id }) =>
      id !== 'resolution' && id !== 'comment' && (ALWAYS_ON_SCREEN.has(id) || !jira.site.offScreen.has(id)),
  )
}

/** On the edit screen. */
export function editFields(jira: Jira): FieldDescription[] {
  return allFields(jira).filter(
    ({ id }) => id !== 'resolution' && id !== 'project' && (id === 'summary' || !jira.site.offScreen.has(id)),
  )
}

/** On a transition's screen. */
export function transitionFields(jira: Jira, transition: JiraTransition): FieldDescription[] {
  return allFields(jira)
    .filter(({ id }) => transition.screen.includes(id))
    .map((field) => ({ ...field, required: transition.required.includes(field.id) }))
}

export function allFields(jira: Jira): FieldDescription[] {
  const { site } = jira
  const field = (
    id: string,
    name: string,
    type: string,
    more: Partial<FieldDescription> & { items?: string } = {},
  ): FieldDescription => {
    const { items, ...rest } = more
    return {
      id,
      name,
      required: false,
      schema: { type, ...(items === undefined ? {} : { items }), system: id },
      operations: ['set'],
      hasDefaultValue: false,
      ...rest,
    }
  }
  return [
    field('project', 'Project', 'project', {
      required: true,
      allowedValues: site.projects.map((project) => projectJson(jira, project)),
    }),
    field('issuetype', 'Issue Type', 'issuetype', {
      required: true,
      operations: [],
      allowedValues: site.issueTypes.map((type) => issueTypeJson(jira, type)),
    }),
    field('summary', 'Summary', 'string', { required: true }),
    field('description', 'Description', 'string'),
    field('priority', 'Priority', 'priority', {
      hasDefaultValue: true,
      allowedValues: site.priorities.map((priority) => priorityJson(jira, priority)),
    }),
    field('labels', 'Labels', 'array', { items: 'string', operations: ['add', 'set', 'remove'] }),
    field('assignee', 'Assignee', 'user'),
    field('reporter', 'Reporter', 'user', { hasDefaultValue: true }),
    field('resolution', 'Resolution', 'resolution', {
      allowedValues: site.resolutions.map((resolution) => resolutionJson(jira, resolution)),
    }),
    field('comment', 'Comment', 'comments-page', { operations: ['add'] }),
    ...site.customFields.map((custom) => customField(jira, custom)),
  ]
}

const CUSTOM_SCHEMA: Readonly<Record<JiraCustomField['type'], { type: string; custom: string }>> = {
  text: { type: 'string', custom: 'textfield' },
  textarea: { type: 'string', custom: 'textarea' },
  url: { type: 'string', custom: 'url' },
  number: { type: 'number', custom: 'float' },
  select: { type: 'option', custom: 'select' },
}

function customField(jira: Jira, field: JiraCustomField): FieldDescription {
  const { type, custom } = CUSTOM_SCHEMA[field.type]
  return {
    id: field.id,
    name: field.name,
    required: field.required ?? false,
    schema: {
      type,
      custom: `com.atlassian.jira.plugin.system.customfieldtypes:${custom}`,
      customId: Number(field.id.replace('customfield_', '')),
    },
    operations: ['set'],
    hasDefaultValue: false,
    ...(field.options === undefined
      ? {}
      : { allowedValues: field.options.map((option) => optionJson(jira, option)) }),
  }
}

export function optionJson(jira: Jira, option: { id: string; name: string }): Record<string, unknown> {
  return {
    self: `${jira.baseUrl}/rest/api/2/customFieldOption/${option.id}`,
    value: option.name,
    id: option.id,
  }
}

/** As the field metadata of screens is sent. */
export function fieldMetadataJson(field: FieldDescription): Record<string, unknown> {
  const { id, ...rest } = field
  return { ...rest, key: id }
}
