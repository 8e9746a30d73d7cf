/** The part of OpenAPI 3.1 that our document uses. */

export interface Schema {
  $ref?: string
  type?: string | string[]
  title?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
}

type Content = Record<string, { schema?: Schema }>

export interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
  'x-roles'?: string[]
  [extension: `x-${string}`]: unknown
}

export interface Document {
  openapi: string
  info: { title: string; version: string; description?: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** `#/components/schemas/Me` → `Me`. */
export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

/** Names that a schema mentions directly, in order, each once. */
export function mentioned(schema: Schema): string[] {
  const found = new Set<string>()
  const visit = (part: Schema) => {
    if (part.$ref) found.add(nameOf(part.$ref))
    if (part.items) visit(part.items)
    if (typeof part.additionalProperties === 'object') visit(part.additionalProperties)
    for (const list of [part.anyOf, part.oneOf, part.allOf]) list?.forEach(visit)
    Object.values(part.properties ?? {}).forEach(visit)
  }
  visit(schema)
  return [...found]
}
