import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { plainBytes } from './bytes.js'

export type { KeyObject }

/** The public key of a private key. */
export function publicHalf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey)
}

/**
 * Reads a PKCS#8 private key in DER, PrivateKeyInfo or, with a passphrase, EncryptedPrivateKeyInfo of every PBES2 that OpenSSL knows; the
 * caller wipes it. Not as PEM: Node leaves a copy of a string that it is given. Throws OpenSSL’s error.
 */
export function readPkcs8(pkcs8: Uint8Array, passphrase: string | undefined): KeyObject {
  const key = pkcs8 as Buffer
  return createPrivateKey({ key, format: 'der', type: 'pkcs8', ...(passphrase === undefined ? {} : { passphrase }) })
}

/** The PKCS#8 DER of a private key, in the clear; the caller owns it and wipes it. */
export function writePkcs8(privateKey: KeyObject): Uint8Array {
  return plainBytes(privateKey.export({ format: 'der', type: 'pkcs8' }))
}

/**
 * How to ask for a new key pair: encoded, because exporting a key object that was just generated can deadlock the process (see x25519.ts).
 * {@link freshPrivateKey} makes a key object of it that has nothing to do with the generation.
 */
export const freshKeyEncoding = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

/** The private key that a generation encoded, whose bytes are wiped. */
export function freshPrivateKey(pkcs8: Uint8Array): KeyObject {
  const key = readPkcs8(pkcs8, undefined)
  pkcs8.fill(0)
  return key
}
