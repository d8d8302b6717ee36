import { createJsonApi } from '@tripline/adapter-http'
import { okFinding, type PluginHost, type TicketingAdapter } from '@tripline/core'
import { z } from 'zod'
import type { AcmeSettings } from './settings.ts'

/** What is read of Acme's answer to who we are. */
const sessionSchema = z.object({
  product: z.string(),
  account: z.object({ id: z.string(), name: z.string() }),
})

/** An adapter for Acme. */
export function createAcmeAdapter(settings: AcmeSettings, host: PluginHost): TicketingAdapter {
  const api = createJsonApi({
    title: 'Acme',
    root: `${settings.baseUrl}/api`,
    fetch: host.fetch,
    now: host.now,
    headers: { authorization: `Bearer ${settings.token}` },
    timeoutMs: settings.timeoutMs,
    // How Acme words a refusal: which field, and what is wrong with it. A 404 without such words is of no ticket.
    readIssues: () => [],
  })

  return {
    // How long Acme may work on a create that nobody waits for any more, and how long its search lags behind.
    // 0: a create is repeated with the same key and makes no second ticket; then findCreated is not needed.
    createSettlesWithinMs: 30_000,

    create: () =>
      unwritten('create', 'One ticket for each dedupe key, whatever happens to requests and answers'),

    findCreated: () => unwritten('findCreated', 'The ticket that carries a dedupe key, or null'),

    update: () => unwritten('update', 'Each part of a change on its own, with what was refused'),

    link: () => unwritten('link', 'The ticket of a key or an address, with a link back to the detection'),

    find: () => unwritten('find', 'The ticket of an id; null when Acme says that there is none'),

    async check({ accounts, createFields, outcomes }, options) {
      const { account, product } = await api.get('/me', sessionSchema, options)
      if (accounts.length + createFields.length + outcomes.length > 0) {
        return await unwritten('check', 'A finding for everything the mappings need and cannot use')
      }
      return {
        product,
        account,
        findings: [okFinding('credentials', `Tripline acts as ${account.name}.`)],
      }
    },
  }
}

/** Stands where a method is still to be written; goes with the last of them. */
function unwritten(method: string, promise: string): Promise<never> {
  const guide = 'see Writing an adapter in the documentation of Tripline'
  return Promise.reject(
    new Error(
      `Write \`${method}\` in src/acme-adapter.ts. ${promise}; ${guide} (docs/writing-an-adapter.md).`,
    ),
  )
}
