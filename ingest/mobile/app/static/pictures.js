// Prepares a picked picture: reads the place in it, takes the place out, and makes a large picture smaller.

import { erasePlace, placeOf } from './exif.js'

// A smaller picture is sent as it is. A larger one costs the sender data without showing more.
const KEPT_BYTES = 1_000_000
// The service reduces what is larger.
const MAX_SIDE_PIXELS = 2560
const JPEG_QUALITY = 0.85
const KEPT_TYPES = ['image/jpeg', 'image/png', 'image/webp']

/**
 * Return the bytes to send, without a place in them, and the place that was in them.
 * Rejects a file that the browser cannot read as a picture.
 * @param {File} file
 * @returns {Promise<{content: Blob, place: {latitude: number, longitude: number}|null}>}
 */
export async function prepare(file) {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const place = placeOf(bytes)
  if (bytes.length <= KEPT_BYTES && KEPT_TYPES.includes(file.type) && withoutPlace(file.type, bytes)) {
    // The browser must be able to show what is sent.
    const content = new Blob([bytes], { type: file.type })
    const image = await createImageBitmap(content)
    image.close()
    return { content, place }
  }
  return { content: await drawn(file), place }
}

/** Take the place out. Return false if only a new drawing is certain to have none. */
function withoutPlace(/** @type {string} */ type, /** @type {Uint8Array} */ bytes) {
  if (type === 'image/jpeg') return erasePlace(bytes)
  return !new TextDecoder('latin1').decode(bytes).match(/eXIf|EXIF/)
}

/** Draw the picture again as a JPEG: only its pixels remain. */
async function drawn(/** @type {Blob} */ file) {
  const image = await createImageBitmap(file)
  const scale = Math.min(1, MAX_SIDE_PIXELS / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * scale)
  canvas.height = Math.round(image.height * scale)
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  image.close()
  /** @type {Blob|null} */
  const content = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY) })
  if (!content) throw new TypeError('the picture cannot be drawn')
  return content
}
