// Resumable uploads (tus 1.0): after a broken connection the next attempt continues where the service stopped.

import { call, Later, problemOf } from './service.js'

const PART_BYTES = 256_000

/**
 * Send a picture, or what of it is missing. Return the refusal, `null` if the service has it.
 * @param {import('./store.js').Picture} picture @param {Blob} content
 */
export async function upload(picture, content) {
  const begun = await call('POST', '/uploads', {
    headers: { 'Upload-Id': picture.id, 'Upload-Length': String(content.size) },
  })
  if (!begun.ok) return problemOf(begun)
  let { offset } = await begun.json()
  while (offset < content.size) {
    const response = await call('PATCH', `/uploads/${picture.id}`, {
      headers: { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
      body: content.slice(offset, offset + PART_BYTES),
    })
    // The service has another offset: an earlier part arrived after all. The next attempt asks for it.
    if (response.status === 409 || response.status === 404) throw new Later()
    if (!response.ok) return problemOf(response)
    offset = Number(response.headers.get('Upload-Offset'))
  }
  return null
}
