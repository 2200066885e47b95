// Requests to the mobile interface, with a token that is renewed when it has expired.

import { change, deviceId, read, result } from './store.js'

const BASE = '/mobile/v1'
// A token that ends so soon is renewed first.
const MARGIN_MS = 60_000

/** The service cannot be reached, or asks to wait. `seconds` is what it asks for; 0 if it asks for nothing. */
export class Later extends Error {
  /** @param {number} seconds */
  constructor(seconds = 0) {
    super('later')
    this.seconds = seconds
  }
}

/** Return what `fetch` returns; an answer that another attempt can change is `Later`. */
async function attempt(/** @type {string} */ path, /** @type {RequestInit} */ options) {
  let response
  try {
    response = await fetch(BASE + path, { ...options, credentials: 'omit', cache: 'no-store', redirect: 'error' })
  } catch {
    throw new Later()
  }
  if (response.status === 429 || response.status >= 500) {
    throw new Later(Number(response.headers.get('Retry-After')) || 0)
  }
  return response
}

/** Register this device and store its token. @returns {Promise<string>} */
export async function register() {
  const device_id = await deviceId()
  const push = await read('facts', 'push')
  const response = await attempt('/devices', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ device_id, ...(push && { push_token: push }) }),
  })
  if (!response.ok) throw new Later()
  const { token, expires_at, push_key } = await response.json()
  await change(['facts'], async (store) => {
    await result(store('facts').put({ token, expires_at }, 'token'))
    await result(store('facts').put(push_key ?? '', 'push_key'))
  })
  return token
}

/** Return a token that is still valid by the clock of this device. */
async function currentToken() {
  const stored = await read('facts', 'token')
  return stored && Date.parse(stored.expires_at) - Date.now() > MARGIN_MS ? stored.token : register()
}

/**
 * Send a request with the token of this device. An expired or revoked token is renewed once.
 * @param {string} method @param {string} path @param {{headers?: Record<string, string>, body?: BodyInit}} options
 * @returns {Promise<Response>}
 */
export async function call(method, path, { headers = {}, body } = {}) {
  const send = (/** @type {string} */ token) => attempt(path, {
    method, body, headers: { ...headers, Authorization: `Bearer ${token}` },
  })
  const response = await send(await currentToken())
  if (response.status !== 401) return response
  const second = await send(await register())
  if (second.status === 401) throw new Later()
  return second
}

/** Send JSON. @param {string} path @param {unknown} value */
export function post(path, value) {
  return call('POST', path, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) })
}

/** Return the refusal in an answer, for people. @param {Response} response */
export async function problemOf(response) {
  const problem = await response.json().catch(() => ({}))
  return problemFrom(problem)
}

/** Return the refusal in a problem document. @param {any} problem */
export function problemFrom(problem) {
  const details = (problem.errors ?? []).map((/** @type {any} */ error) => error.detail).filter(Boolean)
  return { reason: problem.reason ?? '', title: problem.title ?? '', details }
}
