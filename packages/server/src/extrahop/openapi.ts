import { z } from 'zod'
import { API_ROOT, TOKEN_PATH } from './paths.ts'
import { okAnswer } from './rest-answers.ts'
import { restRoute, type RestRoute } from './rest-route.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const errorSchema = z
  .object({ error_message: z.string(), type: z.string().optional(), detail: z.string().optional() })
  .meta({ id: 'Error' })

const errors: Readonly<Record<string, string>> = {
  401: 'There is no key, or it is not valid; the body has error_message alone.',
  403: 'The role of the key may not do this.',
}

/** `GET /openapi.json`: what the operations are, in OpenAPI 3.1. */
export function openapiRoute(routes: readonly RestRoute[], version: string): RestRoute {
  const route: RestRoute = restRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    permission: null,
    answer: { status: 200, schema: z.record(z.string(), z.unknown()) },
    handle: () => Promise.resolve(okAnswer(describe())),
  })
  const describe = (): object => describeApi([...routes, route], version)
  return route
}

/** The description of operations, made from what they are served by. */
function describeApi(routes: readonly RestRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  const components: Record<string, JsonSchema> = {}
  const error = withComponents(errorSchema, components)
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/gu, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route, error, components) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: "Tripline's ExtraHop-compatible API",
      version,
      description: 'Times are milliseconds since 1970, ids are 64-bit integers.',
    },
    servers: [{ url: API_ROOT }],
    security: [{ apiKey: [] }, { accessToken: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'ExtraHop apikey=KEY, or Bearer KEY.',
        },
        accessToken: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: TOKEN_PATH, scopes: {} } },
        },
      },
    },
  }
}

function describeRoute(route: RestRoute, error: JsonSchema, components: Record<string, JsonSchema>): object {
  const { permission, answer, body } = route
  const success: object =
    answer.schema === undefined
      ? { description: answer.status === 201 ? 'Made; Location says where it is.' : 'Done.' }
      : { description: 'As asked for.', ...json(withComponents(answer.schema, components)) }
  const refusals = { ...(permission === null ? {} : errors), ...route.refusals }
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[/:._-]+(\w?)/gu, (_, letter: string) => letter.toUpperCase())}`,
    summary: route.summary,
    ...(permission === null ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body === undefined ? {} : { requestBody: json(toJsonSchema(body, 'input')) }),
    responses: {
      [String(answer.status)]: success,
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [status, { description, ...json(error) }]),
      ),
    },
  }
}

function pathParameters({ path }: RestRoute): readonly object[] {
  return [...path.matchAll(/:(?<name>\w+)/gu)].map(({ groups }) => ({
    in: 'path',
    name: groups?.['name'],
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: RestRoute): readonly object[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = toJsonSchema(query, 'output') as {
    readonly properties?: Readonly<Record<string, object>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    in: 'query',
    name,
    required: required.includes(name),
    schema,
  }))
}

function json(schema: JsonSchema): object {
  return { content: { 'application/json': { schema } } }
}

/** A schema whose named parts are put among the components, and referred to. */
function withComponents(schema: z.ZodType, components: Record<string, JsonSchema>): JsonSchema {
  const { $defs = {}, ...own } = toJsonSchema(schema, 'output') as JsonSchema & {
    readonly $defs?: Readonly<Record<string, JsonSchema>>
  }
  for (const [name, definition] of Object.entries($defs)) components[name] = referring(bare(definition))
  return referring(own)
}

function referring(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(text) as JsonSchema
}

/** Without the name, which JSON Schema would take for an address. */
function bare(named: JsonSchema): JsonSchema {
  const { id: _, ...schema } = named
  return schema
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // Ids and times have 64 bits; the bounds are those of JavaScript.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
        delete jsonSchema.maximum
        delete jsonSchema.minimum
        jsonSchema.format = 'int64'
      }
    },
  })
  return described as JsonSchema
}
