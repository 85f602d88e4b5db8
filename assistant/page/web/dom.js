// Elements without markup: whatever comes from a model, a user or a site is put into the page as text.

/** A new element. @param given attributes; `text` is its content; null and false are left out. */
export function make(name, given = {}, ...children) {
  const { text, ...attributes } = given;
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** Offers bytes as a file. @param blob a Blob. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // by then every browser has begun to read it
}
