import { newDedupeKey, noNeeds, ticketingContract } from '@tripline/adapter-testkit'
import { RateLimited, Rejected, type TicketingAdapter, Unauthorized, Unavailable } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startJiraWorld } from './jira-world.ts'

/** What is wrong with an adapter, made from one that is right. */
type Defect = (right: TicketingAdapter) => Partial<TicketingAdapter>

const defects: readonly (readonly [what: string, broken: Defect, caught: readonly string[]])[] = [
  [
    'creates tickets that cannot be recognised',
    (right) => ({
      create: (draft, options) => right.create({ ...draft, dedupeKey: newDedupeKey() }, options),
    }),
    [
      'create: creates one ticket that carries the dedupe key',
      'create: is idempotent, or its tickets can be found',
    ],
  ],
  [
    'says that its create may be repeated although it may not',
    () => ({ createSettlesWithinMs: 0 }),
    ['create: is idempotent, or its tickets can be found'],
  ],
  [
    'creates again when the answer is lost',
    (right) => ({
      create: (draft, options) => right.create(draft, options).catch(() => right.create(draft, options)),
    }),
    ['create: does not say that nothing was created when its answer was cut off'],
  ],
  [
    'takes "could not ask" for "not there"',
    (right) => ({
      find: (ref, options) =>
        right.find(ref, options).catch((error: unknown) => {
          if (error instanceof Unavailable) return null
          throw error
        }),
    }),
    ['find: does not take "could not ask" for "not there"'],
  ],
  [
    'throws refusals away',
    (right) => ({
      update: async (...args) => ({ ...(await right.update(...args)), refused: [] }),
    }),
    [
      'update: refuses a status it cannot reach, and does the rest',
      'update: refuses an assignee that cannot be, and does the rest',
      'update: refuses a value that is unknown there, and does the rest',
    ],
  ],
  [
    'does not say which status it reached',
    (right) => ({
      update: async (...args) => ({ ...(await right.update(...args)), statusId: null }),
    }),
    [
      'update: writes every part and returns the ticket as find reads it',
      'update: finds a status by its category',
    ],
  ],
  [
    'writes over what was changed meanwhile',
    (right) => ({
      async update(seen, change, options) {
        return right.update((await right.find(seen, options)) ?? seen, change, options)
      },
    }),
    [
      'update: refuses each part that is another than it was seen',
      'update: does what still is as it was seen',
    ],
  ],
  [
    'keeps to itself what it overwrote',
    (right) => ({
      update: async (...args) => ({ ...(await right.update(...args)), overwritten: [] }),
    }),
    ['update: reports what it overwrote, where the system keeps a history'],
  ],
  [
    'takes a reference that leads elsewhere',
    (right) => ({
      link: (reference, ...rest) => right.link(/[A-Z]+-\d+/u.exec(reference)?.[0] ?? reference, ...rest),
    }),
    ['link: refuses what leads elsewhere or is no reference'],
  ],
  [
    'links back anew each time',
    (right) => ({
      link: (reference, backlink, options) =>
        right.link(reference, { ...backlink, dedupeKey: newDedupeKey() }, options),
    }),
    ['link: takes a key or an address, and links back once'],
  ],
  [
    'shows a secret in an error',
    (right) => ({
      find: (ref, options) =>
        right.find(ref, options).catch((error: unknown) => {
          throw new Unavailable('No answer', { cause: { error, headers: ['Bearer tok-5ecret-0f-tripline'] } })
        }),
    }),
    ['find: does not take "could not ask" for "not there"', 'find: ends with its caller'],
  ],
  [
    'throws what is no ticketing error',
    (right) => ({
      find: (ref, options) =>
        right.find(ref, options).catch((error: unknown) => {
          throw new TypeError('fetch failed', { cause: error })
        }),
    }),
    ['a failure: is Unavailable for 503, whatever was called'],
  ],
  [
    'loses how long it was asked to wait',
    (right) => ({
      find: (ref, options) =>
        right.find(ref, options).catch((error: unknown) => {
          throw error instanceof RateLimited ? new RateLimited(error.message, null) : error
        }),
    }),
    ['a failure: is RateLimited for 429 with Retry-After, whatever was called'],
  ],
  [
    'takes a webhook that is not signed',
    (right) => ({
      receiveWebhook(request) {
        if (!('x-hub-signature' in request.headers)) return { tickets: [], deliveryId: null }
        const hint = right.receiveWebhook?.(request)
        if (hint === undefined) throw new Unauthorized('no webhooks')
        return hint
      },
    }),
    ['receiveWebhook: refuses what is forged'],
  ],
  [
    'comments again each time',
    (right) => ({
      comment(ref, text, _marker, options) {
        const added = right.comment?.(ref, text, newDedupeKey(), options)
        if (added === undefined) throw new Rejected('no comments')
        return added
      },
    }),
    [
      'comment: adds a comment once per marker',
      'a failure: after a write leaves nothing that repeating it does not mend',
    ],
  ],
  [
    'takes everybody for somebody',
    (right) => ({
      findAccount: async (username, options) =>
        (await right.findAccount?.(username, options)) ?? { id: 'mlindqvist', name: 'mlindqvist' },
    }),
    ['findAccount: guesses nobody'],
  ],
  [
    'does not look at what is needed',
    (right) => ({ check: (_, options) => right.check(noNeeds, options) }),
    ['check: names what is mapped and cannot be used, and what to do'],
  ],
]

function caseNamed(title: string): ReturnType<typeof ticketingContract>[number] {
  const found = ticketingContract().find(({ group, name }) => `${group}: ${name}` === title)
  if (found === undefined) throw new Error(`The contract has no case "${title}"`)
  return found
}

async function runCase(title: string, broken: Defect): Promise<void> {
  const world = await startJiraWorld('cloud')
  onTestFinished(() => world.close())
  const [adapter, impatient, unauthorized] = [world.adapter, world.impatient, world.unauthorized].map(
    (right): TicketingAdapter => ({ ...right, ...broken(right) }),
  )
  if (adapter === undefined || impatient === undefined || unauthorized === undefined) return
  await caseNamed(title).run({ ...world, adapter, impatient, unauthorized })
}

describe.each(defects)('the contract catches an adapter that %s', (_, broken, caught) => {
  test.each(caught)('by "%s", which one that does not passes', async (title) => {
    await runCase(title, () => ({}))
    await expect(runCase(title, broken)).rejects.toThrow(
      /^expected |should have failed|has not found|shows a secret|TicketingErrors only/u,
    )
  })
})
