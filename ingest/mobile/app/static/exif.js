// The place in a JPEG's EXIF: read, so that it can be offered, and erased, so that it is sent only with consent.

const APP1 = 0xe1
const START_OF_SCAN = 0xda
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0]
const GPS_POINTER = 0x8825
const ENTRY_BYTES = 12
// Degrees, minutes and seconds.
const RATIONALS_BYTES = 24

/** Yield the offsets of the TIFF headers in a JPEG. @param {Uint8Array} bytes */
function* tiffHeaders(bytes) {
  let at = 2
  while (at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== START_OF_SCAN) {
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    if (bytes[at + 1] === APP1 && EXIF.every((code, index) => bytes[at + 4 + index] === code)) yield at + 10
    at += 2 + length
  }
}

/** Yield tag, offset and little-endianness of each entry of a directory. */
function* entries(/** @type {DataView} */ view, /** @type {number} */ tiff, /** @type {number} */ directory) {
  const little = view.getUint16(tiff) === 0x4949
  const count = view.getUint16(tiff + directory, little)
  for (let index = 0; index < count; index++) {
    const at = tiff + directory + 2 + index * ENTRY_BYTES
    yield { tag: view.getUint16(at, little), at, little }
  }
}

/** Return the offset of the directory with the place; 0 without one. */
function gpsDirectory(/** @type {DataView} */ view, /** @type {number} */ tiff) {
  const first = view.getUint32(tiff + 4, view.getUint16(tiff) === 0x4949)
  for (const { tag, at, little } of entries(view, tiff, first)) {
    if (tag === GPS_POINTER) return view.getUint32(at + 8, little)
  }
  return 0
}

/** Return degrees of three rationals. */
function degrees(/** @type {DataView} */ view, /** @type {number} */ at, /** @type {boolean} */ little) {
  const part = (/** @type {number} */ index) => {
    const offset = at + index * 8
    return view.getUint32(offset, little) / view.getUint32(offset + 4, little)
  }
  return part(0) + part(1) / 60 + part(2) / 3600
}

/**
 * Return the place that the camera wrote into a JPEG; `null` without a valid one.
 * @param {Uint8Array} bytes @returns {{latitude: number, longitude: number}|null}
 */
export function placeOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    for (const tiff of tiffHeaders(bytes)) {
      const directory = gpsDirectory(view, tiff)
      if (!directory) continue
      /** @type {Record<number, number|string>} */
      const found = {}
      for (const { tag, at, little } of entries(view, tiff, directory)) {
        if (tag === 1 || tag === 3) found[tag] = String.fromCharCode(view.getUint8(at + 8))
        if (tag === 2 || tag === 4) found[tag] = degrees(view, tiff + view.getUint32(at + 8, little), little)
      }
      const latitude = Number(found[2]) * (found[1] === 'S' ? -1 : 1)
      const longitude = Number(found[4]) * (found[3] === 'W' ? -1 : 1)
      const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude || longitude)
      if (isPlace) return { latitude: rounded(latitude), longitude: rounded(longitude) }
    }
  } catch (error) {
    // Damaged data. The service removes all of it anyway.
    if (!(error instanceof RangeError)) throw error
  }
  return null
}

/**
 * Erase the place in a JPEG. The bytes of the picture itself stay as they are.
 * Return false if the data are damaged: then the picture has to be drawn again.
 * @param {Uint8Array} bytes @returns {boolean}
 */
export function erasePlace(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    for (const tiff of tiffHeaders(bytes)) {
      const directory = gpsDirectory(view, tiff)
      if (!directory) continue
      for (const { tag, at, little } of entries(view, tiff, directory)) {
        const value = tiff + view.getUint32(at + 8, little)
        if (tag === 2 || tag === 4) bytes.fill(0, value, value + RATIONALS_BYTES)
        bytes.fill(0, at, at + ENTRY_BYTES)
      }
      view.setUint16(tiff + directory, 0)
    }
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Six decimals are a tenth of a metre. */
function rounded(/** @type {number} */ value) {
  return Math.round(value * 1e6) / 1e6
}
