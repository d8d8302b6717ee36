import { type HttpAnswer, parseAnswer } from '@tripline/adapter-http'
import type { JsonObject } from '@tripline/core'
import type JiraApi from 'jira-client'
import type { z } from 'zod'
import { missingRoute, requireMissingThing } from './jira-errors.ts'
import * as payloads from './jira-payloads.ts'
import { type Envelope, opened } from './jira-transport.ts'
import type { JiraSettings } from './settings.ts'

/** Marks what Tripline made, as the key of an entity property: cloned issues take labels along, but no properties. */
export const originProperty = 'tripline'

const PAGE_OVERLAP = 10

/** A page of a search, and where the next one begins. */
export interface FoundIssues {
  readonly issues: readonly { readonly id: string; readonly key: string }[]
  readonly next: string | null
}

/** The requests of one call of the adapter, which end with its signal. `null`: it is not there, or we may not see it. */
export class JiraClient {
  readonly #api: JiraApi<Envelope>
  readonly #cloud: boolean
  readonly #project: string

  constructor(api: JiraApi<Envelope>, { deployment, projectKey }: JiraSettings) {
    this.#api = api
    this.#cloud = deployment === 'cloud'
    this.#project = projectKey
  }

  /** @param expand what else to say of it: `changelog`, `transitions`, `transitions.fields` */
  async getIssue(idOrKey: string, expand: readonly string[] = []): Promise<payloads.JiraIssue | null> {
    const query = {
      fields: payloads.issueFields.join(','),
      properties: originProperty,
      ...(expand.length === 0 ? {} : { expand: expand.join(',') }),
    }
    return readThing(await this.#get(`/issue/${idOrKey}`, query), payloads.issueSchema)
  }

  async createIssue(body: JsonObject): Promise<z.output<typeof payloads.createdSchema>> {
    return read(await this.#api.addNewIssue(body), payloads.createdSchema)
  }

  /** Whether the issue is there. */
  async editIssue(id: string, fields: JsonObject): Promise<boolean> {
    return done(await this.#api.updateIssue(id, { fields }))
  }

  async listTransitions(id: string): Promise<readonly payloads.JiraTransition[] | null> {
    const found = readThing(await this.#api.listTransitions(id), payloads.transitionsSchema)
    return found?.transitions ?? null
  }

  async transitionIssue(id: string, transitionId: string, fields: JsonObject): Promise<boolean> {
    return done(await this.#api.transitionIssue(id, { transition: { id: transitionId }, fields }))
  }

  async assignIssue(id: string, accountId: string | null): Promise<boolean> {
    return done(
      this.#cloud
        ? await this.#api.updateAssigneeWithId(id, accountId)
        : await this.#api.updateAssignee(id, accountId),
    )
  }

  /** Made once per `globalId` and updated after. */
  async putRemoteLink(id: string, link: JsonObject): Promise<boolean> {
    return done(await this.#api.createRemoteLink(id, link))
  }

  async listComments(id: string, startAt: number): Promise<z.output<typeof payloads.commentsSchema> | null> {
    const query = { startAt: String(startAt), maxResults: '100', orderBy: '-created' }
    return readThing(await this.#get(`/issue/${id}/comment`, query), payloads.commentsSchema)
  }

  async addComment(id: string, body: JsonObject): Promise<z.output<typeof payloads.commentSchema> | null> {
    return readThing(await this.#api.addCommentAdvanced(id, body), payloads.commentSchema)
  }

  /** @param from what an earlier page named as the next, `null` for the first */
  async searchIssues(jql: string, from: string | null, maxResults: number): Promise<FoundIssues> {
    const fields = ['summary']
    if (this.#cloud) {
      const body = { jql, fields, maxResults, ...(from === null ? {} : { nextPageToken: from }) }
      const page = read(await this.#search('/search/jql', body), payloads.tokenPageSchema)
      return { issues: page.issues, next: page.nextPageToken ?? null }
    }
    const startAt = Number(from ?? 0)
    const page = read(
      await this.#search('/search', { jql, fields, maxResults, startAt }),
      payloads.countedPageSchema,
    )
    const end = startAt + page.issues.length
    // An issue that changes while pages are read moves to the end and everything behind it up by one place.
    const next = Math.max(startAt + 1, end - PAGE_OVERLAP)
    return {
      issues: page.issues,
      next: page.issues.length === 0 || end >= page.total ? null : String(next),
    }
  }

  async getServerInfo(): Promise<z.output<typeof payloads.serverInfoSchema>> {
    // Version 2 is where both deployments say which one they are.
    const uri = this.#api.makeUri({ pathname: '/serverInfo', intermediatePath: '/rest/api/2' })
    return read(await this.#api.doRequest(this.#api.makeRequestHeader(uri)), payloads.serverInfoSchema)
  }

  async getMyself(): Promise<payloads.JiraUser> {
    return read(await this.#api.getCurrentUser(), payloads.userSchema)
  }

  /** `null`: no such project, as far as we may see. */
  async getPermissions(names: readonly string[]): Promise<ReadonlyMap<string, boolean> | null> {
    const query = { projectKey: this.#project, ...(this.#cloud ? { permissions: names.join(',') } : {}) }
    const found = readThing(await this.#get('/mypermissions', query), payloads.permissionsSchema)
    if (found === null) return null
    return new Map(Object.entries(found.permissions).map(([name, value]) => [name, value.havePermission]))
  }

  async getProject(): Promise<z.output<typeof payloads.projectSchema> | null> {
    return readThing(await this.#api.getProject(this.#project), payloads.projectSchema)
  }

  async listProjectStatuses(): Promise<z.output<typeof payloads.projectStatusesSchema> | null> {
    return readThing(await this.#get(`/project/${this.#project}/statuses`), payloads.projectStatusesSchema)
  }

  async listResolutions(): Promise<z.output<typeof payloads.namedListSchema>> {
    return read(await this.#get('/resolution'), payloads.namedListSchema)
  }

  async listPriorities(): Promise<z.output<typeof payloads.namedListSchema>> {
    return read(await this.#api.listPriorities(), payloads.namedListSchema)
  }

  async listIssueTypes(): Promise<z.output<typeof payloads.issueTypesSchema> | null> {
    const path = `/issue/createmeta/${this.#project}/issuetypes`
    return readThing(await this.#get(path, { maxResults: '200' }), payloads.issueTypesSchema)
  }

  async listCreateFields(issueTypeId: string): Promise<readonly payloads.JiraCreateField[] | null> {
    const path = `/issue/createmeta/${this.#project}/issuetypes/${encodeURIComponent(issueTypeId)}`
    return readThing(await this.#get(path, { maxResults: '200' }), payloads.createFieldsSchema)
  }

  async searchAssignable(query: string): Promise<readonly payloads.JiraUser[]> {
    const parameter = this.#cloud ? { query } : { username: query }
    const path = '/user/assignable/search'
    return read(
      await this.#get(path, { project: this.#project, maxResults: '50', ...parameter }),
      payloads.usersSchema,
    )
  }

  /** Whom tickets of the project can be assigned to, if that is this account. */
  async findAssignable(accountId: string): Promise<payloads.JiraUser | null> {
    const query = { project: this.#project, ...(this.#cloud ? { accountId } : { username: accountId }) }
    const users = read(
      await this.#get('/user/assignable/search', { ...query, maxResults: '100' }),
      payloads.usersSchema,
    )
    // Data Center finds by the beginning of several names.
    return users.find((user) => (user.accountId ?? user.name) === accountId) ?? null
  }

  async getUser(accountId: string): Promise<payloads.JiraUser | null> {
    const query = this.#cloud ? { accountId } : { username: accountId }
    return readThing(await this.#get('/user', query), payloads.userSchema)
  }

  /** On Data Center, whose history names people by their keys. */
  async getUserByKey(key: string): Promise<payloads.JiraUser | null> {
    return readThing(await this.#get('/user', { key }), payloads.userSchema)
  }

  /** Those of the account, on Data Center; Jira does not say which of them the request carries. */
  async listTokens(): Promise<readonly payloads.JiraToken[]> {
    const uri = this.#api.makeUri({ pathname: '/tokens', intermediatePath: '/rest/pat/latest' })
    return read(await this.#api.doRequest(this.#api.makeRequestHeader(uri)), payloads.tokensSchema)
  }

  #get(pathname: string, query: Record<string, string> = {}): Promise<Envelope> {
    const uri = withQuery(this.#api.makeUri({ pathname }), query)
    return this.#api.doRequest(this.#api.makeRequestHeader(uri))
  }

  #search(pathname: string, body: JsonObject): Promise<Envelope> {
    const uri = this.#api.makeUri({ pathname })
    return this.#api.doRequest(this.#api.makeRequestHeader(uri, { method: 'POST', body, writes: false }))
  }
}

// jira-client decodes whatever it puts into an address, so that queries are put behind it.
function withQuery(uri: string, query: Record<string, string>): string {
  const search = new URLSearchParams(query).toString()
  return search === '' ? uri : `${uri}?${search}`
}

function read<Value>(envelope: Envelope, schema: z.ZodType<Value>): Value {
  const answer = opened(envelope)
  if (answer.status === 404) throw missingRoute(answer)
  return parseAnswer(answer, schema)
}

function readThing<Value>(envelope: Envelope, schema: z.ZodType<Value>): Value | null {
  const answer = opened(envelope)
  return isMissing(answer) ? null : parseAnswer(answer, schema)
}

function done(envelope: Envelope): boolean {
  return !isMissing(opened(envelope))
}

function isMissing(answer: HttpAnswer): boolean {
  if (answer.status !== 404) return false
  requireMissingThing(answer)
  return true
}
