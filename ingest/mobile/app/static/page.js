// Small helpers for the page.

/** Return the element with an id. @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id)
}

/**
 * Make an element with text and children. Texts are never read as HTML.
 * @param {string} name @param {Record<string, unknown>} properties @param {(Node|string)[]} children
 * @returns {any}
 */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

/** Show a text, or hide its element. @param {string} id @param {string} text */
export function show(id, text) {
  byId(id).textContent = text
  byId(id).hidden = !text
}

/** Show what has just happened, also to those who listen. @param {string} text */
export function told(text) {
  show('told', text)
  if (text) byId('told').scrollIntoView({ block: 'nearest' })
}

/** Return a moment in the time of this device. @param {string} at */
export function moment(at) {
  return new Intl.DateTimeFormat('id', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}

/** Return coordinates for people. @param {{latitude: number, longitude: number, accuracy?: number|null}} place */
export function coordinates({ latitude, longitude, accuracy }) {
  const number = (/** @type {number} */ value) => value.toLocaleString('id', { minimumFractionDigits: 5, maximumFractionDigits: 5 })
  return `${number(latitude)}; ${number(longitude)}${accuracy ? ` (± ${Math.round(accuracy)} m)` : ''}`
}

/**
 * Fill a list with pictures and a button that removes each.
 * @param {HTMLElement} list @param {{id: string, content: Blob|undefined}[]} pictures
 * @param {string} label @param {(id: string) => void} remove
 */
export function showPictures(list, pictures, label, remove) {
  for (const image of list.querySelectorAll('img')) URL.revokeObjectURL(image.src)
  list.replaceChildren(...pictures.map(({ id, content }, index) => {
    const image = element('img', { alt: `${label} ${index + 1}` })
    if (content) image.src = URL.createObjectURL(content)
    const button = element('button', { type: 'button', className: 'quiet' }, `Hapus ${label.toLowerCase()} ${index + 1}`)
    button.addEventListener('click', () => remove(id))
    return element('li', {}, image, button)
  }))
}
