// What must outlive the page: the draft, pictures, the outbox, what was sent, and facts about this device.

/**
 * @typedef {{latitude: number, longitude: number, accuracy: number|null, source: 'device'|'picture'}} Position
 * @typedef {{id: string, size: number, type: string}} Picture  its bytes are in the store `pictures`
 * @typedef {{client_id: string, sequence?: number, text: string, address: string, anonim: boolean, rahasia: boolean,
 *   position: Position|null, offer: Position|null, pictures: Picture[]}} Draft
 * @typedef {{title: string, details: string[]}} Problem
 * @typedef {{client_id: string, kind: 'report'|'follow-up', sequence?: number, at: string, body: Record<string, unknown>,
 *   pictures: Picture[], problem: Problem|null}} Item  one report or message that the service does not have yet
 * @typedef {{client_id: string, kind: 'report'|'follow-up', about: string, at: string, tracking: string, link: string,
 *   text: string, act: string, rating: number, photos: number}} Sent
 */

const NAME = 'satu-pintu'
const STORES = { facts: undefined, drafts: undefined, pictures: undefined, outbox: 'client_id', sent: 'client_id' }

/** @type {Promise<IDBDatabase>|null} */
let opened = null

/** Open the database once. @returns {Promise<IDBDatabase>} */
function open() {
  opened ??= new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1)
    opening.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) opening.result.createObjectStore(name, { keyPath })
    }
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      // A newer version of the app may change the stores: it must not wait for this page.
      opening.result.onversionchange = () => { opening.result.close(); opened = null }
      opening.result.onclose = () => { opened = null }
      resolve(opening.result)
    }
  })
  opened.catch(() => { opened = null })
  return opened
}

/** Return the result of one request. @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/**
 * Do `work` in one transaction, and return its result once that is durable. Nothing is written if it throws.
 * `work` may await requests of the transaction only.
 * @template T
 * @param {string[]} stores
 * @param {(store: (name: string) => IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function change(stores, work) {
  const transaction = (await open()).transaction(stores, 'readwrite', { durability: 'strict' })
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined)
    transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'))
  })
  done.catch(() => undefined)
  let value
  try {
    value = await work((name) => transaction.objectStore(name))
  } catch (error) {
    try { transaction.abort() } catch { /* it has aborted itself, as it does when no space is left */ }
    throw error
  }
  await done
  return value
}

/** Return one value. @param {string} store @param {string} key @returns {Promise<any>} */
export async function read(store, key) {
  return result((await open()).transaction(store).objectStore(store).get(key))
}

/** Return all values, in the order of their keys. @param {string} store @returns {Promise<any[]>} */
export async function readAll(store) {
  return result((await open()).transaction(store).objectStore(store).getAll())
}

/** Write a fact about this device. @param {string} name @param {unknown} value */
export function writeFact(name, value) {
  return change(['facts'], async (store) => { await result(store('facts').put(value, name)) })
}

/** Return the id of this device, made once. @returns {Promise<string>} */
export function deviceId() {
  return change(['facts'], async (store) => {
    const known = await result(store('facts').get('device_id'))
    if (known) return known
    const made = crypto.randomUUID()
    await result(store('facts').put(made, 'device_id'))
    return made
  })
}

/** Delete everything. @returns {Promise<void>} */
export function wipe() {
  const names = Object.keys(STORES)
  return change(names, async (store) => { for (const name of names) await result(store(name).clear()) })
}

/** Return true if the phone has no space left. @param {unknown} error */
export function isFull(error) {
  return error instanceof DOMException && (error.name === 'QuotaExceededError' || error.name === 'AbortError')
}

const channel = new BroadcastChannel('satu-pintu')

/** Tell all pages, and this one, that stored values have changed. */
export function tell() {
  channel.postMessage('changed')
  globalThis.dispatchEvent(new Event('stored'))
}
channel.onmessage = () => globalThis.dispatchEvent(new Event('stored'))
