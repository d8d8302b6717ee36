// The part of jira-client 8.2.2 that is used. Its published types mark the two methods private on which every call that it
// has no method for depends.
declare module 'jira-client' {
  namespace JiraApi {
    /** What a transport is asked to send. */
    interface Request {
      readonly method: string
      readonly uri: string
      readonly body?: unknown
      /** Ours: passed through untouched. */
      readonly writes?: boolean
    }

    interface Options<Result> {
      readonly protocol: string
      readonly host: string
      readonly port?: string
      readonly base?: string
      readonly apiVersion: string
      readonly request: (request: Request) => Promise<Result>
    }
  }

  class JiraApi<Result> {
    constructor(options: JiraApi.Options<Result>)
    makeUri(options: { pathname: string; intermediatePath?: string }): string
    makeRequestHeader(
      uri: string,
      options?: { method?: string; body?: unknown; writes?: boolean },
    ): JiraApi.Request
    doRequest(request: JiraApi.Request): Promise<Result>

    addNewIssue(issue: unknown): Promise<Result>
    updateIssue(issueId: string, change: unknown): Promise<Result>
    listTransitions(issueId: string): Promise<Result>
    transitionIssue(issueId: string, transition: unknown): Promise<Result>
    updateAssignee(issueId: string, name: string | null): Promise<Result>
    updateAssigneeWithId(issueId: string, accountId: string | null): Promise<Result>
    addCommentAdvanced(issueId: string, comment: unknown): Promise<Result>
    createRemoteLink(issueId: string, link: unknown): Promise<Result>
    getCurrentUser(): Promise<Result>
    getProject(project: string): Promise<Result>
    listPriorities(): Promise<Result>
  }

  export = JiraApi
}
