import { ed25519PublicKey, ed25519PublicKeyBytes, isSafeEd25519PublicKey } from '../crypto/ed25519.js'
import { bitLength } from '../crypto/big-integer.js'
import { type KeyObject, publicHalf } from '../crypto/key-object.js'
import { rsaPrivateKey, rsaPrivateNumbers, rsaPublicKey, rsaPublicNumbers } from '../crypto/rsa.js'
import type { RsaPrivateNumbers, RsaPublicNumbers } from '../crypto/rsa-numbers.js'
import { StalkError } from '../errors.js'
import { checkRsaIdentityKey, type Protocol, type RsaLimits } from './rsa-rules.js'
import { decodeSpki, encodeEd25519Spki, encodeRsaSpki } from './spki.js'

/** The algorithm of an identity’s key. */
export type KeyType = 'ed25519' | 'rsa'

/** What an identity consists of. Whoever makes one has checked the key by the rules of its protocol. */
export interface IdentityKeys {
  readonly protocol: Protocol
  readonly type: KeyType
  /** In bits. */
  readonly keysize: number
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject | undefined
  /** SubjectPublicKeyInfo, canonical DER. */
  readonly spki: Uint8Array
  /** The public numbers of an RSA key. */
  readonly rsa: RsaPublicNumbers | undefined
}

/** The keys in an SPKI. Throws `SPKI_INVALID`, and what {@link ed25519Keys} and {@link rsaKeys} throw. */
export function keysFromSpki(spki: Uint8Array, protocol: Protocol, limits?: RsaLimits): IdentityKeys {
  const key = decodeSpki(spki)
  if (key.type === 'rsa') return rsaKeys(key.rsa, protocol, limits)
  if (protocol === 'stalk/1') throw new StalkError('SPKI_INVALID', 'stalk/1 has no Ed25519 keys')
  return ed25519Keys(key.publicKey)
}

/** The keys of RSA numbers. Throws the codes of the RSA rules, and `RSA_KEY_MISMATCH` when d belongs to other numbers. */
export function rsaKeys(
  { n, e, d }: RsaPublicNumbers & Partial<RsaPrivateNumbers>,
  protocol: Protocol,
  limits?: RsaLimits,
): IdentityKeys {
  checkRsaIdentityKey({ n, e }, protocol, limits)
  const privateKey = d === undefined ? undefined : rsaPrivateKey({ n, e, d })
  return rsaKeysOf({ n, e }, protocol, rsaPublicKey({ n, e }), privateKey)
}

/**
 * The keys of a private key that OpenSSL read or made.
 *
 * Throws `RSA_KEY_MISMATCH` when its numbers contradict each other, the codes of the RSA rules, and `TypeError` for
 * any other algorithm.
 */
export function keysFromPrivateKey(privateKey: KeyObject, protocol: Protocol, limits?: RsaLimits): IdentityKeys {
  const publicKey = publicHalf(privateKey)
  if (privateKey.asymmetricKeyType === 'ed25519') return ed25519Keys(ed25519PublicKeyBytes(publicKey), privateKey)
  if (privateKey.asymmetricKeyType !== 'rsa') {
    throw new TypeError(`a key of type ${privateKey.asymmetricKeyType ?? 'unknown'} is no identity`)
  }
  const rsa = rsaPublicNumbers(publicKey)
  checkRsaIdentityKey(rsa, protocol, limits)
  rsaPrivateNumbers(privateKey)
  return rsaKeysOf(rsa, protocol, publicKey, privateKey)
}

/** The keys of a 32-byte Ed25519 public key. Throws `ED25519_KEY_INVALID`. */
function ed25519Keys(bytes: Uint8Array, privateKey?: KeyObject): IdentityKeys {
  if (!isSafeEd25519PublicKey(bytes)) {
    throw new StalkError('ED25519_KEY_INVALID', 'the Ed25519 public key is of low order or not canonical')
  }
  return {
    protocol: 'stalk/2',
    type: 'ed25519',
    keysize: 256,
    publicKey: ed25519PublicKey(bytes),
    privateKey,
    spki: encodeEd25519Spki(bytes),
    rsa: undefined,
  }
}

function rsaKeysOf(
  rsa: RsaPublicNumbers,
  protocol: Protocol,
  publicKey: KeyObject,
  privateKey: KeyObject | undefined,
): IdentityKeys {
  return { protocol, type: 'rsa', keysize: bitLength(rsa.n), publicKey, privateKey, spki: encodeRsaSpki(rsa), rsa }
}
