// Errors of this pack in the user's language. ComfyUI hands on nothing but an error's English text, so that it is known by
// its template: "{0} is empty." (locales/en/main.json, from the source). A text that none fits stays as it is.

import { api } from "../../scripts/api.js"
import { translation } from "./translations.js"

const PLACE = /{(\d+)}/
const known = new Map() // of a catalogue: its templates, compiled, those with most letters of their own first

function compiled(catalogue) {
  if (!known.has(catalogue)) {
    const own = (template) => template.split(PLACE).filter((_, index) => index % 2 === 0)
    const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    const patterns = Object.entries(catalogue).map(([template, text]) => {
      const parts = own(template)
      return { letters: parts.join("").length, pattern: new RegExp(`^${parts.map(escaped).join("([^]*?)")}$`), text }
    })
    known.set(catalogue, patterns.sort((one, other) => other.letters - one.letters))
  }
  return known.get(catalogue)
}

/** An error's text in the user's language. */
export function errorInWords(message) {
  const { errors = {} } = translation().gpen ?? {}
  for (const { pattern, text } of compiled(errors)) {
    const found = message.trim().match(pattern)
    if (found) return text.replace(/{(\d+)}/g, (_, place) => found[Number(place) + 1])
  }
  return message
}

api.addEventListener("execution_error", ({ detail }) => {
  if (detail.node_type?.startsWith("GPEN")) detail.exception_message = errorInWords(detail.exception_message)
})
