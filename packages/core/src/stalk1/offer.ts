import { fromBigEndian } from '../crypto/big-integer.js'
import { equalBytes } from '../crypto/bytes.js'
import { textbookRecover, textbookSign } from '../crypto/rsa.js'
import { isLowOrderPoint, type X25519KeyPair } from '../crypto/x25519.js'
import { StalkError } from '../errors.js'
import { Identity, requirePrivate, requireProtocol } from '../identity/identity.js'
import type { PeerCheck } from '../identity/pins.js'
import type { Limits } from '../limits.js'
import type { Offer } from './messages.js'

/** What this side offers: its key, its ephemeral key, and the textbook RSA signature over the latter (SPEC, stalk/1 §3). */
export function makeOffer(identity: Identity, ephemeral: X25519KeyPair): Offer {
  requireProtocol(identity, 'stalk/1')
  const signature = textbookSign(requirePrivate(identity), ephemeral.publicKey)
  return { rsa: rsaOf(identity), ephemeral: ephemeral.publicKey, signature }
}

/** What an offer is held against. */
export interface OfferPolicy {
  /** Our own ephemeral public key, 32 bytes. */
  readonly ownEphemeral: Uint8Array
  /** Whether the identity is expected; null: it may be any. */
  readonly checkPeer: PeerCheck | null
  readonly limits: Limits
}

/**
 * The identity behind an offer, once everything that the format lets us check was checked, the cheap things first.
 *
 * @throws StalkError RSA_*, STALK1_EPHEMERAL_*, STALK1_SIGNATURE_*, PIN_*
 */
export function verifyOffer(offer: Offer, { ownEphemeral, checkPeer, limits }: OfferPolicy): Identity {
  const { rsa, ephemeral, signature } = offer
  const identity = Identity.fromRsa(rsa, 'stalk/1', { minBits: limits.minModulusBits, maxBits: limits.maxModulusBits })
  checkCost(rsa, identity.keysize, limits)
  checkEphemeral(ephemeral, ownEphemeral)
  checkPeer?.(identity)
  checkSignature(rsa, ephemeral, signature, identity.keysize / 8)
  return identity
}

/** A stranger should not be able to keep us computing. */
function checkCost({ e }: Offer['rsa'], bits: number, { maxModulusBitsWithLargeExponent: most }: Limits): void {
  if (bits <= most || e < 1n << 64n) return
  throw new StalkError(
    'RSA_KEY_TOO_COSTLY',
    `the RSA key has ${bits} bits and an exponent of more than 64: with such an exponent at most ${most} are allowed`,
  )
}

function checkEphemeral(ephemeral: Uint8Array, ownEphemeral: Uint8Array): void {
  if (ephemeral.length !== 32) {
    throw new StalkError('STALK1_EPHEMERAL_LENGTH', `an ephemeral key has 32 bytes, the peer’s has ${ephemeral.length}`)
  }
  if (isLowOrderPoint(ephemeral)) {
    throw new StalkError('STALK1_EPHEMERAL_LOW_ORDER', 'the peer’s ephemeral key is a point of low order')
  }
  if (equalBytes(withoutTopBit(ephemeral), withoutTopBit(ownEphemeral))) {
    throw new StalkError('STALK1_EPHEMERAL_REFLECTED', 'the peer sent our own ephemeral key back')
  }
}

/** X25519 ignores bit 255 of a public key: with and without it is the same key. */
function withoutTopBit(publicKey: Uint8Array): Uint8Array {
  return publicKey.map((byte, index) => (index === 31 ? byte & 0x7f : byte))
}

function checkSignature(rsa: Offer['rsa'], ephemeral: Uint8Array, signature: Uint8Array, length: number): void {
  if (signature.length !== length) {
    throw new StalkError(
      'STALK1_SIGNATURE_LENGTH',
      `the signature has ${signature.length} bytes, the modulus ${length}`,
    )
  }
  const s = fromBigEndian(signature)
  if (s <= 1n || s >= rsa.n - 1n) {
    throw new StalkError('STALK1_SIGNATURE_TRIVIAL', 'the signature is 0, 1, n-1 or not below n')
  }
  // Textbook RSA signs the number that the ephemeral key is: all bytes before it must be zero.
  const expected = new Uint8Array(length)
  expected.set(ephemeral, length - ephemeral.length)
  if (!equalBytes(textbookRecover(rsa, signature), expected)) {
    throw new StalkError(
      'STALK1_SIGNATURE_INVALID',
      'the peer’s signature does not match its identity and ephemeral key',
    )
  }
}

function rsaOf({ rsa }: Identity): Offer['rsa'] {
  if (rsa === undefined) throw new TypeError('a stalk/1 identity is an RSA key')
  return rsa
}
