// What a protocol name stands for: Noise Protocol Framework, revision 34, §8 and §12.
import type { AeadAlgorithm } from '../crypto/aead.js'
import { type HandshakePattern, parsePattern } from './patterns.js'

/** A cipher of Noise: an AEAD, and how the counter becomes its nonce (Noise §12.3, §12.4). */
export interface NoiseCipher {
  readonly algorithm: AeadAlgorithm
  /** Which end of the 64-bit counter comes first, after 4 zero bytes. */
  readonly littleEndianNonce: boolean
}

/** All that a protocol name says. The Diffie-Hellman functions are X25519, the hash SHA-256, in every one. */
export interface NoiseProtocol {
  /** The whole name; it starts the handshake hash. */
  readonly name: string
  readonly pattern: HandshakePattern
  readonly cipher: NoiseCipher
}

/** The ciphers by their names in Noise (§12.3, §12.4). */
export const noiseCiphers: Readonly<Record<'AESGCM' | 'ChaChaPoly', NoiseCipher>> = {
  AESGCM: { algorithm: 'aes-256-gcm', littleEndianNonce: false },
  ChaChaPoly: { algorithm: 'chacha20-poly1305', littleEndianNonce: true },
}

/**
 * Reads a name like `Noise_XX_25519_AESGCM_SHA256` (Noise §8): patterns as in {@link parsePattern}, 25519, AESGCM or
 * ChaChaPoly, SHA256.
 *
 * Throws `TypeError` for any other name.
 */
export function parseProtocolName(name: string): NoiseProtocol {
  const match = /^Noise_(?<pattern>[^_]+)_25519_(?<cipher>AESGCM|ChaChaPoly)_SHA256$/u.exec(name)?.groups
  if (match === undefined) throw new TypeError(`${name} is no protocol of this engine`)
  const cipher = match['cipher'] === 'AESGCM' ? noiseCiphers.AESGCM : noiseCiphers.ChaChaPoly
  return { name, pattern: parsePattern(match['pattern'] ?? ''), cipher }
}
