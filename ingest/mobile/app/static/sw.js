// The service worker: the app without a network, sending in the background, and push messages.

import { sendWaiting } from './outbox.js'
import { register } from './service.js'
import { read, writeFact } from './store.js'
import { TEXTS } from './texts.js'
import { FILES, VERSION } from './version.js'

const worker = /** @type {any} */ (globalThis)
const CACHE = `app-${VERSION}`

worker.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(keepFiles())
  // The page loads the new version itself, at a moment when nothing is being written.
  worker.skipWaiting()
})

/** Store the files of this version. A file of another version has another hash, and the next attempt gets it. */
async function keepFiles() {
  const cache = await caches.open(CACHE)
  await Promise.all(Object.entries(FILES).map(async ([path, integrity]) => {
    const address = new URL(path, worker.registration.scope)
    await cache.put(address, await fetch(new Request(address, { cache: 'no-cache', integrity })))
  }))
}

worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(takeOver()))

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const address = new URL(event.request.url)
  const path = address.href.startsWith(worker.registration.scope)
    ? address.pathname.slice(new URL(worker.registration.scope).pathname.length) : null
  if (event.request.method === 'GET' && path !== null && path in FILES) event.respondWith(keptFile(path))
})

async function keptFile(/** @type {string} */ path) {
  const address = new URL(path, worker.registration.scope)
  return await (await caches.open(CACHE)).match(address) ?? fetch(address)
}

worker.addEventListener('sync', (/** @type {any} */ event) => {
  // What must wait longer rejects, and the browser tries again.
  if (event.tag === 'outbox') event.waitUntil(sendWaiting())
})

worker.addEventListener('push', (/** @type {any} */ event) => {
  event.waitUntil(worker.registration.showNotification(TEXTS.pushTitle, {
    body: TEXTS.pushBody, icon: 'icon-192.png', badge: 'badge.png', tag: 'kabar', renotify: true, lang: 'id',
  }))
})

worker.addEventListener('notificationclick', (/** @type {any} */ event) => {
  event.notification.close()
  event.waitUntil(openReports())
})

async function openReports() {
  const address = new URL('#laporan', worker.registration.scope).href
  const [open] = await worker.clients.matchAll({ type: 'window' })
  if (!open) return worker.clients.openWindow(address)
  await open.focus()
  return open.postMessage('laporan')
}

worker.addEventListener('pushsubscriptionchange', (/** @type {any} */ event) => event.waitUntil(subscribeAgain()))

async function subscribeAgain() {
  const applicationServerKey = await read('facts', 'push_key')
  const subscription = await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  await writeFact('push', JSON.stringify(subscription))
  await register()
}
