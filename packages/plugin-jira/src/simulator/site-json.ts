import { isCloud, type Jira } from './jira.ts'
import { namedValue, statusOf, type JiraIssueType, type JiraNamedValue, type JiraProject } from './site.ts'

const CATEGORIES = {
  new: { id: 2, colorName: 'blue-gray', name: 'To Do' },
  indeterminate: { id: 4, colorName: 'yellow', name: 'In Progress' },
  done: { id: 3, colorName: 'green', name: 'Done' },
} as const

/** The address of a resource in the newest version that the flavour has. */
export function selfUrl(jira: Jira, path: string): string {
  return `${jira.baseUrl}/rest/api/${isCloud(jira) ? '3' : '2'}/${path}`
}

export function statusJson(jira: Jira, statusId: string): Record<string, unknown> {
  const { id, name, category } = statusOf(jira.site, statusId)
  const categoryJson = CATEGORIES[category]
  return {
    self: selfUrl(jira, `status/${id}`),
    description: '',
    iconUrl: `${jira.baseUrl}/images/icons/statuses/generic.png`,
    name,
    id,
    statusCategory: {
      self: selfUrl(jira, `statuscategory/${categoryJson.id}`),
      id: categoryJson.id,
      key: category,
      colorName: categoryJson.colorName,
      name: categoryJson.name,
    },
  }
}

export function priorityJson(jira: Jira, { id, name }: JiraNamedValue): Record<string, unknown> {
  const iconUrl = `${jira.baseUrl}/images/icons/priorities/${name.toLowerCase()}.svg`
  return { self: selfUrl(jira, `priority/${id}`), iconUrl, name, id }
}

export function priorityJsonById(jira: Jira, id: string): Record<string, unknown> {
  return priorityJson(jira, namedValue(jira.site.priorities, id))
}

export function resolutionJson(jira: Jira, { id, name }: JiraNamedValue): Record<string, unknown> {
  return { self: selfUrl(jira, `resolution/${id}`), id, description: '', name }
}

export function resolutionJsonById(jira: Jira, id: string | null): Record<string, unknown> | null {
  return id === null ? null : resolutionJson(jira, namedValue(jira.site.resolutions, id))
}

export function issueTypeJson(jira: Jira, type: JiraIssueType): Record<string, unknown> {
  return {
    self: selfUrl(jira, `issuetype/${type.id}`),
    id: type.id,
    description: type.description,
    iconUrl: `${jira.baseUrl}/images/icons/issuetypes/${type.name.toLowerCase()}.svg`,
    name: type.name,
    subtask: false,
  }
}

export function projectJson(jira: Jira, project: JiraProject): Record<string, unknown> {
  const avatar = `${jira.baseUrl}/secure/projectavatar?pid=${project.id}`
  return {
    self: selfUrl(jira, `project/${project.id}`),
    id: project.id,
    key: project.key,
    name: project.name,
    avatarUrls: { '48x48': `${avatar}&size=large`, '24x24': `${avatar}&size=small` },
    projectTypeKey: 'software',
    ...(isCloud(jira) ? { simplified: false, style: 'classic', isPrivate: false } : {}),
  }
}
