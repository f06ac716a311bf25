import { ed25519Sign, rsaPssSign } from '../crypto/signatures.js'
import { requirePrivate, requireProtocol, type Identity } from './identity.js'

/**
 * The identity’s signature of a message: Ed25519 (64 bytes) or RSASSA-PSS with SHA-256 (as long as the modulus). Made in Node’s thread pool.
 *
 * Throws IDENTITY_PROTOCOL unless the identity is for stalk/2, IDENTITY_PRIVATE_MISSING.
 */
export async function signAs(identity: Identity, message: Uint8Array): Promise<Uint8Array> {
  requireProtocol(identity, 'stalk/2')
  const privateKey = requirePrivate(identity)
  return identity.type === 'ed25519' ? ed25519Sign(privateKey, message) : rsaPssSign(privateKey, message)
}
