// Signatures of whole messages: Ed25519 (RFC 8032 §5.1, pure) and RSASSA-PSS (RFC 8017 §8.1).
// The signers work in node's thread pool: RSA takes 4 ms with 4,096 bits. Verifying is cheap and done at once.
import { constants, type KeyObject, sign, type SigningOptions, verify } from 'node:crypto'
import { plainBytes } from './bytes.js'
import { isSafeEd25519PublicKey } from './ed25519.js'

/** An Ed25519 signature of `message`: 64 bytes. `TypeError` for a key of another algorithm. */
export async function ed25519Sign(privateKey: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  requireType(privateKey, 'ed25519')
  return signInPool(null, message, { key: privateKey })
}

/**
 * Whether `signature` is the Ed25519 signature of `message`. Only canonical encodings are (S below the order, R as it is
 * computed, without cofactor, not of low order), so nobody can make a second one from the first.
 *
 * A low-order key verifies what anybody makes: make `publicKey` from 32 bytes of which `isSafeEd25519PublicKey` is true.
 * `TypeError` for a key of another algorithm.
 */
export function ed25519Verify(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  requireType(publicKey, 'ed25519')
  // no signer makes an R of low order; OpenSSL 3.5 refuses it, 3.0 does not
  if (signature.length !== 64 || !isSafeEd25519PublicKey(signature.subarray(0, 32))) return false
  return verify(null, message, publicKey, signature)
}

/**
 * An RSASSA-PSS signature of `message`, SHA-256 for message and mask, 32 bytes of fresh salt: as long as the modulus.
 * `TypeError` for a key of another algorithm.
 */
export async function rsaPssSign(privateKey: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  requireType(privateKey, 'rsa')
  return signInPool('sha256', message, { key: privateKey, ...pss })
}

/**
 * Whether `signature` is an RSASSA-PSS signature of `message` with SHA-256 for message and mask and a salt of exactly
 * 32 bytes, and exactly as long as the modulus. `TypeError` for a key of another algorithm.
 *
 * Check the key with `checkRsaIdentityKey` first: the time it takes grows with modulus and exponent.
 */
export function rsaPssVerify(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  requireType(publicKey, 'rsa')
  const length = Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  // RFC 8017 §8.1.2 step 1, said here because it is ours to keep whatever OpenSSL makes of a short one
  if (signature.length !== length) return false
  return verify('sha256', message, { key: publicKey, ...pss }, signature)
}

// the mask's hash is the message's unless said otherwise
const pss: SigningOptions = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

function signInPool(
  digest: 'sha256' | null,
  message: Uint8Array,
  key: SigningOptions & { readonly key: KeyObject },
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign(digest, message, key, (error, signature) => {
      if (error) reject(error)
      else resolve(plainBytes(signature))
    })
  })
}

function requireType(key: KeyObject, type: 'ed25519' | 'rsa'): void {
  const actual = key.asymmetricKeyType ?? key.type
  if (actual !== type) throw new TypeError(`key must be of type ${type}, not ${actual}`)
}
