// Ed25519: RFC 8032 §5.1.
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from './base64url.js'
import { fromLittleEndian } from './big-integer.js'
import { freshKeyEncoding, freshPrivateKey } from './key-object.js'

/** A fresh private key. */
export function generateEd25519(): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    generateKeyPair('ed25519', freshKeyEncoding, (error: Error | null, _publicKey: Uint8Array, pkcs8: Uint8Array) => {
      if (error) reject(error)
      else resolve(freshPrivateKey(pkcs8))
    })
  })
}

/** The public key of 32 bytes. OpenSSL takes any: ask {@link isSafeEd25519PublicKey} first. */
export function ed25519PublicKey(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(bytes) }, format: 'jwk' })
}

/** The 32 bytes of a public key. */
export function ed25519PublicKeyBytes(publicKey: KeyObject): Uint8Array {
  return decodeBase64url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array()
}

/**
 * Whether 32 bytes are a canonical encoding (y < p) of a point that is not of low order. Signatures that verify under a
 * low-order key can be made by anybody and fit many messages; a second encoding of a key would be a second fingerprint.
 */
export function isSafeEd25519PublicKey(bytes: Uint8Array): boolean {
  const y = BigInt.asUintN(255, fromLittleEndian(bytes))
  return y < prime && !lowOrderCoordinates.includes(y)
}

const prime = 2n ** 255n - 19n

// The y of the eight points whose order divides 8. Each comes with both signs of x, or its x is 0.
const lowOrderCoordinates: readonly bigint[] = [
  0n,
  1n,
  prime - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]
