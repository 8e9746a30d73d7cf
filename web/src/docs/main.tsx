/** The API page: renders /openapi.json, with nothing loaded from elsewhere. */
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call } from '../link/http'
import './docs.css'
import type { Document, Operation, Schema } from './openapi'
import { SchemaCard, Type } from './schema'

const TAGS = ['people', 'rooms', 'archive', 'live', 'operation']

interface Entry {
  method: string
  path: string
  operation: Operation
}

function contentOf(content: Record<string, { schema?: Schema }> | undefined) {
  return Object.entries(content ?? {}).map(([mime, { schema }]) => (
    <span key={mime}>
      <code>{mime}</code> {schema && <Type schema={schema} />}
    </span>
  ))
}

function OperationCard({ method, path, operation }: Entry) {
  const live = Object.entries(operation).filter(([key]) => /^x-(client|server)-/.test(key))
  return (
    <section id={operation.operationId} class="card">
      <h3>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
      </h3>
      {operation.summary && <p>{operation.summary}</p>}
      {operation.description && <p>{operation.description}</p>}
      {operation['x-roles'] && <p class="quiet">Roles: {operation['x-roles'].join(', ')}</p>}
      <dl>
        {operation.parameters?.map((parameter) => (
          <div key={parameter.name}>
            <dt>
              {parameter.in} <code>{parameter.name}</code>
            </dt>
            <dd>{parameter.schema && <Type schema={parameter.schema} />}</dd>
          </div>
        ))}
        {operation.requestBody && (
          <div>
            <dt>body</dt>
            <dd>{contentOf(operation.requestBody.content)}</dd>
          </div>
        )}
        {live.map(([key, schema]) => (
          <div key={key}>
            <dt>{key.slice(2).replace('-', ' ')}</dt>
            <dd>
              <Type schema={schema as Schema} />
            </dd>
          </div>
        ))}
        {Object.entries(operation.responses).map(([status, response]) => (
          <div key={status}>
            <dt>
              <code>{status}</code>
            </dt>
            <dd>
              {response.description} {contentOf(response.content)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Page({ document: { info, paths, components } }: { document: Document }) {
  const entries: Entry[] = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  return (
    <>
      <nav aria-label="Contents">
        <h1>{info.title} API</h1>
        <p class="quiet">
          {info.version} · <a href="/openapi.json">openapi.json</a>
        </p>
        {TAGS.map((tag) => (
          <div key={tag}>
            <h2>{tag}</h2>
            {entries
              .filter(({ operation }) => operation.tags?.includes(tag))
              .map(({ method, path, operation }) => (
                <a key={`${method}${path}`} href={`#${operation.operationId}`}>
                  {method.toUpperCase()} {path}
                </a>
              ))}
          </div>
        ))}
        <h2>schemas</h2>
        {Object.keys(components.schemas).map((name) => (
          <a key={name} href={`#${name}`}>
            {name}
          </a>
        ))}
      </nav>
      <main>
        {info.description && <p>{info.description}</p>}
        {TAGS.map((tag) => (
          <div key={tag}>
            <h2>{tag}</h2>
            {entries
              .filter(({ operation }) => operation.tags?.includes(tag))
              .map((entry) => (
                <OperationCard key={`${entry.method}${entry.path}`} {...entry} />
              ))}
          </div>
        ))}
        <h2>schemas</h2>
        {Object.entries(components.schemas).map(([name, schema]) => (
          <SchemaCard key={name} name={name} schema={schema} />
        ))}
      </main>
    </>
  )
}

function Docs() {
  const [found, setFound] = useState<Document | Error | null>(null)
  useEffect(() => {
    call<Document>('GET', '/openapi.json').then(setFound, setFound)
  }, [])
  if (found === null) return null
  if (found instanceof Error)
    return (
      <p role="alert">
        The API description did not arrive. <a href="/docs">Try again</a>
      </p>
    )
  return <Page document={found} />
}

const root = document.getElementById('api')
if (root) render(<Docs />, root)
