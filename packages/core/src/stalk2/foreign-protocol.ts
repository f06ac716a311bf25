import { equalBytes } from '../crypto/bytes.js'
import { sha256 } from '../crypto/sha256.js'

/** A packet of stalk/1 up to this size is recognised by its hash. */
const MAX_HASHED_BYTES = 16 * 1024

/** What the first bytes of a line look like that does not speak stalk/2; null if nobody knows. `bytes` is borrowed. */
export function describeForeignBytes(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 24))
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return 'TLS'
  if (bytes[0] === 0x15 && bytes[1] === 0x03) return 'a TLS alert'
  if (/^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|PATCH|TRACE|PRI) |^HTTP\//u.test(start)) return 'HTTP'
  if (start.startsWith('SSH-')) return 'SSH'
  if (start.startsWith('\x13/multistream/')) return 'a Noise handshake of libp2p'
  if (isStalk1Packet(bytes)) return 'a stalk/1 hello'
  if (bytes.length >= 34 && bytes.length === 2 + (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) return 'a bare Noise message'
  return null
}

/** 32 bytes of SHA-256 over the rest, sizes T and D, the types: for a hello an integer first (SPEC, stalk/1 §4). */
function isStalk1Packet(bytes: Uint8Array): boolean {
  if (
    bytes.length > 34 &&
    bytes.length <= MAX_HASHED_BYTES &&
    equalBytes(bytes.subarray(0, 32), sha256(bytes.subarray(32)))
  ) {
    return true
  }
  // a part of one: T is small, D takes two bytes, and the types begin with that of the code
  const [types, sizeLow, sizeHigh, first] = bytes.subarray(32, 36)
  if (types === undefined || sizeLow === undefined || sizeHigh === undefined) return false
  return types > 0 && types < 64 && sizeLow >= 0x80 && sizeHigh < 0x40 && first === 0x01
}
