import {
  JIRA_PERMISSIONS,
  type JiraCustomField,
  type JiraIssueType,
  type JiraPermission,
  type JiraProject,
  type JiraSite,
  type JiraTransition,
  type JiraUser,
} from './site.ts'

/** A user to put on the site; what is left out is derived from the name or believable. */
export type JiraUserDraft = Pick<JiraUser, 'name' | 'displayName'> & Partial<JiraUser>

/** How the site differs from the believable default. */
export interface JiraSiteOptions {
  readonly flavour: JiraSite['flavour']
  readonly timeZone?: string | undefined
  readonly projects?: readonly JiraProject[] | undefined
  readonly issueTypes?: readonly JiraIssueType[] | undefined
  /** Replace the default people. The first one with a token is the integration. */
  readonly users?: readonly JiraUserDraft[] | undefined
  /** Tokens by user name or e-mail address, instead of the users' own. */
  readonly tokens?: Readonly<Record<string, string>> | undefined
  readonly customFields?: readonly JiraCustomField[] | undefined
  /** Ids of fields to take off every create and edit screen. */
  readonly offScreen?: readonly string[] | undefined
  /**
   * Whether the transition to Done asks for a resolution. `required`: refused without. `optional`: on the screen, and left empty when not
   * given, so that a done ticket has none. `absent`: not on the screen and set to Done by the workflow. Default `optional`.
   */
  readonly resolutionOnDone?: 'required' | 'optional' | 'absent' | undefined
  /** Replace the default workflow's transitions. */
  readonly transitions?: readonly JiraTransition[] | undefined
}

const EVERYTHING = JIRA_PERMISSIONS
const WORKING: readonly JiraPermission[] = JIRA_PERMISSIONS.filter(
  (permission) => permission !== 'ADMINISTER' && permission !== 'DELETE_ISSUES',
)

const PEOPLE: readonly JiraUserDraft[] = [
  {
    name: 'tripline',
    displayName: 'Tripline',
    token: 'tripline-token',
    permissions: EVERYTHING.filter((permission) => permission !== 'ASSIGNABLE_USER'),
  },
  { name: 'mlindqvist', displayName: 'Maria Lindqvist', token: 'maria-token' },
  { name: 'daydin', displayName: 'Deniz Aydın' },
  { name: 'praman', displayName: 'Priya Raman', emailVisible: false },
  { name: 'therrera', displayName: 'Tomás Herrera' },
  { name: 'oldhand', displayName: 'Olga Petrov', active: false },
  { name: 'auditor', displayName: 'Audit Viewer', permissions: ['BROWSE_PROJECTS'], token: 'auditor-token' },
]

const TO_DO = '10000'
const IN_PROGRESS = '3'
const IN_REVIEW = '10001'
const DONE = '10002'
const DONE_RESOLUTION = '10000'

export function createSite(options: JiraSiteOptions): JiraSite {
  return {
    flavour: options.flavour,
    title: options.flavour === 'cloud' ? 'Simulated Jira Cloud' : 'Simulated Jira Data Center',
    // Not UTC, so that whoever forgets that JQL speaks the site's time finds out.
    timeZone: options.timeZone ?? 'Europe/Stockholm',
    projects: options.projects ?? [
      { id: '10000', key: 'SEC', name: 'Security' },
      { id: '10001', key: 'NET', name: 'Network operations' },
    ],
    issueTypes: options.issueTypes ?? [
      { id: '10001', name: 'Task', description: 'A piece of work.' },
      { id: '10002', name: 'Bug', description: 'Something that does not work.' },
      { id: '10003', name: 'Incident', description: 'A security incident.' },
    ],
    priorities: ['Highest', 'High', 'Medium', 'Low', 'Lowest'].map((name, index) => ({
      id: String(index + 1),
      name,
    })),
    resolutions: ['Done', "Won't Do", 'Duplicate', 'Cannot Reproduce', 'False Positive'].map(
      (name, index) => ({
        id: String(10_000 + index),
        name,
      }),
    ),
    statuses: [
      { id: TO_DO, name: 'To Do', category: 'new' },
      { id: IN_PROGRESS, name: 'In Progress', category: 'indeterminate' },
      { id: IN_REVIEW, name: 'In Review', category: 'indeterminate' },
      { id: DONE, name: 'Done', category: 'done' },
    ],
    initialStatus: TO_DO,
    transitions: options.transitions ?? defaultTransitions(options.resolutionOnDone ?? 'optional'),
    users: (options.users ?? PEOPLE).map((draft, index) => userFrom(draft, index, options.tokens ?? {})),
    customFields: options.customFields ?? [
      { id: 'customfield_10050', name: 'Detection ID', type: 'text' },
      {
        id: 'customfield_10051',
        name: 'Severity',
        type: 'select',
        options: ['Critical', 'Major', 'Minor'].map((name, index) => ({ id: String(10_100 + index), name })),
      },
      { id: 'customfield_10052', name: 'Console', type: 'url' },
    ],
    offScreen: new Set(options.offScreen),
  }
}

function defaultTransitions(resolutionOnDone: 'required' | 'optional' | 'absent'): JiraTransition[] {
  const plain = { screen: [], required: [], setsResolution: null }
  return [
    { id: '11', name: 'To Do', from: [IN_PROGRESS, IN_REVIEW], to: TO_DO, ...plain },
    { id: '21', name: 'In Progress', from: 'any', to: IN_PROGRESS, ...plain },
    { id: '31', name: 'In Review', from: 'any', to: IN_REVIEW, ...plain },
    {
      id: '41',
      name: 'Done',
      from: 'any',
      to: DONE,
      screen: resolutionOnDone === 'absent' ? [] : ['resolution', 'assignee', 'comment'],
      required: resolutionOnDone === 'required' ? ['resolution'] : [],
      setsResolution: resolutionOnDone === 'absent' ? DONE_RESOLUTION : null,
    },
    { id: '51', name: 'Reopen', from: [DONE], to: TO_DO, ...plain },
  ]
}

function userFrom(draft: JiraUserDraft, index: number, tokens: Readonly<Record<string, string>>): JiraUser {
  const emailAddress = draft.emailAddress ?? `${draft.name}@example.com`
  return {
    accountId: `712020:5f0c1e2a-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
    key: `JIRAUSER1${String(index + 1).padStart(4, '0')}`,
    emailVisible: true,
    active: true,
    permissions: WORKING,
    ...draft,
    emailAddress,
    tokenExpiresAt: draft.tokenExpiresAt ?? null,
    otherTokens: draft.otherTokens ?? [],
    token: tokens[draft.name] ?? tokens[emailAddress] ?? draft.token ?? null,
  }
}
