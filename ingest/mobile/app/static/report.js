// The view in which a report is written: photo, place, one sentence. Every change is stored at once.

import { addPicture, isEmpty, newDraft, removePicture, saveDraft, sendDraft, storedDraft } from './drafts.js'
import { byId, coordinates, show, showPictures, told } from './page.js'
import { prepare } from './pictures.js'
import { isFull, read } from './store.js'
import { TEXTS } from './texts.js'

const MAX_PICTURES = 5
const LOCATING = { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 }
const WORDS = ['text', 'address']
const TICKS = ['anonim', 'rahasia']

/** @type {import('./store.js').Draft} */
let draft = newDraft()
// Changes of the draft happen one after the other, so that none is written over another.
let queue = Promise.resolve()
let isSending = false

/** Do `work` after all earlier changes of the draft. @param {() => Promise<unknown>} work */
function next(work) {
  queue = queue.then(work).then(() => undefined, (error) => {
    if (!isFull(error)) throw error
    show('text-fault', TEXTS.notSaved)
  })
  return queue
}

/** Resolve when the draft is stored as it is on the page. */
export function draftIsStored() {
  return queue
}

/** Show the stored draft, or an empty one. @param {() => void} sent  called after a report went to the outbox */
export async function startReport(sent) {
  await showStored()
  if (!isEmpty(draft)) show('saved', TEXTS.restored)
  for (const id of WORDS) byId(id).addEventListener('input', readForm)
  for (const id of TICKS) byId(id).addEventListener('change', readForm)
  for (const id of ['camera', 'gallery']) byId(id).addEventListener('change', () => pick(byId(id)))
  byId('accept').addEventListener('click', () => settle(draft.offer))
  byId('decline').addEventListener('click', () => settle(draft.position))
  byId('position-remove').addEventListener('click', () => settle(null))
  byId('locate').addEventListener('click', locate)
  byId('view-report').addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault()
    void send(sent)
  })
}

/** Show the draft that is stored now: it may be a report that is to be corrected. */
export async function showStored() {
  draft = await storedDraft() ?? newDraft()
  for (const id of WORDS) byId(id).value = draft[/** @type {'text'} */ (id)]
  for (const id of TICKS) byId(id).checked = draft[/** @type {'anonim'} */ (id)]
  for (const id of ['text-fault', 'photo-fault', 'place-fault', 'saved']) show(id, '')
  await showDraft()
}

async function showDraft() {
  const pictures = await Promise.all(draft.pictures.map(async ({ id }) => ({ id, content: await read('pictures', id) })))
  showPictures(byId('photos'), pictures, TEXTS.photo, (id) => {
    void next(async () => { draft = await removePicture(draft, id); await showDraft() })
  })
  byId('pick').hidden = draft.pictures.length >= MAX_PICTURES
  byId('offer').hidden = !draft.offer
  if (draft.offer) byId('offered').textContent = coordinates(draft.offer)
  byId('position').hidden = !draft.position
  if (draft.position) {
    byId('position-source').textContent =
      draft.position.source === 'picture' ? TEXTS.positionOfPicture : TEXTS.positionOfDevice
    byId('position-text').textContent = coordinates(draft.position)
  }
}

/** Take over what was typed and store it. */
function readForm() {
  for (const id of WORDS) draft[/** @type {'text'} */ (id)] = byId(id).value
  for (const id of TICKS) draft[/** @type {'anonim'} */ (id)] = byId(id).checked
  told('')
  show('text-fault', '')
  return store()
}

function store() {
  return next(async () => {
    if (await saveDraft(draft)) show('saved', isEmpty(draft) ? '' : TEXTS.saved)
    else await showStored()
  })
}

/** Add the picked pictures. @param {HTMLInputElement} input */
async function pick(input) {
  const files = [...(input.files ?? [])]
  input.value = ''
  show('photo-fault', '')
  told('')
  for (const file of files) await next(() => add(file))
}

async function add(/** @type {File} */ file) {
  if (draft.pictures.length >= MAX_PICTURES) {
    show('photo-fault', TEXTS.tooManyPhotos)
    return
  }
  let prepared
  try {
    prepared = await prepare(file)
  } catch {
    show('photo-fault', TEXTS.photoUnreadable)
    return
  }
  const { content, place } = prepared
  const picture = { id: crypto.randomUUID(), size: content.size, type: content.type }
  const offer = place && !draft.position ? { ...place, accuracy: null, source: /** @type {const} */ ('picture') } : draft.offer
  try {
    draft = await addPicture({ ...draft, offer }, picture, content)
    show('saved', TEXTS.saved)
  } catch (error) {
    if (!isFull(error)) throw error
    show('photo-fault', TEXTS.photoNotSaved)
  }
  void navigator.storage?.persist?.()
  await showDraft()
}

/** Make this the place of the report. What was offered is settled. @param {import('./store.js').Position|null} position */
async function settle(position) {
  draft.position = position
  draft.offer = null
  show('place-fault', '')
  await store()
  await showDraft()
  byId('locate').focus()
}

function locate() {
  show('place-fault', '')
  byId('locate').textContent = TEXTS.locating
  const done = () => { byId('locate').textContent = label }
  navigator.geolocation.getCurrentPosition(({ coords: { latitude, longitude, accuracy } }) => {
    done()
    void settle({ latitude, longitude, accuracy: Math.min(Math.round(accuracy), 100_000), source: 'device' })
  }, ({ code, PERMISSION_DENIED }) => {
    done()
    show('place-fault', code === PERMISSION_DENIED ? TEXTS.positionDenied : TEXTS.noPosition)
  }, LOCATING)
}
const label = byId('locate').textContent

async function send(/** @type {() => void} */ sent) {
  if (!draft.text.trim()) {
    show('text-fault', TEXTS.noWords)
    byId('text').focus()
    return
  }
  // A second press while the first is stored.
  if (isSending) return
  isSending = true
  try {
    await next(async () => {
      if (!await saveDraft(draft)) return
      await sendDraft(draft)
    })
    // The draft is still there if no space was left.
    if (await storedDraft()) return
    await showStored()
    sent()
  } finally {
    isSending = false
  }
}
