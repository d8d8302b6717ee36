/** What an administrator has set up on a Jira site: everything but its tickets. */

export const JIRA_PERMISSIONS = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'EDIT_ISSUES',
  'TRANSITION_ISSUES',
  'RESOLVE_ISSUES',
  'ASSIGN_ISSUES',
  'ASSIGNABLE_USER',
  'ADD_COMMENTS',
  'EDIT_OWN_COMMENTS',
  'EDIT_ALL_COMMENTS',
  'LINK_ISSUES',
  'DELETE_ISSUES',
  'ADMINISTER',
] as const
export type JiraPermission = (typeof JIRA_PERMISSIONS)[number]

/** Fields may be changed while the simulator runs, to play an administrator. */
export interface JiraUser {
  /** Cloud's only identifier; never shown by Data Center. */
  readonly accountId: string
  /** Data Center's `name` and `key`; never shown by Cloud. */
  readonly name: string
  readonly key: string
  displayName: string
  emailAddress: string
  /** On Cloud people may hide it from everybody's view. */
  emailVisible: boolean
  active: boolean
  permissions: readonly JiraPermission[]
  /** API token, personal access token or password. Without one the user cannot log in. */
  token: string | null
  /** From when on Data Center takes it for a personal access token no more; `null`: never. */
  tokenExpiresAt: Date | null
  /** Further personal access tokens, by their names. */
  otherTokens: readonly { readonly name: string; readonly expiresAt: Date | null }[]
}

export interface JiraProject {
  readonly id: string
  readonly key: string
  readonly name: string
}

export interface JiraIssueType {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Ids of the statuses that the type is said to have; all of the site's when left out. */
  readonly statuses?: readonly string[]
}

type JiraStatusCategory = 'new' | 'indeterminate' | 'done'

export interface JiraStatus {
  readonly id: string
  readonly name: string
  readonly category: JiraStatusCategory
}

export interface JiraTransition {
  readonly id: string
  readonly name: string
  /** Status ids; `any` makes it a global transition. */
  readonly from: readonly string[] | 'any'
  readonly to: string
  /** Ids of the fields on its screen; empty for a transition without one. */
  readonly screen: readonly string[]
  /** Those of them without which it is refused. */
  readonly required: readonly string[]
  /** Set by a post-function when no screen asks for it. */
  readonly setsResolution: string | null
}

export interface JiraNamedValue {
  readonly id: string
  readonly name: string
}

export interface JiraCustomField {
  /** `customfield_` and a number. */
  readonly id: string
  readonly name: string
  readonly type: 'text' | 'textarea' | 'number' | 'select' | 'url'
  /** At create and edit. */
  readonly required?: boolean
  /** Of a select. */
  readonly options?: readonly JiraNamedValue[]
}

export interface JiraSite {
  readonly flavour: 'cloud' | 'data-center'
  readonly title: string
  /** Of the server and of every user: JQL's dates without zone are in it. */
  readonly timeZone: string
  readonly projects: readonly JiraProject[]
  readonly issueTypes: readonly JiraIssueType[]
  readonly priorities: readonly JiraNamedValue[]
  readonly resolutions: readonly JiraNamedValue[]
  readonly statuses: readonly JiraStatus[]
  readonly initialStatus: string
  readonly transitions: readonly JiraTransition[]
  readonly users: readonly JiraUser[]
  readonly customFields: readonly JiraCustomField[]
  /** Fields that are on no create or edit screen. */
  readonly offScreen: ReadonlySet<string>
}

/** A user by any of the identifiers a person may type. */
export function findUser(site: JiraSite, reference: string): JiraUser | null {
  const wanted = reference.toLowerCase()
  const names = (user: JiraUser): string[] => [
    user.accountId,
    user.key,
    user.name,
    user.emailAddress,
    user.displayName,
  ]
  return site.users.find((user) => names(user).some((name) => name.toLowerCase() === wanted)) ?? null
}

/** Whether issues may be given to the user. */
export function isAssignable(user: JiraUser): boolean {
  return user.active && user.permissions.includes('ASSIGNABLE_USER')
}

export function userOf(site: JiraSite, accountId: string): JiraUser {
  return found(
    site.users.find((user) => user.accountId === accountId),
    `user ${accountId}`,
  )
}

export function statusOf(site: JiraSite, id: string): JiraStatus {
  return found(
    site.statuses.find((status) => status.id === id),
    `status ${id}`,
  )
}

export function projectOf(site: JiraSite, id: string): JiraProject {
  return found(
    site.projects.find((project) => project.id === id),
    `project ${id}`,
  )
}

export function findProject(site: JiraSite, idOrKey: string): JiraProject | null {
  return site.projects.find(({ id, key }) => id === idOrKey || key === idOrKey.toUpperCase()) ?? null
}

export function namedValue<Value extends JiraNamedValue>(values: readonly Value[], id: string): Value {
  return found(
    values.find((value) => value.id === id),
    `value ${id}`,
  )
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The simulated site has no ${what}`)
  return value
}
