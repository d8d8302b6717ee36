import { headerWord, httpAddress, requestTimeoutMs, secret } from '@tripline/core'
import { z } from 'zod'

/** Of a custom field: its name stands in braces in a search, and may not end them. */
const fieldName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^{}'"\\]+$/u, 'must hold no braces, quotes or backslashes')

const statusName = z.string().trim().toLowerCase().min(1).max(64)

/** What an administrator fills in to connect a Request Tracker. */
export const requestTrackerSettingsSchema = z
  .object({
    baseUrl: httpAddress.meta({
      title: 'Base URL',
      description:
        'Where people open RT, with its path if it has one: https://rt.example.org or https://example.org/rt.',
    }),
    token: secret(
      headerWord.optional().meta({
        title: 'Auth token',
        description: 'Made by the account itself under Settings, Auth Tokens.',
      }),
    ),
    username: z
      .string()
      .min(1)
      .regex(/^[^:]*$/u, 'must hold no colon')
      .optional()
      .meta({ title: 'User name', description: 'Instead of a token.' }),
    password: secret(
      z.string().min(1).optional().meta({ title: 'Password', description: 'Of the user name above.' }),
    ),
    queue: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .meta({ title: 'Queue', description: 'The name of the queue in which tickets are created.' }),
    dedupeField: fieldName.default('Tripline').meta({
      title: 'Custom field for the key',
      description:
        'A ticket custom field of the kind "Enter one value", applied to the queue. A created ticket is recognised by it.',
    }),
    labelsField: fieldName.optional().meta({
      title: 'Custom field for labels',
      description: 'Of the kind "Enter multiple values". RT has no labels of its own.',
    }),
    descriptionField: fieldName.optional().meta({
      title: 'Custom field for the description',
      description:
        'Of the kind "Fill in one text area". A ticket\'s first message cannot be changed, so that a description is kept up to date only here.',
    }),
    statuses: z
      .object({
        initial: z.array(statusName).min(1).max(50).default(['new']),
        active: z.array(statusName).min(1).max(50).default(['open', 'stalled']),
        inactive: z.array(statusName).min(1).max(50).default(['resolved', 'rejected']),
      })
      .prefault({})
      .meta({
        title: 'Statuses',
        description:
          "The statuses of the queue's lifecycle by their kind, which RT does not tell. Where several lead there, the first of a kind is taken.",
      }),
    priorities: z
      .record(z.string().trim().min(1).max(100), z.int().min(0).max(1_000_000))
      .default({ Low: 0, Medium: 50, High: 100 })
      .meta({
        title: 'Priorities',
        description: 'Names and numbers, as in %PriorityAsString of the RT.',
      }),
    createSettlesWithinMs: z.int().min(1_000).max(3_600_000).default(30_000).meta({
      title: 'Create delay (ms)',
      description: 'How long RT may go on with a create whose answer was lost.',
    }),
    textLimit: z.int().min(1_000).max(10_000_000).default(25_000).meta({
      title: 'Text limit (bytes)',
      description:
        'The longest message. RT shows longer ones than its $MaxInlineBody, 25 kB, only on demand.',
    }),
    timeoutMs: requestTimeoutMs,
  })
  .superRefine(({ token, username, password, statuses }, context) => {
    const problem = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message })
    if (token === undefined && username === undefined)
      problem(['token'], 'RT needs an auth token, or a user name with its password')
    if (username !== undefined && password === undefined && token === undefined)
      problem(['password'], 'the user name needs its password')
    const names = [...statuses.initial, ...statuses.active, ...statuses.inactive]
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) problem(['statuses'], `${twice} is there twice, and a status has one kind only`)
    if (names.includes('deleted'))
      problem(['statuses'], 'a ticket with the status deleted is taken for a ticket that is not there')
  })

/** Settings of a connection to Request Tracker, checked. */
export type RequestTrackerSettings = Readonly<z.output<typeof requestTrackerSettingsSchema>>

export function authorization({ token, username = '', password = '' }: RequestTrackerSettings): string {
  if (token !== undefined) return `token ${token}`
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
