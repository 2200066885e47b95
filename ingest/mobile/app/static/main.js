// Starts the app: the service worker, the views by the address, and sending.

import { refreshFeed, sendWaiting } from './outbox.js'
import { byId, show, told } from './page.js'
import { showPush, subscribe } from './push.js'
import { draftIsStored, showStored, startReport } from './report.js'
import { showDetail, showList, showWaiting, startReply, waitingCount } from './reports.js'
import { call, Later } from './service.js'
import { wipe } from './store.js'
import { TEXTS } from './texts.js'

const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

let pause = FIRST_PAUSE_MS
/** @type {number|undefined} */
let timer

/** Send what waits and read the news. After a failure try again, with growing pauses. */
async function synchronize() {
  clearTimeout(timer)
  try {
    await sendWaiting()
    await refreshFeed()
    pause = FIRST_PAUSE_MS
    show('network', '')
  } catch (error) {
    if (!(error instanceof Later)) throw error
    show('network', error.seconds ? '' : TEXTS.offline)
    timer = setTimeout(synchronize, Math.max(pause, error.seconds * 1000))
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
  await showPush()
}

/** Send now, and let the browser send later if this page is closed before. */
async function sendSoon() {
  pause = FIRST_PAUSE_MS
  const worker = await navigator.serviceWorker?.getRegistration()
  // Not every browser has it; without it the next start sends.
  await /** @type {any} */ (worker)?.sync?.register('outbox').catch(() => undefined)
  await synchronize()
}

/** Show the view that the address names. */
async function route() {
  const [view, reference] = (location.hash.slice(1) || 'lapor').split('/')
  const isReport = view !== 'laporan'
  byId('view-report').hidden = !isReport
  byId('view-list').hidden = isReport || Boolean(reference)
  byId('view-detail').hidden = isReport || !reference
  byId('tab-report').toggleAttribute('aria-current', isReport)
  byId('tab-list').toggleAttribute('aria-current', !isReport)
  for (const tab of document.querySelectorAll('.tabs [aria-current]')) tab.setAttribute('aria-current', 'page')
  await refresh()
}

/** Show stored values that have changed. */
async function refresh() {
  await showWaiting()
  const reference = decodeURIComponent(location.hash.split('/')[1] ?? '')
  if (!byId('view-list').hidden) await showList()
  if (!byId('view-detail').hidden) await showDetail(reference)
}

async function changeView() {
  told('')
  if (location.hash === '#lapor' || !location.hash) await showStored()
  await route()
  byId('main').focus({ preventScroll: true })
  scrollTo(0, 0)
}

/** Register the service worker. When a new version has taken over, load it at a moment when nothing is typed. */
function startWorker() {
  if (!navigator.serviceWorker) return
  let isControlled = Boolean(navigator.serviceWorker.controller)
  let isOld = false
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker has the version of this page.
    isOld = isControlled
    isControlled = true
    retry()
  })
  const isTyping = () => Boolean(document.activeElement?.matches('input, textarea')) && !document.hidden
  const reload = async () => {
    if (isTyping() || byId('reply-text').value) return told(TEXTS.newVersion)
    await draftIsStored()
    location.reload()
  }
  const retry = () => { if (isOld) void reload() }
  document.addEventListener('visibilitychange', retry)
  addEventListener('hashchange', retry)
  navigator.serviceWorker.addEventListener('message', () => { location.hash = '#laporan' })
  navigator.serviceWorker.register('sw.js', { type: 'module', updateViaCache: 'none' })
    .then((registration) => {
      document.addEventListener('visibilitychange', () => { if (!document.hidden) registration.update().catch(() => undefined) })
    })
    .catch(() => undefined)
}

/** Offer to install the app where the browser can. */
function startInstallation() {
  /** @type {any} */
  let prompt = null
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    prompt = event
    byId('install').hidden = false
  })
  byId('install-button').addEventListener('click', async () => {
    byId('install').hidden = true
    await prompt?.prompt()
  })
  addEventListener('appinstalled', () => { byId('install').hidden = true })
}

function startWiping() {
  byId('wipe').addEventListener('click', async () => {
    byId('wipe-lost').textContent = TEXTS.unsent(await waitingCount())
    byId('wipe-sure').hidden = false
    byId('wipe-no').focus()
  })
  byId('wipe-no').addEventListener('click', () => { byId('wipe-sure').hidden = true; byId('wipe').focus() })
  byId('wipe-yes').addEventListener('click', async () => {
    // Without a network the token ends by itself within a day.
    await call('DELETE', '/devices/self').catch(() => undefined)
    await wipe()
    byId('wipe-sure').hidden = true
    await showStored()
    await refresh()
    told(TEXTS.wiped)
  })
}

async function start() {
  startWorker()
  startInstallation()
  startWiping()
  byId('push-button').addEventListener('click', subscribe)
  try {
    await startReport(() => {
      location.hash = '#laporan'
      // After the change of the view, which removes older news.
      addEventListener('hashchange', () => setTimeout(() => told(TEXTS.queued)), { once: true })
      void sendSoon()
    })
    startReply(() => { told(TEXTS.replyQueued); void sendSoon() })
    await route()
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    told(TEXTS.noStorage)
    return
  }
  addEventListener('hashchange', changeView)
  addEventListener('stored', refresh)
  addEventListener('online', sendSoon)
  addEventListener('offline', () => show('network', TEXTS.offline))
  document.addEventListener('visibilitychange', () => { if (!document.hidden) void synchronize() })
  document.documentElement.dataset.ready = 'true'
  await synchronize()
}

await start()
