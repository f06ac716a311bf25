import { decodeBase64url } from '../crypto/base64url.js'
import { StalkError } from '../errors.js'
import { Identity, requireProtocol } from './identity.js'
import type { Protocol } from './rsa-rules.js'

/** Whom to expect: an identity, its text (`stalk/2:ed25519:…`), or its fingerprint (43 characters). */
export type Pin = Identity | string

/** Throws unless an identity, which was proved, is one that is expected. It takes no time of its own: the peer waits. */
export type PeerCheck = (identity: Identity) => void

/**
 * Expects one of these; several are for a key that is being replaced.
 *
 * @throws TypeError for none, or for what is no pin; IDENTITY_TEXT_INVALID, IDENTITY_PROTOCOL. The check throws PIN_MISMATCH,
 *   PIN_EXPONENT_MISMATCH.
 */
export function expectPins(pins: readonly Pin[], protocol: Protocol): PeerCheck {
  if (pins.length === 0) throw new TypeError('an empty list of identities would let nobody be the server')
  const expected = pins.map((pin) => readPin(pin, protocol))
  const fingerprints = expected.map((pin) => (typeof pin === 'string' ? pin : pin.fingerprint))
  return (identity) => {
    if (fingerprints.includes(identity.fingerprint)) return
    const all = fingerprints.join(' or ')
    if (expected.some((pin) => typeof pin !== 'string' && hasSameModulus(pin, identity))) {
      throw new StalkError(
        'PIN_EXPONENT_MISMATCH',
        `the server has the pinned modulus with another exponent: pinned ${all}, but it is ${identity.fingerprint}`,
      )
    }
    throw new StalkError(
      'PIN_MISMATCH',
      `the server is not the pinned one: pinned ${all}, but it is ${identity.fingerprint}`,
    )
  }
}

/** Whether a text is a fingerprint: 32 bytes in base64url. */
export function isFingerprint(text: string): boolean {
  return decodeBase64url(text)?.length === 32
}

function readPin(pin: Pin, protocol: Protocol): Pin {
  if (typeof pin === 'string' && isFingerprint(pin.trim())) return pin.trim()
  const identity = typeof pin === 'string' ? Identity.parse(pin) : pin
  if (!(identity instanceof Identity)) {
    throw new TypeError('serverIdentity takes an Identity, its text, its fingerprint, a list of them, or knownPeers()')
  }
  requireProtocol(identity, protocol, 'the pinned identity')
  return identity
}

function hasSameModulus(pin: Identity, identity: Identity): boolean {
  return pin.rsa !== undefined && pin.rsa.n === identity.rsa?.n
}
