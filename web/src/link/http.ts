/** HTTP calls to our own server: JSON in, JSON out, every failure a Refusal. */
import type { ErrorBody, ErrorCode } from '../contract'
import { Refusal } from './refusal'

const TIMEOUT_MS = 20_000

/** Codes for answers that did not come from us (a proxy's error page). */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'sign_in'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 413) return 'too_large'
  if (status === 429) return 'too_many'
  return status >= 500 ? 'unavailable' : 'bad_message'
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const body = (await response.json()) as Partial<ErrorBody>
    if (typeof body.code === 'string')
      return new Refusal(body.code, body.detail ?? '', body.retry_after_s ?? null)
  } catch {
    /* not JSON: the status alone must do */
  }
  return new Refusal(codeOf(response.status), `HTTP ${response.status}`)
}

export interface CallOptions {
  /** Sent as JSON, or as it is when a Blob. */
  body?: unknown
  /** The tag of the version that the body replaces; refused with `precondition` if another is there by now. */
  replaces?: string
  signal?: AbortSignal
  /** Lets the request outlive the page (progress at closing). */
  keepalive?: boolean
}

/** Sends a request; resolves with the decoded body (null for 204). Rejects with a Refusal, `offline` without a whole answer. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options)
  if (response.status === 204) return null as T
  const text = await whole(response.text())
  return (text ? JSON.parse(text) : null) as T
}

/** Sends the whole of what is kept, in place of the version `replaces`; resolves with the tag of the new one. */
export async function replace(path: string, replaces: string, body: object): Promise<string> {
  const response = await send('PUT', path, { body, replaces })
  return response.headers.get('ETag')?.replaceAll('"', '') ?? replaces
}

/** The same for an answer that is a file. */
export async function download(method: string, path: string, options: CallOptions = {}): Promise<Blob> {
  const response = await send(method, path, options)
  return whole(response.blob())
}

/** The network may go, or the server be killed, in the middle of an answer. */
async function whole<T>(body: Promise<T>): Promise<T> {
  try {
    return await body
  } catch (error) {
    throw new Refusal('offline', String(error))
  }
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const { body, replaces, keepalive = false } = options
  const blob = body instanceof Blob
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive,
      headers: {
        ...(body !== undefined && {
          'Content-Type': blob ? body.type || 'application/octet-stream' : 'application/json',
        }),
        ...(replaces !== undefined && { 'If-Match': `"${replaces}"` }),
      },
      body: body === undefined ? undefined : blob ? body : JSON.stringify(body),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    })
  } catch (error) {
    throw new Refusal('offline', String(error))
  }
  if (!response.ok) throw await refusalOf(response)
  return response
}
