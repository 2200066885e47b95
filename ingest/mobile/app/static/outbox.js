// Sends what waits: reports with their pictures, then messages about them. Each has an id, so each arrives once.
//
// A window and the service worker never send at the same time (Web Locks). What was answered is removed in one
// transaction; what got no answer is sent again, unchanged.

import { call, Later, post, problemFrom, problemOf } from './service.js'
import { change, read, readAll, result, tell } from './store.js'
import { upload } from './upload.js'

/** @typedef {import('./store.js').Item} Item */

// Reasons for which the same item is sent again, after its pictures.
const PICTURE_IS_MISSING = ['unfinished_upload', 'unknown_upload']

/** Send what waits. Raises `Later` if something must wait longer. */
export function sendWaiting() {
  return navigator.locks.request('outbox', sendAll)
}

async function sendAll() {
  const waiting = (await readAll('outbox')).filter((item) => !item.problem)
  const reports = waiting.filter(({ kind }) => kind === 'report').sort((a, b) => a.sequence - b.sequence)
  const messages = waiting.filter(({ kind }) => kind === 'follow-up').sort((a, b) => a.at.localeCompare(b.at))
  let later = null
  for (const item of [...reports, ...messages]) {
    try {
      if (await sendPictures(item)) await (item.kind === 'report' ? sendReport(item) : sendMessage(item))
    } catch (error) {
      if (!(error instanceof Later)) throw error
      later = error
      // Without a network no other item arrives either.
      if (!error.seconds) break
    }
  }
  if (later) throw later
}

/** Send the pictures of an item. Return true if the service has all of them. */
async function sendPictures(/** @type {Item} */ item) {
  for (const picture of item.pictures) {
    const content = await read('pictures', picture.id)
    // Its bytes were removed by the browser or the owner: the words are worth sending alone.
    const refusal = content ? await upload(picture, content) : { title: '', details: ['Foto hilang dari ponsel.'] }
    if (refusal) {
      await refuse(item, refusal)
      return false
    }
  }
  return true
}

async function sendReport(/** @type {Item} */ item) {
  const fields = { ...item.body, client_id: item.client_id, sequence: item.sequence }
  const response = await post('/outbox', { items: [fields] })
  if (!response.ok) return refuse(item, await problemOf(response))
  const { results: [outcome], highest } = await response.json()
  if (outcome.status !== 'refused') return remove(item, outcome)
  if (outcome.retry_after) throw new Later(outcome.retry_after)
  if (PICTURE_IS_MISSING.includes(outcome.reason)) throw new Later()
  if (outcome.reason === 'sequence_reused') return renumber(item, highest)
  return refuse(item, problemFrom(outcome))
}

async function sendMessage(/** @type {Item} */ item) {
  const response = await post('/follow-ups', { ...item.body, client_id: item.client_id })
  if (response.ok) return remove(item, await response.json())
  const problem = await problemOf(response)
  if (PICTURE_IS_MISSING.includes(problem.reason)) throw new Later()
  return refuse(item, problem)
}

/** Move an item that the service has from the outbox to what was sent. */
async function remove(/** @type {Item} */ item, /** @type {any} */ { tracking, link = '' }) {
  const { text = '', about = '', act = '', rating = 0 } = /** @type {any} */ (item.body)
  const { client_id, kind, at, pictures } = item
  await change(['outbox', 'pictures', 'sent'], async (store) => {
    await result(store('sent').put({
      client_id, kind, about, at, tracking, link, text, act, rating, photos: pictures.length,
    }))
    for (const { id } of pictures) await result(store('pictures').delete(id))
    await result(store('outbox').delete(client_id))
  })
  tell()
}

/** Give an item the next free number: this device lost its memory, and the number belongs to an earlier report. */
async function renumber(/** @type {Item} */ item, /** @type {number} */ highest) {
  await change(['outbox', 'facts'], async (store) => {
    const sequence = Math.max(highest, await result(store('facts').get('sequence')) ?? 0) + 1
    await result(store('facts').put(sequence, 'sequence'))
    item.sequence = sequence
    await result(store('outbox').put(item))
  })
  return sendReport(item)
}

/** Keep an item with the reason why the service does not take it. Its sender decides. */
async function refuse(/** @type {Item} */ item, /** @type {import('./store.js').Problem} */ { title, details }) {
  item.problem = { title, details }
  await change(['outbox'], async (store) => { await result(store('outbox').put(item)) })
  tell()
}

/** Remove an item that was refused, with its pictures. @param {Item} item */
export async function discard(item) {
  await change(['outbox', 'pictures'], async (store) => {
    for (const { id } of item.pictures) await result(store('pictures').delete(id))
    await result(store('outbox').delete(item.client_id))
  })
  tell()
}

/**
 * Put a message about a report into the outbox, with its pictures. The same `client_id` is one message.
 * @param {string} clientId @param {Record<string, unknown>} body
 * @param {{picture: import('./store.js').Picture, content: Blob}[]} pictures
 */
export async function queueMessage(clientId, body, pictures) {
  await change(['outbox', 'pictures', 'sent'], async (store) => {
    for (const name of ['outbox', 'sent']) if (await result(store(name).getKey(clientId))) return
    for (const { picture, content } of pictures) await result(store('pictures').put(content, picture.id))
    await result(store('outbox').add({
      client_id: clientId, kind: 'follow-up', at: new Date().toISOString(), problem: null,
      body: { ...body, attachments: pictures.map(({ picture }) => picture.id) },
      pictures: pictures.map(({ picture }) => picture),
    }))
  })
  tell()
}

/** Read the states of the own reports and store them. An unchanged feed is not sent again. */
export async function refreshFeed() {
  const stored = await read('facts', 'feed')
  const headers = stored ? { 'If-None-Match': stored.tag } : {}
  const response = await call('GET', '/feed', { headers: /** @type {Record<string, string>} */ (headers) })
  if (!response.ok) return
  const { reports } = await response.json()
  const feed = { tag: response.headers.get('ETag'), reports }
  await change(['facts'], async (store) => { await result(store('facts').put(feed, 'feed')) })
  tell()
}
