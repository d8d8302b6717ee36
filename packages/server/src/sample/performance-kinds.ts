import type { SampleKind } from './sample-kind.ts'
import { domainController, server } from './sample-network.ts'

/** Trouble that is no attack. */
export const performanceKinds: readonly SampleKind[] = [
  {
    type: 'db_slow_responses',
    categories: ['perf', 'perf.db'],
    mitre: [],
    maxMinutes: 240,
    create: (random) => {
      const host = server(random)
      const milliseconds = random.integer(900, 9_000)
      return {
        title: 'Slow Database Responses',
        description: `${host.hostname} takes ${milliseconds} ms to answer queries; it used to take less than 50.`,
        riskScore: random.integer(20, 50),
        participants: [{ role: 'offender', endpoint: 'server', host }],
        properties: { response_ms: milliseconds },
      }
    },
  },
  {
    type: 'http_server_errors',
    categories: ['perf', 'perf.web'],
    mitre: [],
    maxMinutes: 120,
    create: (random) => {
      const host = server(random)
      const percent = random.integer(3, 40)
      return {
        title: 'Web Server Errors',
        description: `${percent} % of the requests to ${host.hostname} end in a 5xx status.`,
        riskScore: random.integer(15, 45),
        participants: [{ role: 'offender', endpoint: 'server', host }],
        properties: { error_percent: percent, statuses: [500, 503] },
      }
    },
  },
  {
    type: 'ldap_auth_failures',
    categories: ['perf', 'perf.auth'],
    mitre: [],
    maxMinutes: 60,
    create: (random) => ({
      title: 'Spike in Failed Logins',
      description:
        'Many sign-ins fail because a service still uses the password from before the last change.',
      riskScore: random.integer(10, 35),
      participants: [
        { role: 'offender', endpoint: 'client', host: server(random) },
        { role: 'victim', endpoint: 'server', host: domainController(random) },
      ],
      properties: { failures: random.integer(300, 5_000) },
    }),
  },
  {
    type: 'storage_access_delay',
    categories: ['perf', 'perf.storage'],
    mitre: [],
    maxMinutes: 300,
    create: (random) => {
      const host = server(random)
      return {
        title: 'Storage Access Delay',
        description: `Reads over NFS from ${host.hostname} stall for seconds at a time.`,
        riskScore: random.integer(10, 40),
        participants: [{ role: 'offender', endpoint: 'server', host }],
      }
    },
  },
]
