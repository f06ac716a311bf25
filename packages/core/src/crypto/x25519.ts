// X25519: RFC 7748.
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { StalkError } from '../errors.js'
import { encodeBase64url } from './base64url.js'
import { concatBytes, equalBytes, plainBytes } from './bytes.js'
import { fromLittleEndian } from './big-integer.js'

/** A key pair for one connection. The private half stays inside OpenSSL. */
export interface X25519KeyPair {
  /** 32 bytes, little-endian u. */
  readonly publicKey: Uint8Array
  readonly privateKey: KeyObject
}

/** A fresh key pair from the system's randomness. */
export function generateX25519(): X25519KeyPair {
  const { privateKey } = generateKeyPairSync('x25519')
  // What RFC 7748 §6.1 says that a public key is. To export it would cost more: as SPKI twice as much as to generate it, and as JWK the
  // process can deadlock, when a garbage collection during the export ends the generating job, which holds the same lock (seen on Node 20.20).
  return {
    publicKey: plainBytes(diffieHellman({ privateKey, publicKey: (basePoint ??= importPublic(base)) })),
    privateKey,
  }
}

/**
 * The key pair of a given private key, for transcripts and tests.
 *
 * @param privateKey 32 bytes, copied; clamped by X25519 itself
 * @param publicKey 32 bytes; if given, it must be the one that belongs to `privateKey` (`TypeError`)
 */
export function x25519KeyPairFrom(privateKey: Uint8Array, publicKey?: Uint8Array): X25519KeyPair {
  requireLength('privateKey', privateKey)
  // not as JWK: that wants the public half too, and only some versions of node check it
  const pkcs8 = encodeBase64url(concatBytes(pkcs8Prefix, privateKey)).replaceAll('-', '+').replaceAll('_', '/')
  const key = createPrivateKey(`-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----`)
  const derived = lastBytes(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  if (publicKey !== undefined && !equalBytes(publicKey, derived)) {
    throw new TypeError('publicKey does not belong to privateKey')
  }
  return { publicKey: derived, privateKey: key }
}

/**
 * The shared secret of two key pairs: 32 bytes, the raw result of RFC 7748 §6.1.
 *
 * Throws `SHARED_SECRET_ZERO` when the result is all zero, which only a low-order `peerPublicKey` makes it;
 * `RangeError` unless `peerPublicKey` is 32 bytes. Bit 255 of it is ignored, as the RFC says.
 */
export function x25519(own: X25519KeyPair, peerPublicKey: Uint8Array): Uint8Array {
  requireLength('peerPublicKey', peerPublicKey)
  const secret = deriveOrNull(own.privateKey, importPublic(peerPublicKey))
  // all bytes are looked at, whatever they are: RFC 7748 §6.1
  if (secret === null || secret.reduce((seen, byte) => seen | byte, 0) === 0) {
    throw new StalkError('SHARED_SECRET_ZERO', 'the peer’s X25519 key gives an all-zero shared secret')
  }
  return secret
}

/** Whether every shared secret with this public key is zero. 32 bytes; bit 255 is ignored, as in {@link x25519}. */
export function isLowOrderPoint(publicKey: Uint8Array): boolean {
  requireLength('publicKey', publicKey)
  return lowOrderCoordinates.includes(BigInt.asUintN(255, fromLittleEndian(publicKey)))
}

/** All of a PKCS#8 X25519 key but its 32 bytes: RFC 8410 §7. */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20)

/** u = 9: RFC 7748 §4.1. */
const base = Uint8Array.of(9, ...new Uint8Array(31))
let basePoint: KeyObject | undefined

/** @param publicKey 32 bytes */
function importPublic(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: encodeBase64url(publicKey) }, format: 'jwk' })
}

const prime = 2n ** 255n - 19n

// All u below 2^255 on the curve or its twist whose order divides 8: cr.yp.to/ecdh.html, "validating public keys".
const lowOrderCoordinates: readonly bigint[] = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  prime - 1n,
  prime,
  prime + 1n,
]

function deriveOrNull(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | null {
  try {
    return plainBytes(diffieHellman({ privateKey, publicKey }))
  } catch {
    // both keys are well-formed X25519 keys by now: a zero secret is the only thing that OpenSSL refuses here
    return null
  }
}

/** The key at the end of an X25519 SubjectPublicKeyInfo: RFC 8410 §4. */
function lastBytes(spki: Uint8Array): Uint8Array {
  return plainBytes(spki).slice(-32)
}

function requireLength(name: string, bytes: Uint8Array): void {
  if (bytes.length !== 32) throw new RangeError(`${name} must be 32 bytes, not ${bytes.length}`)
}
