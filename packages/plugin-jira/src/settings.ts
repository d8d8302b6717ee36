import { headerWord, httpAddress, requestTimeoutMs, secret } from '@tripline/core'
import { z } from 'zod'

// jira-client decodes the addresses that it makes.
const address = httpAddress.refine((value) => !value.includes('%'), 'must hold no percent-encoded characters')

/** What an administrator fills in to connect a Jira. */
export const jiraSettingsSchema = z
  .object({
    baseUrl: address.meta({
      title: 'Base URL',
      description:
        'Where Jira is: https://your-site.atlassian.net, or the address of your Data Center with its context path. For a scoped API token: https://api.atlassian.com/ex/jira/<cloud id>.',
    }),
    siteUrl: address.optional().meta({
      title: 'Site URL',
      description: 'Where people open issues, when that differs from the base URL.',
    }),
    deployment: z.enum(['cloud', 'data-center']).meta({
      title: 'Deployment',
      description: 'Jira Cloud (REST API 3) or Jira Data Center (REST API 2).',
    }),
    email: z.email().optional().meta({
      title: 'E-mail',
      description: 'Cloud: the e-mail address of the account that the API token belongs to.',
    }),
    apiToken: secret(
      headerWord
        .optional()
        .meta({ title: 'API token', description: 'Cloud: made at id.atlassian.com under Security.' }),
    ),
    personalAccessToken: secret(
      headerWord
        .optional()
        .meta({ title: 'Personal access token', description: 'Data Center 8.14 and later.' }),
    ),
    username: z
      .string()
      .min(1)
      .regex(/^[^:]*$/u, 'must hold no colon')
      .optional()
      .meta({ title: 'User name', description: 'Data Center without personal access tokens.' }),
    password: secret(
      z
        .string()
        .min(1)
        .optional()
        .meta({ title: 'Password', description: 'Data Center: of the user name above.' }),
    ),
    projectKey: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/u, 'must be a project key, for instance SEC')
      .meta({ title: 'Project key', description: 'The project in which tickets are created.' }),
    issueType: z
      .string()
      .trim()
      .min(1)
      .meta({ title: 'Issue type', description: 'The name or the id of the type of the tickets created.' }),
    webhooks: z.enum(['signed', 'unsigned']).optional().meta({
      title: 'Webhooks',
      description:
        'Jira Cloud signs webhooks that have a secret, and unsigned ones are refused. Data Center does not sign: there the address is what has to stay secret.',
    }),
    createSettlesWithinMs: z.int().min(0).max(3_600_000).optional().meta({
      title: 'Search delay (ms)',
      description:
        "How long Jira's search may miss a new issue; for so long the outcome of a lost create is unknown. 60000 on Cloud and 15000 on Data Center unless given.",
    }),
    textLimit: z.int().min(500).max(1_000_000).default(32_767).meta({
      title: 'Text limit',
      description:
        'The longest description Jira takes; an administrator of a Data Center may have changed it.',
    }),
    timeoutMs: requestTimeoutMs,
  })
  .superRefine((settings, context) => {
    const need = (name: 'email' | 'apiToken' | 'username' | 'password', why: string): void => {
      if (settings[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: why })
    }
    if (settings.deployment === 'cloud') {
      need('email', 'Jira Cloud needs the e-mail address of the account')
      need('apiToken', 'Jira Cloud needs an API token')
    } else if (settings.personalAccessToken === undefined) {
      need('username', 'Data Center needs a personal access token, or a user name with its password')
      need('password', 'Data Center needs a personal access token, or a user name with its password')
    }
  })

/** Settings of a connection to Jira, checked. */
export type JiraSettings = Readonly<z.output<typeof jiraSettingsSchema>>

/** The type that tickets are created as, which the settings name by its name or its id. */
export function typeOf<Type extends { readonly id: string; readonly name: string }>(
  types: readonly Type[],
  issueType: string,
): Type | undefined {
  return types.find(({ id, name }) => id === issueType || name.toLowerCase() === issueType.toLowerCase())
}

export function authorization(settings: JiraSettings): string {
  if (settings.deployment === 'cloud') return basic(settings.email, settings.apiToken)
  if (settings.personalAccessToken !== undefined) return `Bearer ${settings.personalAccessToken}`
  return basic(settings.username, settings.password)
}

function basic(user = '', password = ''): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
