// Push messages: offered on the page of the own reports, asked for by a press, never before.

import { register } from './service.js'
import { byId, show } from './page.js'
import { read, writeFact } from './store.js'
import { TEXTS } from './texts.js'

/** Return true on an iPhone or iPad whose owner has not installed the app: only an installed one gets messages. */
function mustBeInstalled() {
  const isApple = /iPhone|iPad/.test(navigator.userAgent) ||
    (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1)
  return isApple && !matchMedia('(display-mode: standalone)').matches
}

/** Show what is possible here. Without a key the service sends no messages to browsers. */
export async function showPush() {
  const key = await read('facts', 'push_key')
  byId('push').hidden = !key
  byId('push-button').hidden = true
  if (mustBeInstalled()) show('push-text', TEXTS.pushApple)
  else if (!('PushManager' in globalThis)) byId('push').hidden = true
  else if (Notification.permission === 'denied') show('push-text', TEXTS.pushBlocked)
  else if (await read('facts', 'push')) show('push-text', TEXTS.pushOn)
  else {
    show('push-text', TEXTS.pushOffer)
    byId('push-button').hidden = false
  }
}

/** Subscribe and tell the service. */
export async function subscribe() {
  try {
    if (await Notification.requestPermission() !== 'granted') return await showPush()
    const worker = await navigator.serviceWorker.ready
    const subscription = await worker.pushManager.subscribe(await options())
    await writeFact('push', JSON.stringify(subscription))
    await register()
    await showPush()
  } catch {
    show('push-text', TEXTS.pushFailed)
  }
}

/** Return the options of a subscription. @returns {Promise<PushSubscriptionOptionsInit>} */
export async function options() {
  return { userVisibleOnly: true, applicationServerKey: await read('facts', 'push_key') }
}
