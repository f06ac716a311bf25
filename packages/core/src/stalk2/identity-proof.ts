import { concatBytes } from '../crypto/bytes.js'
import { sha256 } from '../crypto/sha256.js'
import { ed25519Verify, rsaPssVerify } from '../crypto/signatures.js'
import { StalkError } from '../errors.js'
import { Identity } from '../identity/identity.js'
import type { Limits } from '../limits.js'
import type { Payload } from './payload.js'

/** What a proof is bound to: SPEC, stalk/2 §5. */
export interface ProofContext {
  /** Of whoever signs. */
  readonly role: 'initiator' | 'responder'
  readonly suiteId: number
  /** Noise’s h after the message’s last token and before its payload, 32 bytes. */
  readonly handshakeHash: Uint8Array
  /** The static key of whoever signs, 32 bytes. */
  readonly staticPublicKey: Uint8Array
  /** Whom the initiator believes to talk to; null in the responder’s own proof. */
  readonly serverSpki: Uint8Array | null
}

const label = new TextEncoder().encode('stalk/2 identity signature\0')

/** The bytes that are signed. */
export function proofBytes(context: ProofContext, unsignedPayload: Uint8Array): Uint8Array {
  const { role, suiteId, handshakeHash, staticPublicKey, serverSpki } = context
  const roleAndSuite = Uint8Array.of(role === 'initiator' ? 0x49 : 0x52, suiteId >> 8, suiteId & 0xff)
  const server = serverSpki === null ? new Uint8Array(32) : sha256(serverSpki)
  return concatBytes(label, roleAndSuite, handshakeHash, staticPublicKey, server, sha256(unsignedPayload))
}

/** How long a signature of this identity is. */
export function signatureBytesOf({ type, keysize }: Identity): number {
  return type === 'ed25519' ? 64 : keysize / 8
}

/**
 * Who the peer proved to be; null: it shows neither identity nor proof.
 *
 * Throws STALK2_IDENTITY_INCOMPLETE, SPKI_INVALID, ED25519_KEY_INVALID, RSA_*, STALK2_SIGNATURE_INVALID.
 */
export function verifyProof(payload: Payload, context: ProofContext, limits: Limits): Identity | null {
  const { identity: spki, signature, unsigned } = payload
  if (spki === null && signature === null) return null
  if (spki === null || signature === null) {
    const reason =
      spki === null ? 'proves an identity that it does not show' : 'shows an identity and does not prove it'
    throw new StalkError('STALK2_IDENTITY_INCOMPLETE', `the peer ${reason}`)
  }
  const maxBits = Math.min(limits.maxModulusBits, 4096)
  const identity = Identity.fromSpki(spki, 'stalk/2', { minBits: limits.minModulusBits, maxBits })
  const verify = identity.type === 'ed25519' ? ed25519Verify : rsaPssVerify
  if (!verify(identity.publicKey, proofBytes(context, unsigned), signature)) {
    throw new StalkError(
      'STALK2_SIGNATURE_INVALID',
      `the peer’s signature over this handshake was not made by ${identity.fingerprint}`,
    )
  }
  return identity
}
