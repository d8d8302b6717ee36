import {
  jsonAnswer,
  startSimulatorServer,
  type SimulatorServer,
  type SimulatorServerOptions,
} from '@tripline/adapter-testkit/simulator'

/** The least vendor: counts its POSTs, so that a test sees whether a request was carried out. */
export async function startCounter(
  options: Partial<SimulatorServerOptions> = {},
): Promise<{ server: SimulatorServer; count: () => number }> {
  let count = 0
  const server = await startSimulatorServer({ title: 'Counter', webhookRetryGapsMs: [5, 5, 5], ...options })
  server.serve([
    { method: 'GET', path: '/count', handle: () => jsonAnswer(200, { count }) },
    { method: 'POST', path: '/count', handle: () => jsonAnswer(201, { count: ++count }) },
    { method: 'POST', path: '/things/:name', handle: (request) => jsonAnswer(200, request.params) },
  ])
  return { server, count: () => count }
}

export function post(server: SimulatorServer, path = '/count', body = '{}'): Promise<Response> {
  return fetch(server.url + path, { method: 'POST', body, headers: { authorization: 'Bearer secret' } })
}
