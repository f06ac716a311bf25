// PEM as RFC 7468 §3 writes it ("stricttextualmsg"), with either line end. As bytes, because keys are in it: strings cannot be wiped.
import { decodeBase64, encodeBase64 } from '../crypto/base64.js'
import { concatBytes } from '../crypto/bytes.js'

const lineLength = 64
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** The PEM of some DER; the caller wipes it if that is secret. */
export function encodePem(label: string, der: Uint8Array): Uint8Array {
  const digits = encodeBase64(der)
  const parts: Uint8Array[] = [text(`-----BEGIN ${label}-----\n`)]
  for (let at = 0; at < digits.length; at += lineLength) {
    parts.push(digits.subarray(at, at + lineLength), Uint8Array.of(lineFeed))
  }
  const pem = concatBytes(...parts, text(`-----END ${label}-----\n`))
  digits.fill(0)
  return pem
}

/** Whether a file says at its start that it is PEM. */
export function looksLikePem(file: Uint8Array): boolean {
  return text('-----BEGIN').every((byte, index) => file[index] === byte)
}

/** The label and DER of a file that is one PEM and nothing else; `null` for any other. The caller wipes the DER if it is secret. */
export function decodePem(file: Uint8Array): { label: string; der: Uint8Array } | null {
  const lines = linesOf(file)
  const [first, last] = [lines[0], lines.at(-1)]
  if (first === undefined || last === undefined) return null
  const label = /^-----BEGIN (?<label>[A-Z0-9 ]+)-----$/u.exec(markerOf(first))?.groups?.['label']
  if (label === undefined || markerOf(last) !== `-----END ${label}-----`) return null
  const body = lines.slice(1, -1)
  if (body.some(({ length }, index) => length > lineLength || (length < lineLength && index < body.length - 1))) {
    return null
  }
  const digits = concatBytes(...body)
  const der = decodeBase64(digits)
  digits.fill(0)
  return der && { label, der }
}

/** Views of the lines, without their ends; what stands after the last end is a line if it is not empty. */
function linesOf(file: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start < file.length;) {
    const feed = file.indexOf(lineFeed, start)
    const end = feed === -1 ? file.length : feed
    const hasReturn = feed !== -1 && end > start && file[end - 1] === carriageReturn
    lines.push(file.subarray(start, hasReturn ? end - 1 : end))
    start = end + 1
  }
  return lines
}

/** A first or last line as text; a line that is too long for one may be anything. */
function markerOf(line: Uint8Array): string {
  return line.length > maxMarkerLength ? '' : new TextDecoder('latin1').decode(line)
}

/** A key that stands in one line with nothing else does not become a string. */
const maxMarkerLength = 80

function text(marker: string): Uint8Array {
  return new TextEncoder().encode(marker)
}
