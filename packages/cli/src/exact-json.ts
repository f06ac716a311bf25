// JSON as it was written. JSON.parse rounds a whole number beyond 2^53 - 1 to what a number can hold, and does not say so.
import { randomUUID } from 'node:crypto'

/**
 * What JSON.parse gives, but for whole numbers beyond ±(2^53 - 1): they are bigints, with all their digits. A number with a point or an
 * exponent is rounded, as always.
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!sixteenDigits.test(text)) return value
  // no text can have it: it is made only now
  const mark = randomUUID()
  const marked = withMarks(text, mark)
  if (marked === null) return value
  return JSON.parse(marked, (_, part: unknown) => {
    return typeof part === 'string' && part.startsWith(mark) ? BigInt(part.slice(mark.length)) : part
  })
}

/** With fewer a whole number is safe. */
const sixteenDigits = /\d{16}/u

/** The same JSON, with a string that begins with the mark in the place of each unsafe whole number; null if there is none. */
function withMarks(text: string, mark: string): string | null {
  const parts: string[] = []
  let taken = 0
  const token = /"|-?\d[\d.eE+-]*/gu
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [word] = found
    if (word === '"') {
      token.lastIndex = endOfString(text, token.lastIndex)
    } else if (/^-?\d+$/u.test(word) && !Number.isSafeInteger(Number(word))) {
      parts.push(text.slice(taken, found.index), `"${mark}${word}"`)
      taken = token.lastIndex
    }
  }
  return parts.length === 0 ? null : parts.join('') + text.slice(taken)
}

/** Behind the quotation mark that ends a string: one that no backslash escapes. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); ; end = text.indexOf('"', end + 1)) {
    let before = end
    while (before > from && text[before - 1] === '\\') before -= 1
    if ((end - before) % 2 === 0) return end + 1
  }
}
