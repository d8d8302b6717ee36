import { headerWord, requestTimeoutMs, secret } from '@tripline/core'
import { z } from 'zod'
import { isSysId } from './sys-id.ts'

const address = z
  .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
  .refine((value) => {
    const url = URL.parse(value)
    if (url === null) return false
    return [url.search, url.hash, url.username, url.password].join('') === '' && url.pathname === '/'
  }, 'must be the address of a host, without path, user name, query and fragment')
  .transform((value) => value.replace(/\/+$/u, ''))

const sysId = (what: string): z.ZodType<string, string> =>
  z.string().refine(isSysId, `must be the sys_id of ${what}: 32 characters, 0 to 9 and a to f`)

/** A value of a choice list, as the API takes it. It stands in lists and in queries. */
const choice = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^,^\p{Cc}]+$/u, 'must be the value of a choice, not its label, without ^ and commas')

const states = (initial: readonly string[]): z.ZodType<readonly string[], readonly string[] | undefined> =>
  z
    .array(choice)
    .min(1)
    .max(50)
    .default([...initial])

const fieldName = z.string().regex(/^[a-z][a-z0-9_]{0,79}$/u, 'must be the name of a column')

const defaultPriorities = {
  '1': { impact: '1', urgency: '1' },
  '2': { impact: '1', urgency: '2' },
  '3': { impact: '2', urgency: '2' },
  '4': { impact: '2', urgency: '3' },
  '5': { impact: '3', urgency: '3' },
}

/** What an administrator fills in to connect a ServiceNow instance. */
export const serviceNowSettingsSchema = z
  .object({
    baseUrl: address.meta({
      title: 'Base URL',
      description: 'The address of the instance, for instance https://acme.service-now.com.',
    }),
    auth: z
      .enum(['basic', 'api-key', 'oauth-client-credentials', 'oauth-password', 'oauth-refresh-token'])
      .meta({
        title: 'Authentication',
        description: 'How Tripline logs in as its own user of the instance.',
      }),
    username: z
      .string()
      .min(1)
      .regex(/^[^:]*$/u, 'must hold no colon')
      .optional()
      .meta({
        title: 'User name',
        description: 'Basic and OAuth password: the User ID of the integration user.',
      }),
    password: secret(
      z.string().min(1).optional().meta({ title: 'Password', description: 'Of the user above.' }),
    ),
    apiKey: secret(
      headerWord.optional().meta({
        title: 'API key',
        description: 'API key: the token of a REST API key that is bound to the integration user.',
      }),
    ),
    clientId: z.string().trim().min(1).optional().meta({
      title: 'Client id',
      description: 'OAuth: of the entry in the Application Registry.',
    }),
    clientSecret: secret(
      z.string().min(1).optional().meta({
        title: 'Client secret',
        description: 'OAuth: of the entry in the Application Registry.',
      }),
    ),
    refreshToken: secret(
      z.string().min(1).optional().meta({
        title: 'Refresh token',
        description:
          'OAuth refresh token: it ends with its lifespan, 100 days unless the registry says more.',
      }),
    ),
    assignmentGroup: sysId('a group').optional().meta({
      title: 'Assignment group',
      description: 'The sys_id of the group that new incidents go to.',
    }),
    callerId: sysId('a user').optional().meta({
      title: 'Caller',
      description: 'The sys_id of the user who stands as the caller of new incidents.',
    }),
    openStates: states(['1']).meta({
      title: 'Open states',
      description: 'Values of State in which nobody has begun. 1: New.',
    }),
    doneStates: states(['6', '7', '8']).meta({
      title: 'Done states',
      description:
        'Values of State that are finished, the one to close with first. 6: Resolved, 7: Closed, 8: Canceled. All others count as being worked on.',
    }),
    stateFields: z
      .record(choice, z.record(fieldName, z.string().max(4_000)))
      .default({})
      .meta({
        title: 'Fields of states',
        description:
          'What a state needs besides itself, by its value: {"3": {"hold_reason": "1"}} puts incidents on hold as Awaiting Caller.',
      }),
    closeCode: choice.optional().meta({
      title: 'Resolution code',
      description:
        'The value of close_code for detections that are closed without an outcome, or with one that is not mapped.',
    }),
    closeNotes: z.string().trim().min(1).max(1_000).default('The detection was closed in Tripline.').meta({
      title: 'Resolution notes',
      description: 'Written to close_notes, unless the mapping of the outcome has its own.',
    }),
    priorities: z
      .record(choice, z.object({ impact: choice, urgency: choice }))
      .default(defaultPriorities)
      .meta({
        title: 'Priorities',
        description:
          'ServiceNow calculates the priority. By its value: the impact and urgency that lead to it.',
      }),
    comments: z.enum(['work_notes', 'comments']).default('work_notes').meta({
      title: 'Comments',
      description:
        'Whether comments become work notes, or additional comments, which the caller sees and is mailed.',
    }),
    history: z.boolean().default(false).meta({
      title: 'History',
      description:
        'We may read sys_audit: updates then tell what they replaced, at one more request where somebody came between.',
    }),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/u, 'must be a language code such as en')
      .default('en')
      .meta({
        title: 'Language',
        description: 'Of the labels of choices: the language of the integration user.',
      }),
    summaryLimit: z.int().min(40).max(1_000).default(160).meta({
      title: 'Summary limit',
      description: 'The longest short description: the column holds 160 characters unless it was changed.',
    }),
    descriptionLimit: z.int().min(500).max(1_000_000).default(4_000).meta({
      title: 'Description limit',
      description: 'The longest description: the column holds 4000 characters unless it was changed.',
    }),
    createSettlesWithinMs: z.int().min(1_000).max(3_600_000).default(120_000).meta({
      title: 'Create delay (ms)',
      description: 'How long the instance may go on with a create whose answer was lost.',
    }),
    timeoutMs: requestTimeoutMs,
  })
  .superRefine((settings, context) => {
    const problem = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    for (const [name, why] of neededFor[settings.auth]) {
      if (settings[name] === undefined) problem(name, why)
    }
    const both = settings.openStates.find((state) => settings.doneStates.includes(state))
    if (both !== undefined) problem('openStates', `${both} is among the done states too`)
  })

type Credential = 'username' | 'password' | 'apiKey' | 'clientId' | 'clientSecret' | 'refreshToken'

const app: readonly (readonly [Credential, string])[] = [
  ['clientId', 'OAuth needs the client id'],
  ['clientSecret', 'OAuth needs the client secret'],
]
const login: readonly (readonly [Credential, string])[] = [
  ['username', 'a user name is needed'],
  ['password', 'the user name needs its password'],
]
const neededFor = {
  basic: login,
  'api-key': [['apiKey', 'the API key is needed']],
  'oauth-client-credentials': app,
  'oauth-password': [...app, ...login],
  'oauth-refresh-token': [...app, ['refreshToken', 'the refresh token is needed']],
} as const satisfies Record<string, readonly (readonly [Credential, string])[]>

/** Settings of a connection to ServiceNow, checked. */
export type ServiceNowSettings = Readonly<z.output<typeof serviceNowSettingsSchema>>
