// The draft of the report: one at a time, stored with every change, and moved to the outbox once.

import { change, read, result, tell } from './store.js'

/** @typedef {import('./store.js').Draft} Draft */
/** @typedef {import('./store.js').Picture} Picture */

const KEY = 'report'

/** Return an empty draft. Its `client_id` is that of the report, so a report is sent once. @returns {Draft} */
export function newDraft() {
  return {
    client_id: crypto.randomUUID(), text: '', address: '', anonim: false, rahasia: false,
    position: null, offer: null, pictures: [],
  }
}

/** Return the stored draft. @returns {Promise<Draft|undefined>} */
export function storedDraft() {
  return read('drafts', KEY)
}

/** Return true if nothing was written, picked or located. @param {Draft} draft */
export function isEmpty(draft) {
  return !draft.text.trim() && !draft.address.trim() && !draft.position && !draft.pictures.length
}

/**
 * Store the draft. Return false if its report was sent already, perhaps by another window.
 * @param {Draft} draft @returns {Promise<boolean>}
 */
export function saveDraft(draft) {
  return change(['drafts', 'outbox', 'sent'], async (store) => {
    for (const name of ['outbox', 'sent']) if (await result(store(name).getKey(draft.client_id))) return false
    await result(store('drafts').put(draft, KEY))
    return true
  })
}

/**
 * Store a picture, and the draft that has it, together.
 * @param {Draft} draft @param {Picture} picture @param {Blob} content
 */
export async function addPicture(draft, picture, content) {
  const changed = { ...draft, pictures: [...draft.pictures, picture] }
  await change(['drafts', 'pictures'], async (store) => {
    await result(store('pictures').put(content, picture.id))
    await result(store('drafts').put(changed, KEY))
  })
  return changed
}

/** Remove a picture from the draft. @param {Draft} draft @param {string} id */
export async function removePicture(draft, id) {
  const pictures = draft.pictures.filter((picture) => picture.id !== id)
  const changed = { ...draft, pictures, offer: pictures.length ? draft.offer : null }
  await change(['drafts', 'pictures'], async (store) => {
    await result(store('pictures').delete(id))
    await result(store('drafts').put(changed, KEY))
  })
  return changed
}

/**
 * Move the draft to the outbox, in one transaction. A second press finds no draft and does nothing.
 * @param {Draft} draft
 */
export async function sendDraft(draft) {
  await change(['drafts', 'outbox', 'sent', 'facts'], async (store) => {
    const stored = await result(store('drafts').get(KEY))
    if (stored?.client_id !== draft.client_id) return
    const sequence = draft.sequence ?? (await result(store('facts').get('sequence')) ?? 0) + 1
    if (!draft.sequence) await result(store('facts').put(sequence, 'sequence'))
    await result(store('outbox').add({
      client_id: draft.client_id, kind: 'report', sequence, at: new Date().toISOString(), body: body(draft),
      pictures: draft.pictures, problem: null,
    }))
    await result(store('drafts').delete(KEY))
  })
  tell()
}

/** Return the fields of the report, by the mobile interface. @param {Draft} draft */
function body(draft) {
  const { position } = draft
  return {
    text: draft.text.trim(), address: draft.address.trim(), anonim: draft.anonim, rahasia: draft.rahasia,
    ...(position && { latitude: position.latitude, longitude: position.longitude, accuracy: position.accuracy }),
    attachments: draft.pictures.map(({ id }) => id),
  }
}

/**
 * Make a report that the service refused the draft again, with its number and its pictures.
 * Return false if another draft is in the way.
 * @param {import('./store.js').Item} item @returns {Promise<boolean>}
 */
export async function correct(item) {
  const { text, address, anonim, rahasia, latitude, longitude, accuracy } = /** @type {any} */ (item.body)
  const position = latitude === undefined ? null : { latitude, longitude, accuracy, source: 'device' }
  const draft = {
    client_id: item.client_id, sequence: item.sequence, text, address, anonim, rahasia, position, offer: null,
    // The service remembers a refused upload under its id.
    pictures: item.pictures,
  }
  const done = await change(['drafts', 'outbox'], async (store) => {
    const stored = await result(store('drafts').get(KEY))
    if (stored && !isEmpty(stored)) return false
    await result(store('outbox').delete(item.client_id))
    await result(store('drafts').put(draft, KEY))
    return true
  })
  tell()
  return done
}
