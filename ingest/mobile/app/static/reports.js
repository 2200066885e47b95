// The own reports: what waits in the outbox, and what the service says about the others.

import { correct } from './drafts.js'
import { discard, queueMessage } from './outbox.js'
import { byId, element, moment, show, showPictures, told } from './page.js'
import { prepare } from './pictures.js'
import { isFull, read, readAll } from './store.js'
import { TEXTS } from './texts.js'

/** @typedef {import('./store.js').Item} Item */
/** @typedef {import('./store.js').Sent} Sent */

const MAX_PICTURES = 5
const ANSWERED = ['dijawab', 'selesai']

/** Return what is stored: the outbox, what was sent, and the last feed. */
async function stored() {
  const [outbox, sent, feed] = await Promise.all([readAll('outbox'), readAll('sent'), read('facts', 'feed')])
  return {
    outbox: /** @type {Item[]} */ (outbox),
    sent: /** @type {Sent[]} */ (sent),
    reports: /** @type {any[]} */ (feed?.reports ?? []),
  }
}

/** Show all own reports, newest first. */
export async function showList() {
  const { outbox, sent, reports } = await stored()
  const known = new Set(reports.map(({ tracking }) => tracking))
  const waiting = outbox.filter(({ kind }) => kind === 'report').reverse().map(waitingCard)
  // Sent a moment ago: the last feed does not have it yet.
  const fresh = sent.filter(({ kind, tracking }) => kind === 'report' && !known.has(tracking))
    .sort((a, b) => b.at.localeCompare(a.at))
    .map(({ client_id, tracking, text }) => card(`#laporan/${client_id}`, TEXTS.report(tracking), text))
  const words = new Map(sent.map(({ client_id, text }) => [client_id, text]))
  const shown = reports.filter((entry) => entry.thread === entry.client_id || !entry.client_id)
    .map((entry) => card(`#laporan/${entry.client_id ?? entry.tracking}`, TEXTS.report(entry.tracking),
      words.get(entry.client_id) ?? '', entry.sentence, moment(entry.changed_at)))
  byId('reports').replaceChildren(...waiting, ...fresh, ...shown)
  byId('no-reports').hidden = Boolean(waiting.length + fresh.length + shown.length)
}

/** Show how many items wait. */
export async function showWaiting() {
  const { outbox } = await stored()
  show('waiting', outbox.length ? String(outbox.length) : '')
  if (outbox.length) byId('waiting').setAttribute('aria-label', `${outbox.length} belum terkirim`)
}

/** Return the number of items that the service does not have. */
export async function waitingCount() {
  return (await stored()).outbox.length
}

function card(/** @type {string} */ address, /** @type {string} */ title, /** @type {string[]} */ ...lines) {
  const shown = lines.filter(Boolean).map((line) => element('p', {}, shortened(line)))
  return element('li', { className: 'card' }, element('a', { href: address }, title), ...shown)
}

function shortened(/** @type {string} */ text) {
  return text.length > 160 ? `${text.slice(0, 160)} …` : text
}

/** Return an item that waits, or that was refused with what its sender can do. */
function waitingCard(/** @type {Item} */ item) {
  const body = /** @type {any} */ (item.body)
  const parts = [element('p', { className: 'words' }, shortened(body.text))]
  if (item.pictures.length) parts.push(element('p', { className: 'soft' }, TEXTS.photoCount(item.pictures.length)))
  if (!item.problem) parts.push(element('p', { className: 'soft' }, TEXTS.waiting))
  else parts.push(problemNote(item))
  return element('li', { className: 'card mine' }, ...parts)
}

function problemNote(/** @type {Item} */ item) {
  const { title, details } = /** @type {import('./store.js').Problem} */ (item.problem)
  const buttons = []
  if (item.kind === 'report') {
    const again = element('button', { type: 'button' }, TEXTS.correct)
    again.addEventListener('click', async () => {
      if (await correct(item)) location.hash = '#lapor'
      else told(TEXTS.draftInTheWay)
    })
    buttons.push(again)
  }
  const remove = element('button', { type: 'button', className: 'quiet' }, TEXTS.remove)
  remove.addEventListener('click', () => discard(item))
  return element('div', {},
    element('p', { className: 'fault' }, [TEXTS.refused, title, ...details].filter(Boolean).join(' ')),
    element('div', { className: 'pair' }, ...buttons, remove))
}

/** @type {string} */
let shownReport = ''
/** @type {{picture: import('./store.js').Picture, content: Blob}[]} */
let replyPictures = []
let replyId = crypto.randomUUID()

/** Show one report with its conversation. @param {string} reference  its client id, or its number */
export async function showDetail(reference) {
  const { outbox, sent, reports } = await stored()
  const own = sent.find(({ client_id }) => client_id === reference)
  const entry = reports.find(({ client_id, tracking }) => [client_id, tracking].includes(reference))
  if (!own && !entry) {
    location.replace('#laporan')
    return
  }
  const tracking = entry?.tracking ?? own?.tracking
  byId('detail-title').textContent = TEXTS.report(tracking)
  const about = new Set([reference, tracking])
  const messages = [
    ...sent.filter((message) => message.kind === 'follow-up' && about.has(message.about)),
    ...outbox.filter(({ kind, body }) => kind === 'follow-up' && about.has(/** @type {string} */ (body.about))),
  ].sort((a, b) => a.at.localeCompare(b.at))
  byId('conversation').replaceChildren(...[
    own && mine(own.text, own.at, own.photos),
    entry && theirs('', entry.sentence, entry.changed_at),
    entry?.question && theirs(TEXTS.question, entry.question),
    (entry?.answer || entry?.pictures.length) && answer(entry),
    ...messages.map(message),
  ].filter(Boolean))
  show('own-page', '')
  byId('own-page').hidden = true
  showReply(reference, entry)
  const link = entry?.link ?? own?.link
  byId('own-page').replaceChildren(...(link ? [element('a', { href: new URL(link).pathname }, 'Halaman lengkap laporan ini')] : []),
    ...(link ? [element('span', { className: 'soft' }, ' (seluruh percakapan, tarik laporan, hapus data)')] : []))
  byId('own-page').hidden = !link
}

function mine(/** @type {string} */ text, /** @type {string} */ at, /** @type {number} */ photos, /** @type {Node[]} */ ...more) {
  const line = [TEXTS.yours, moment(at), photos ? TEXTS.photoCount(photos) : ''].filter(Boolean).join(' · ')
  return element('div', { className: 'card mine' },
    element('p', { className: 'soft' }, line), element('p', { className: 'words' }, text), ...more)
}

function theirs(/** @type {string} */ title, /** @type {string} */ text, /** @type {string} */ at = '') {
  const line = [title, at && moment(at)].filter(Boolean).join(' · ')
  return element('div', { className: 'card' },
    ...(line ? [element('p', { className: 'soft' }, line)] : []), element('p', { className: 'words' }, text))
}

function answer(/** @type {any} */ entry) {
  const made = theirs([TEXTS.answer, entry.agency].filter(Boolean).join(' · '), entry.answer)
  entry.pictures.forEach((/** @type {string} */ address, /** @type {number} */ index) => {
    made.append(element('img', { src: new URL(address).pathname, alt: `${TEXTS.photo} ${index + 1}`, loading: 'lazy' }))
  })
  if (entry.document) made.append(element('p', {}, element('a', { href: new URL(entry.document).pathname }, TEXTS.document)))
  return made
}

/** Return a message about the report, sent or waiting. */
function message(/** @type {any} */ item) {
  const fields = item.body ?? item
  const said = [
    fields.act === 'adds' ? '' : TEXTS.acts[/** @type {'objects'} */ (fields.act)],
    fields.rating ? TEXTS.rated(fields.rating) : '', fields.text,
  ].filter(Boolean).join('\n')
  const notes = []
  if (item.problem) notes.push(problemNote(item))
  else if (item.body) notes.push(element('p', { className: 'soft' }, TEXTS.waiting))
  return mine(said, item.at, item.photos ?? item.pictures.length, ...notes)
}

/** Show the form for a message. What was typed stays while the same report is shown. */
function showReply(/** @type {string} */ reference, /** @type {any} */ entry) {
  const state = entry?.state ?? 'diterima'
  byId('reply').hidden = state === 'ditarik'
  const acts = ['adds', ...(ANSWERED.includes(state) ? ['objects', 'confirms'] : state === 'bukan-laporan' && entry.answer ? ['objects'] : [])]
  if (ANSWERED.includes(state) || entry?.asks_rating) acts.push('rates')
  const chosen = reference === shownReport ? chosenAct() : ''
  byId('acts').hidden = acts.length === 1
  byId('acts').replaceChildren(byId('acts').querySelector('legend'), ...acts.map((act) => choice('act', act,
    TEXTS.acts[/** @type {'adds'} */ (act)], act === (acts.includes(chosen) ? chosen : 'adds'))))
  if (!byId('rating').querySelector('input')) {
    byId('rating').append(...TEXTS.ratings.map((label, index) => choice('rating', String(index + 1), label, false)))
  }
  if (reference !== shownReport) {
    shownReport = reference
    forgetReply()
  }
  showAct()
}

function choice(/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ text, /** @type {boolean} */ checked) {
  return element('label', { className: 'tick' }, element('input', { type: 'radio', name, value, checked }), element('span', {}, text))
}

function chosenAct() {
  return byId('acts').querySelector('input:checked')?.value ?? 'adds'
}

function showAct() {
  byId('rating').hidden = chosenAct() !== 'rates'
  byId('reply-optional').hidden = chosenAct() === 'adds'
}

/** Begin an empty message, with an id of its own. */
function forgetReply() {
  replyId = crypto.randomUUID()
  replyPictures = []
  byId('reply-text').value = ''
  for (const input of byId('rating').querySelectorAll('input')) input.checked = false
  show('reply-fault', '')
  showReplyPictures()
}

function showReplyPictures() {
  const pictures = replyPictures.map(({ picture: { id }, content }) => ({ id, content }))
  showPictures(byId('reply-photos'), pictures, TEXTS.photo, (id) => {
    replyPictures = replyPictures.filter(({ picture }) => picture.id !== id)
    showReplyPictures()
  })
  byId('reply-pick').hidden = replyPictures.length >= MAX_PICTURES
}

/** Listen to the form for a message. @param {() => void} queued  called after a message went to the outbox */
export function startReply(queued) {
  byId('acts').addEventListener('change', showAct)
  byId('reply-camera').addEventListener('change', async () => {
    const files = [...byId('reply-camera').files]
    byId('reply-camera').value = ''
    show('reply-fault', '')
    for (const file of files.slice(0, MAX_PICTURES - replyPictures.length)) {
      try {
        const { content } = await prepare(file)
        replyPictures.push({ picture: { id: crypto.randomUUID(), size: content.size, type: content.type }, content })
      } catch {
        show('reply-fault', TEXTS.photoUnreadable)
      }
    }
    showReplyPictures()
  })
  byId('reply').addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault()
    void sendReply(queued)
  })
}

async function sendReply(/** @type {() => void} */ queued) {
  const act = chosenAct()
  const text = byId('reply-text').value.trim()
  const rating = act === 'rates' ? Number(byId('rating').querySelector('input:checked')?.value ?? 0) : 0
  const fault = act === 'rates' && !rating ? TEXTS.noRating
    : act === 'adds' && !text && !replyPictures.length ? TEXTS.noReply : ''
  show('reply-fault', fault)
  if (fault) return
  try {
    // A second press has the same id, which is queued once.
    await queueMessage(replyId, { about: shownReport, act, text, rating }, replyPictures)
  } catch (error) {
    if (!isFull(error)) throw error
    show('reply-fault', TEXTS.notSaved)
    return
  }
  forgetReply()
  queued()
}
