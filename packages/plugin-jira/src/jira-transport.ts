// oxlint-disable-next-line typescript/triple-slash-reference -- whoever compiles this source has to find the declaration
/// <reference path="./jira-client-module.d.ts" preserve="true" />
import { createHttpClient, type HttpAnswer } from '@tripline/adapter-http'
import type { PluginHost } from '@tripline/core'
import JiraApi from 'jira-client'
import { failedLogin, readJiraIssues } from './jira-errors.ts'
import { authorization, type JiraSettings } from './settings.ts'

/** What our transport hands through jira-client: it must not reject, because jira-client flattens errors to text. */
export type Envelope = { readonly answer: HttpAnswer } | { readonly error: unknown }

/** Makes the jira-client of one call, which ends with the call's signal. */
export type JiraApiFor = (signal: AbortSignal) => JiraApi<Envelope>

/**
 * jira-client on the host's fetch. It makes the requests' paths and bodies; time, size, redirects, credentials and errors are
 * ours, since its own HTTP client has no timeout and loses status and headers.
 */
export function createJiraApi(settings: JiraSettings, host: PluginHost): JiraApiFor {
  const http = createHttpClient({
    fetch: host.fetch,
    now: host.now,
    headers: { authorization: authorization(settings) },
    timeoutMs: settings.timeoutMs,
    readIssues: readJiraIssues,
    classify: failedLogin,
  })
  const base = new URL(settings.baseUrl)
  return (signal) =>
    new JiraApi<Envelope>({
      protocol: base.protocol.slice(0, -1),
      host: base.hostname,
      port: base.port,
      base: base.pathname.replace(/\/$/u, ''),
      apiVersion: settings.deployment === 'cloud' ? '3' : '2',
      request: ({ method, uri, body, writes }) =>
        http
          .send(
            {
              method,
              url: uri,
              ...(body === undefined ? {} : { body }),
              ...(writes === undefined ? {} : { writes }),
            },
            signal,
          )
          .then(
            (answer) => ({ answer }),
            (error: unknown) => ({ error }),
          ),
    })
}

/** @throws what the transport caught */
export function opened(envelope: Envelope): HttpAnswer {
  if ('error' in envelope) throw envelope.error
  return envelope.answer
}
