import { secret } from '@tripline/core'
import { z } from 'zod'
import { isRecordId } from './record-id.ts'

const address = z
  .url({ protocol: /^https?$/u, error: 'must be an http or https address' })
  .refine((value) => {
    const url = URL.parse(value)
    if (url === null) return false
    return [url.search, url.hash, url.username, url.password].join('') === '' && url.pathname === '/'
  }, 'must be the address of a host, without path, user name, query and fragment')
  .refine(
    (value) =>
      !/\.lightning\.(?:force\.com|crmforce\.mil|sfcrmapps\.cn)$/u.test(URL.parse(value)?.hostname ?? ''),
    'must be the My Domain address (ending in my.salesforce.com), since the Lightning address has no API',
  )
  .transform((value) => value.replace(/\/+$/u, ''))

const customField = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,60}__c$/u, 'must be the API name of a custom field, ending in __c')

const recordId = (prefixes: readonly string[], what: string): z.ZodType<string, string> =>
  z
    .string()
    .refine(
      (value) => isRecordId(value, prefixes),
      `must be the id of ${what}: 15 or 18 letters and digits beginning with ${prefixes.join(' or ')}`,
    )

/** What an administrator fills in to connect a Salesforce organisation. */
export const salesforceSettingsSchema = z
  .object({
    loginUrl: address.meta({
      title: 'Login URL',
      description:
        'Your My Domain address, for instance https://acme.my.salesforce.com or https://acme--test.sandbox.my.salesforce.com. Client credentials are taken nowhere else.',
    }),
    instanceUrl: address.optional().meta({
      title: 'Instance URL',
      description: 'Where the API is, when that is not where the login says it is.',
    }),
    auth: z.enum(['client-credentials', 'jwt-bearer', 'refresh-token']).meta({
      title: 'Authentication',
      description: 'The OAuth flow that the external client app (or connected app) is set up for.',
    }),
    clientId: z.string().trim().min(1).meta({
      title: 'Client id',
      description: 'The consumer key of the external client app.',
    }),
    clientSecret: secret(
      z.string().min(1).optional().meta({
        title: 'Client secret',
        description:
          'The consumer secret: needed for client credentials, and for refresh tokens unless the app does without.',
      }),
    ),
    username: z.string().trim().min(1).optional().meta({
      title: 'User name',
      description: 'JWT bearer: the user that the integration acts as.',
    }),
    privateKey: secret(
      z.string().min(1).optional().meta({
        title: 'Private key',
        description: 'JWT bearer: the private key, in PEM, of the certificate that the app was given.',
      }),
    ),
    audience: z.string().trim().min(1).optional().meta({
      title: 'Audience',
      description:
        'JWT bearer: whom the assertion is for. https://test.salesforce.com for sandboxes and https://login.salesforce.com otherwise, unless given.',
    }),
    refreshToken: secret(
      z.string().min(1).optional().meta({
        title: 'Refresh token',
        description:
          'Refresh token: what the web server flow gave; the app must not let it expire or rotate.',
      }),
    ),
    apiVersion: z
      .string()
      .regex(/^[1-9]\d\.0$/u, 'must be a version such as 62.0')
      .default('62.0')
      .meta({ title: 'API version', description: 'The version of the REST API, 50.0 or later.' }),
    externalIdField: customField.default('Tripline_Key__c').meta({
      title: 'External id field',
      description:
        'A custom text field of Case, External ID and Unique, that keeps a detection from having two cases.',
    }),
    caseUrlField: customField.optional().meta({
      title: 'Backlink field',
      description:
        'A custom URL field of Case for the link back to the detection. Without one, and for further detections, a link is posted to the case feed.',
    }),
    outcomeField: customField.optional().meta({
      title: 'Outcome field',
      description: 'A custom picklist or text field of Case that says how a case was resolved.',
    }),
    openStatus: z.string().trim().min(1).default('New').meta({
      title: 'Open status',
      description:
        'The API name of the status in which nobody has begun. Other statuses are active, closed ones done.',
    }),
    defaultOwnerId: recordId(['00G', '005'], 'a queue or a user').optional().meta({
      title: 'Owner for nobody',
      description:
        'Who owns cases that are assigned to nobody, usually a queue. The integration user itself unless given.',
    }),
    assignmentRules: z.boolean().default(false).meta({
      title: 'Assignment rules',
      description:
        "Let the organisation's active assignment rule choose who owns a new case. Updates never run it.",
    }),
    recordTypeId: recordId(['012'], 'a record type').optional().meta({
      title: 'Record type',
      description: "Of the cases created; the user's default unless given.",
    }),
    origin: z.string().trim().min(1).optional().meta({
      title: 'Case origin',
      description: 'Of the cases created: a value of the picklist Case Origin.',
    }),
    comments: z.enum(['case-comment', 'feed']).default('case-comment').meta({
      title: 'Comments',
      description:
        'Whether comments become case comments (never published to customers) or posts in the case feed.',
    }),
    fieldHistory: z.boolean().default(false).meta({
      title: 'Field history',
      description:
        'Field history tracking is on for cases: updates then tell what they replaced, at one more request each.',
    }),
    changeDataCapture: z.boolean().default(false).meta({
      title: 'Change data capture',
      description:
        'Hear of changes at once over one request that is held open, without any way in from outside. Case has to be selected under Setup, Integrations, Change Data Capture.',
    }),
    organizationId: recordId(['00D'], 'an organisation').optional().meta({
      title: 'Organisation id',
      description: 'Of the organisation whose outbound messages are taken; none are unless given.',
    }),
    textLimit: z.int().min(500).max(131_072).default(32_000).meta({
      title: 'Text limit',
      description: 'The longest description.',
    }),
    timeoutMs: z.int().min(50).max(120_000).default(20_000).meta({
      title: 'Timeout (ms)',
      description: 'How long one request may take.',
    }),
  })
  .superRefine((settings, context) => {
    const need = (name: 'clientSecret' | 'username' | 'privateKey' | 'refreshToken', why: string): void => {
      if (settings[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: why })
    }
    switch (settings.auth) {
      case 'client-credentials':
        return need('clientSecret', 'the client credentials flow needs the client secret')
      case 'jwt-bearer':
        need('username', 'the JWT bearer flow needs a user name')
        return need('privateKey', 'the JWT bearer flow needs the private key')
      case 'refresh-token':
        return need('refreshToken', 'the refresh token flow needs the refresh token')
    }
  })

/** Settings of a connection to Salesforce, checked. */
export type SalesforceSettings = Readonly<z.output<typeof salesforceSettingsSchema>>
