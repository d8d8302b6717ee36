import { jsonAnswer, param, type Route, type SimulatorRequest } from '@tripline/adapter-testkit/simulator'
import { may } from './caller.ts'
import { allFields, createFields, fieldMetadataJson, type FieldDescription } from './issue-fields.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { pageOf, queryList, restRoute, versionOf, type RestCall } from './rest-route.ts'
import { findProject, type JiraProject } from './site.ts'
import { issueTypeJson, priorityJson, projectJson, resolutionJson, selfUrl, statusJson } from './site-json.ts'
import { userJson } from './user-json.ts'

/** Projects, types, statuses, priorities, resolutions, fields, and what a create needs. */
export function siteRoutes(jira: Jira): Route[] {
  const { site } = jira
  return [
    {
      method: 'GET',
      path: '/rest/api/:version/serverInfo',
      handle(request) {
        versionOf(jira, request)
        return jsonAnswer(200, serverInfo(jira))
      },
    },
    restRoute(jira, 'GET', 'project', () =>
      jsonAnswer(
        200,
        site.projects.map((project) => projectJson(jira, project)),
      ),
    ),
    ...(isCloud(jira)
      ? [
          restRoute(jira, 'GET', 'project/search', ({ request }) =>
            jsonAnswer(200, projectPage(jira, request)),
          ),
        ]
      : []),
    restRoute(jira, 'GET', 'project/:project', (call) => {
      const lead = site.users[0]
      return jsonAnswer(200, {
        ...projectJson(jira, visibleProject(jira, call)),
        description: '',
        issueTypes: site.issueTypes.map((type) => issueTypeJson(jira, type)),
        ...(lead === undefined ? {} : { lead: userJson(jira, lead) }),
        assigneeType: 'UNASSIGNED',
        components: [],
        versions: [],
        roles: {},
      })
    }),
    restRoute(jira, 'GET', 'project/:project/statuses', (call) => {
      visibleProject(jira, call)
      return jsonAnswer(
        200,
        site.issueTypes.map(({ id, name, statuses }) => ({
          self: selfUrl(jira, `issuetype/${id}`),
          id,
          name,
          subtask: false,
          statuses: (statuses ?? site.statuses.map((status) => status.id)).map((status) =>
            statusJson(jira, status),
          ),
        })),
      )
    }),
    restRoute(jira, 'GET', 'status', () =>
      jsonAnswer(
        200,
        site.statuses.map(({ id }) => statusJson(jira, id)),
      ),
    ),
    restRoute(jira, 'GET', 'resolution', () =>
      jsonAnswer(
        200,
        site.resolutions.map((value) => resolutionJson(jira, value)),
      ),
    ),
    restRoute(jira, 'GET', 'priority', () =>
      jsonAnswer(
        200,
        site.priorities.map((value) => priorityJson(jira, value)),
      ),
    ),
    restRoute(jira, 'GET', 'issuetype', () =>
      jsonAnswer(
        200,
        site.issueTypes.map((type) => issueTypeJson(jira, type)),
      ),
    ),
    restRoute(jira, 'GET', 'field', () =>
      jsonAnswer(
        200,
        allFields(jira).map((field) => fieldJson(jira, field)),
      ),
    ),
    ...createMetaRoutes(jira),
  ]
}

function createMetaRoutes(jira: Jira): Route[] {
  const { site } = jira
  return [
    restRoute(jira, 'GET', 'issue/createmeta', ({ request }) => {
      // Data Center took it away in 9.0 and takes the word for an issue's key.
      if (!isCloud(jira)) throw jiraError(404, 'Issue Does Not Exist')
      return jsonAnswer(200, wholeCreateMeta(jira, request))
    }),
    restRoute(jira, 'GET', 'issue/createmeta/:project/issuetypes', (call) => {
      visibleProject(jira, call, 400)
      return jsonAnswer(
        200,
        metaPage(
          jira,
          call.request,
          'issueTypes',
          site.issueTypes.map((type) => issueTypeJson(jira, type)),
        ),
      )
    }),
    restRoute(jira, 'GET', 'issue/createmeta/:project/issuetypes/:type', (call) => {
      visibleProject(jira, call, 400)
      const type = param(call.request, 'type')
      if (!site.issueTypes.some(({ id }) => id === type))
        throw jiraError(400, `The issue type '${type}' is not in the project.`)
      const fields = createFields(jira).map((field) => ({ ...fieldMetadataJson(field), fieldId: field.id }))
      return jsonAnswer(200, metaPage(jira, call.request, 'fields', fields))
    }),
  ]
}

/** The two flavours call the list by different names. */
function metaPage(
  jira: Jira,
  request: SimulatorRequest,
  cloudName: string,
  all: readonly unknown[],
): Record<string, unknown> {
  const { startAt, maxResults } = pageOf(request, 50, 200)
  const shown = all.slice(startAt, startAt + maxResults)
  const page = { startAt, maxResults, total: all.length }
  return isCloud(jira)
    ? { ...page, [cloudName]: shown }
    : { ...page, isLast: startAt + shown.length >= all.length, values: shown }
}

/** Deprecated on Cloud, but there. */
function wholeCreateMeta(jira: Jira, request: SimulatorRequest): Record<string, unknown> {
  const keys = queryList(request, 'projectKeys')
  const projects = jira.site.projects.filter(({ key }) => keys.length === 0 || keys.includes(key))
  const fields = Object.fromEntries(createFields(jira).map((field) => [field.id, fieldMetadataJson(field)]))
  const withFields = queryList(request, 'expand').includes('projects.issuetypes.fields')
  return {
    expand: 'projects',
    projects: projects.map(({ id, key, name }) => ({
      self: selfUrl(jira, `project/${id}`),
      id,
      key,
      name,
      issuetypes: jira.site.issueTypes.map((type) => ({
        ...issueTypeJson(jira, type),
        ...(withFields ? { fields } : {}),
      })),
    })),
  }
}

function projectPage(jira: Jira, request: SimulatorRequest): Record<string, unknown> {
  const { startAt, maxResults } = pageOf(request, 50, 100)
  const query = (request.query.get('query') ?? '').toLowerCase()
  const keys = queryList(request, 'keys')
  const found = jira.site.projects.filter(
    ({ key, name }) =>
      `${key} ${name}`.toLowerCase().includes(query) && (keys.length === 0 || keys.includes(key)),
  )
  const values = found.slice(startAt, startAt + maxResults).map((project) => projectJson(jira, project))
  return {
    self: selfUrl(jira, 'project/search'),
    startAt,
    maxResults,
    total: found.length,
    isLast: startAt + values.length >= found.length,
    values,
  }
}

function visibleProject(jira: Jira, { request, caller }: RestCall, status = 404): JiraProject {
  const reference = param(request, 'project')
  const project = findProject(jira.site, reference)
  if (project === null || !may(caller, 'BROWSE_PROJECTS')) {
    throw jiraError(status, `No project could be found with key '${reference}'.`)
  }
  return project
}

function fieldJson(jira: Jira, { id, name, schema }: FieldDescription): Record<string, unknown> {
  const custom = id.startsWith('customfield_')
  return {
    id,
    ...(isCloud(jira) ? { key: id } : {}),
    name,
    custom,
    orderable: true,
    navigable: true,
    searchable: true,
    clauseNames: custom ? [`cf[${id.replace('customfield_', '')}]`, name] : [id],
    schema,
  }
}

function serverInfo(jira: Jira): Record<string, unknown> {
  const { baseUrl, site, time } = jira
  const cloud = isCloud(jira)
  return {
    baseUrl,
    version: cloud ? '1001.0.0-SNAPSHOT' : '10.3.24',
    versionNumbers: cloud ? [1001, 0, 0] : [10, 3, 24],
    // Data Center calls itself Server here.
    deploymentType: cloud ? 'Cloud' : 'Server',
    buildNumber: cloud ? 100_291 : 10_030_024,
    buildDate: time.timestamp(Date.UTC(2026, 8, 1)),
    serverTime: time.timestamp(jira.now().getTime()),
    serverTitle: site.title,
  }
}
