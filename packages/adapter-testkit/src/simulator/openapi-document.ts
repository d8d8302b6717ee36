import { z } from 'zod'
import { matchPath } from './router.ts'

const parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: z.unknown().optional(),
})

const body = z.object({
  content: z.record(z.string(), z.object({ schema: z.unknown().optional() })).optional(),
})

const operation = z.object({
  operationId: z.string().optional(),
  parameters: z.array(z.union([z.object({ $ref: z.string() }), parameter])).optional(),
  requestBody: body.optional(),
  responses: z.record(z.string(), body).optional(),
})

const pathItem = z.object({
  parameters: operation.shape.parameters,
  get: operation.optional(),
  put: operation.optional(),
  post: operation.optional(),
  delete: operation.optional(),
  patch: operation.optional(),
})

const openApiDocument = z.object({
  openapi: z.string().startsWith('3.0'),
  servers: z.array(z.object({ url: z.string() })).optional(),
  paths: z.record(z.string(), pathItem),
  components: z.object({ parameters: z.record(z.string(), parameter).optional() }).optional(),
})

/** A schema's place in the document, for a `$ref`. */
export type SchemaPointer = string

interface DocumentedParameter {
  readonly name: string
  readonly required: boolean
  readonly schema: SchemaPointer | null
}

export interface DocumentedOperation {
  /** The operation's id, or its method and path. */
  readonly name: string
  readonly query: readonly DocumentedParameter[]
  readonly requestBody: SchemaPointer | null
  /** By declared status, `default` included; the schema of the JSON body, if one is declared. */
  readonly answers: ReadonlyMap<string, SchemaPointer | null>
}

/** Finds the operation of a request; `null` when the document has none. */
export type OperationFinder = (method: string, path: string) => DocumentedOperation | null

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const
const JSON_TYPE = 'application/json'

/** Reads the parts of an OpenAPI 3.0 document that say what is allowed where. */
export function operationFinder(document: object): OperationFinder {
  const { servers, paths, components } = openApiDocument.parse(document)
  const base = (servers?.[0]?.url ?? '').replace(/^[a-z]+:\/\/[^/]+/, '').replace(/\/$/, '')

  function documented(path: string, method: (typeof METHODS)[number]): DocumentedOperation | null {
    const item = paths[path]
    const found = item?.[method]
    if (item === undefined || found === undefined) return null
    const place = `#/paths/${pointerPart(path)}/${method}`
    const own = queryParameters(found.parameters, `${place}/parameters`)
    const shared = queryParameters(item.parameters, `#/paths/${pointerPart(path)}/parameters`)
    const answers = Object.entries(found.responses ?? {}).map(
      ([status, { content }]): [string, SchemaPointer | null] => [
        status,
        bodySchema(content, `${place}/responses/${status}`),
      ],
    )
    return {
      name: found.operationId ?? `${method.toUpperCase()} ${path}`,
      query: [...shared, ...own],
      requestBody: bodySchema(found.requestBody?.content, `${place}/requestBody`),
      answers: new Map(answers),
    }
  }

  function queryParameters(
    given: z.infer<typeof operation>['parameters'],
    place: string,
  ): DocumentedParameter[] {
    return (given ?? []).flatMap((entry, index) => {
      const name = '$ref' in entry ? entry.$ref.replace('#/components/parameters/', '') : null
      const resolved = name === null ? parameter.parse(entry) : components?.parameters?.[name]
      if (resolved?.in !== 'query') return []
      const at = name === null ? `${place}/${index}` : `#/components/parameters/${pointerPart(name)}`
      const schema = resolved.schema === undefined ? null : `${at}/schema`
      return [{ name: resolved.name, required: resolved.required ?? false, schema }]
    })
  }

  // A path without parameters comes before one with, as OpenAPI asks for.
  const templates = Object.keys(paths)
    .map((path) => ({ path, pattern: base + path.replaceAll(/\{([^}]+)\}/g, ':$1') }))
    .sort((a, b) => parameterCount(a.path) - parameterCount(b.path))

  return (method, path) => {
    const known = METHODS.find((name) => name.toUpperCase() === method)
    if (known === undefined) return null
    for (const template of templates) {
      if (matchPath(template.pattern, path) === null) continue
      const found = documented(template.path, known)
      if (found !== null) return found
    }
    return null
  }
}

function bodySchema(content: z.infer<typeof body>['content'], place: string): SchemaPointer | null {
  const schema = content?.[JSON_TYPE]?.schema
  return schema === undefined ? null : `${place}/content/${pointerPart(JSON_TYPE)}/schema`
}

function parameterCount(path: string): number {
  return path.split('{').length
}

function pointerPart(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))
}
