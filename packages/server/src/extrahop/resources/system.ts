import { z } from 'zod'
import { okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const versionSchema = z.strictObject({ version: z.string() })
const systemSchema = z
  .strictObject({
    version: z.string(),
    platform: z.string(),
    hostname: z.string(),
    mgmt_ipaddr: z.string(),
    display_host: z.string(),
    external_hostname: z.string().nullable(),
  })
  .meta({ id: 'System' })
const networkSchema = z
  .strictObject({ id: z.int(), node_id: z.int(), name: z.string(), appliance_uuid: z.string().nullable() })
  .meta({ id: 'Network' })

/** What clients ask first, to see whether somebody is there. */
export function systemRoutes({ extrahopVersion }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: '/extrahop',
      summary: 'What is there, and under which name.',
      permission: 'read',
      answer: { status: 200, schema: systemSchema },
      async handle({ baseUrl }) {
        const { hostname, host } = new URL(baseUrl)
        return okAnswer({
          version: extrahopVersion,
          platform: 'tripline',
          hostname,
          mgmt_ipaddr: hostname,
          display_host: host,
          external_hostname: hostname,
        })
      },
    }),
    restRoute({
      method: 'GET',
      path: '/extrahop/version',
      summary: 'The firmware that it is compatible with.',
      permission: null,
      answer: { status: 200, schema: versionSchema },
      async handle() {
        return okAnswer({ version: extrahopVersion })
      },
    }),
    restRoute({
      method: 'GET',
      path: '/networks',
      summary: 'One, of no appliance: connectors look for the network of a detection, and stop without any.',
      permission: 'read',
      answer: { status: 200, schema: z.array(networkSchema) },
      async handle() {
        return okAnswer([{ id: 0, node_id: 0, name: 'Tripline', appliance_uuid: null }])
      },
    }),
  ]
}
