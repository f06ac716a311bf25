// SubjectPublicKeyInfo: RFC 5280 §4.1, with the algorithms of RFC 8410 (Ed25519) and RFC 3279 §2.3.1 (rsaEncryption).
import { equalBytes, concatBytes } from '../crypto/bytes.js'
import type { RsaPublicNumbers } from '../crypto/rsa-numbers.js'
import { StalkError } from '../errors.js'
import { DerReader, derBitString, derInteger, derNull, derObjectIdentifier, derSequence } from './der.js'

/** What a SubjectPublicKeyInfo holds. */
export type SpkiKey =
  | { readonly type: 'ed25519'; readonly publicKey: Uint8Array }
  | { readonly type: 'rsa'; readonly rsa: RsaPublicNumbers }

const ed25519Template = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)
const rsaAlgorithm = derSequence(derObjectIdentifier('2a864886f70d010101'), derNull())

/** The SubjectPublicKeyInfo of a 32-byte Ed25519 key: 44 bytes. */
export function encodeEd25519Spki(publicKey: Uint8Array): Uint8Array {
  return concatBytes(ed25519Template, publicKey)
}

/** The SubjectPublicKeyInfo of an RSA key, with numbers up to 64 KiB together. */
export function encodeRsaSpki({ n, e }: RsaPublicNumbers): Uint8Array {
  return derSequence(rsaAlgorithm, derBitString(derSequence(derInteger(n), derInteger(e))))
}

/**
 * Reads exactly what the two encoders write, and nothing else: one key has one encoding and so one fingerprint. The
 * key itself is not judged.
 *
 * @param bytes borrowed until it returns
 *
 * Throws `SPKI_INVALID`.
 */
export function decodeSpki(bytes: Uint8Array): SpkiKey {
  if (bytes.length === ed25519Template.length + 32 && new DerReader(bytes).skip(ed25519Template)) {
    return { type: 'ed25519', publicKey: bytes.slice(ed25519Template.length) }
  }
  const rsa = readRsaSpki(bytes)
  if (rsa === null) {
    throw new StalkError('SPKI_INVALID', `these ${bytes.length} bytes are no Ed25519 or RSA key (SPKI, canonical DER)`)
  }
  return { type: 'rsa', rsa }
}

function readRsaSpki(bytes: Uint8Array): RsaPublicNumbers | null {
  const spki = new DerReader(bytes).sequence()
  if (!spki?.skip(rsaAlgorithm)) return null
  const bits = spki.bitString()
  const key = bits && new DerReader(bits).sequence()
  const n = key?.integer() ?? null
  const e = key?.integer() ?? null
  if (n === null || e === null) return null
  // whatever is looser in the reader than in DER shows here
  return equalBytes(bytes, encodeRsaSpki({ n, e })) ? { n, e } : null
}
