// PEM as RFC 7468 §3 writes it ("stricttextualmsg"), with either line end.
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.js'

const lineLength = 64

/** The PEM of some DER. */
export function encodePem(label: string, der: Uint8Array): string {
  const digits = encodeBase64url(der).replaceAll('-', '+').replaceAll('_', '/')
  const padded = digits.padEnd(Math.ceil(digits.length / 4) * 4, '=')
  const lines = Array.from({ length: Math.ceil(padded.length / lineLength) }, (_, line) =>
    padded.slice(line * lineLength, (line + 1) * lineLength),
  )
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** Whether a file says at its start that it is PEM. */
export function looksLikePem(text: string): boolean {
  return text.startsWith('-----BEGIN')
}

/** The label and DER of a text that is one PEM and nothing else; `null` for any other. */
export function decodePem(text: string): { label: string; der: Uint8Array } | null {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/u, '').split('\n')
  const label = /^-----BEGIN (?<label>[A-Z0-9 ]+)-----$/u.exec(lines[0] ?? '')?.groups?.['label']
  if (label === undefined || lines.at(-1) !== `-----END ${label}-----`) return null
  const body = lines.slice(1, -1)
  if (body.some((line, index) => line.length > lineLength || (line.length < lineLength && index < body.length - 1))) {
    return null
  }
  const padded = body.join('')
  const digits = padded.replace(/={1,2}$/u, '')
  if (padded.length % 4 !== 0 || /[-_]/u.test(digits)) return null
  const der = decodeBase64url(digits.replaceAll('+', '-').replaceAll('/', '_'))
  return der && { label, der }
}
