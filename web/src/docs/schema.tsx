/** Schemas in words: a one-line type with links, and a table of fields. */
import type { ComponentChildren } from 'preact'
import type { Schema } from './openapi'
import { nameOf } from './openapi'

const literal = (value: unknown) => <code>{JSON.stringify(value)}</code>

function joined(parts: ComponentChildren[], between: string): ComponentChildren {
  return parts.map((part, i) => (i === 0 ? part : [between, part]))
}

/** The type of one field, with links to the schemas it names. */
export function Type({ schema }: { schema: Schema }): ComponentChildren {
  if (schema.$ref) return <a href={`#${nameOf(schema.$ref)}`}>{nameOf(schema.$ref)}</a>
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum) return joined(schema.enum.map(literal), ' | ')
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices)
    return joined(
      choices.map((choice) => <Type schema={choice} />),
      ' | ',
    )
  if (schema.type === 'array')
    return <>list of {schema.items ? <Type schema={schema.items} /> : 'anything'}</>
  if (typeof schema.additionalProperties === 'object')
    return (
      <>
        map of text to <Type schema={schema.additionalProperties} />
      </>
    )
  return <code>{[schema.type ?? 'any'].flat().join(' | ')}</code>
}

/** Limits that a sender must keep. */
function limits(schema: Schema): string {
  const found = [
    schema.format,
    schema.minimum !== undefined && `≥ ${schema.minimum}`,
    schema.maximum !== undefined && `≤ ${schema.maximum}`,
    schema.minLength !== undefined && `at least ${schema.minLength} characters`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.pattern !== undefined && `matches ${schema.pattern}`,
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
  ]
  return found.filter(Boolean).join(', ')
}

export function SchemaCard({ name, schema }: { name: string; schema: Schema }) {
  const required = new Set(schema.required ?? [])
  return (
    <section id={name} class="card">
      <h3>{name}</h3>
      {schema.description && <p>{schema.description}</p>}
      {schema.properties ? (
        <table>
          <thead>
            <tr>
              <th>Field</th>
              <th>Type</th>
              <th>Meaning</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(schema.properties).map(([field, part]) => (
              <tr key={field}>
                <td>
                  <code>{field}</code>
                  {!required.has(field) && <span class="quiet"> may be missing</span>}
                </td>
                <td>
                  <Type schema={part} />
                </td>
                <td>{[part.description, limits(part)].filter(Boolean).join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p>
          <Type schema={schema} />
        </p>
      )}
    </section>
  )
}
