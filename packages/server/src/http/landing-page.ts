import { formats } from '../formats/format.ts'
import { sendAnswer } from './answer.ts'
import type { Route } from './router.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}code{background:#eee;padding:.1em .3em}'

/** `GET /`: what is where. */
export function landingRoute(options: { readonly development: boolean; readonly version: string }): Route {
  const lines = [
    options.development
      ? '<a href="/graphql">/graphql</a>: GraphiQL, to try the API'
      : '<code>/graphql</code>: the API',
    `<code>POST /ingest/{format}?source={name}</code>: detections as ${formats.map(({ name }) => name).join(', ')}`,
    '<a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <code>/metrics</code>: for operators',
  ]
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tripline</title><style>${STYLE}</style>
<h1>Tripline ${options.version}</h1><ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul></html>
`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  }
  return {
    methods: ['GET'],
    path: '/',
    handle: (exchange) => sendAnswer(exchange, { status: 200, headers, body }),
  }
}
