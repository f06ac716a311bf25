// What stands in id_priv and id_pub: the original's raw format for stalk/1, PEM for stalk/2. Which one is told by the content.
import { equalBytes } from '../crypto/bytes.js'
import { type KeyObject, readPkcs8 } from '../crypto/key-object.js'
import { rsaPrivateNumbers } from '../crypto/rsa.js'
import { StalkError } from '../errors.js'
import { type IdentityKeys, keysFromPrivateKey, keysFromSpki, rsaKeys } from './keys.js'
import { decodePem, encodePem, looksLikePem } from './pem.js'
import { checkPassphrase, encodePkcs8, isEncryptedPkcs8, pkcs8Labels } from './pkcs8.js'
import { decodeRaw, encodeRaw } from './raw-format.js'
import { refusalAt } from './refusal.js'
import type { RsaLimits } from './rsa-rules.js'
import { decodeText } from './text-format.js'

/** A file that was read. */
export interface IdentityFile {
  /** For messages. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** How to read a private key. */
export interface DecodeOptions extends RsaLimits {
  readonly passphrase?: string | undefined
}

const publicLabel = 'PUBLIC KEY'

/**
 * The bytes of both files; the caller wipes the private ones.
 *
 * Throws `TypeError` for a passphrase with a stalk/1 identity, and for an empty one.
 */
export async function encodeIdentityFiles(
  { protocol, spki, rsa }: IdentityKeys,
  privateKey: KeyObject,
  passphrase: string | undefined,
): Promise<{ privateBytes: Uint8Array; publicBytes: Uint8Array }> {
  if (protocol === 'stalk/1' && rsa !== undefined) {
    if (passphrase !== undefined) throw new TypeError('the file format of stalk/1 has no passphrase: leave it out')
    const { n, e, d } = rsaPrivateNumbers(privateKey)
    return { privateBytes: encodeRaw({ n, exponent: d }), publicBytes: encodeRaw({ n, exponent: e }) }
  }
  return { privateBytes: await encodePkcs8(privateKey, passphrase), publicBytes: encodePem(publicLabel, spki) }
}

/**
 * The keys in a private file and the public one beside it, which only PEM can do without.
 *
 * Throws `IDENTITY_FILE_INVALID`, `IDENTITY_PASSPHRASE`, `RSA_MODULUS_TOO_SMALL`, `RSA_MODULUS_TOO_LARGE`.
 */
export function decodeIdentityFiles(
  privateFile: IdentityFile,
  publicFile: IdentityFile | undefined,
  { passphrase, ...limits }: DecodeOptions,
): IdentityKeys {
  const publicKeys = publicFile && decodePublicFile(publicFile, limits)
  const keys = looksLikePem(privateFile.bytes)
    ? decodePrivatePem(privateFile, passphrase, limits)
    : decodePrivateRaw(privateFile, publicKeys, limits)
  const belongTogether =
    publicKeys === undefined || (publicKeys.protocol === keys.protocol && equalBytes(publicKeys.spki, keys.spki))
  if (!belongTogether) throw invalid(privateFile, `it does not belong to the id_pub beside it`)
  return keys
}

/**
 * The public key in a file: raw, PEM, or the line that `stalk id --only identity` prints.
 *
 * Throws `IDENTITY_FILE_INVALID`, `RSA_MODULUS_TOO_SMALL`, `RSA_MODULUS_TOO_LARGE`.
 */
export function decodePublicFile(file: IdentityFile, limits: RsaLimits): IdentityKeys {
  return refusedAt(file, () => {
    if (looksLikePem(file.bytes)) return keysFromSpki(decodePublicPem(file), 'stalk/2', limits)
    const text = new TextDecoder().decode(file.bytes)
    if (/^\s*stalk\//u.test(text)) return decodeText(text, limits)
    const { n, exponent } = decodeRawFile(file)
    return rsaKeys({ n, e: exponent }, 'stalk/1', limits)
  })
}

function decodePublicPem(file: IdentityFile): Uint8Array {
  const pem = decodePem(file.bytes)
  if (pem === null) throw invalid(file, 'its PEM is cut off or damaged')
  if (pem.label !== publicLabel) throw invalid(file, `it holds a ${pem.label}, not a ${publicLabel}`)
  return pem.der
}

function decodePrivatePem(file: IdentityFile, passphrase: string | undefined, limits: RsaLimits): IdentityKeys {
  const pem = decodePem(file.bytes)
  if (pem === null) throw invalid(file, 'its PEM is cut off or damaged')
  try {
    return readPrivatePem(file, pem, passphrase, limits)
  } finally {
    pem.der.fill(0)
  }
}

function readPrivatePem(
  file: IdentityFile,
  { label, der }: { readonly label: string; readonly der: Uint8Array },
  passphrase: string | undefined,
  limits: RsaLimits,
): IdentityKeys {
  const isEncrypted = label === pkcs8Labels.encrypted
  if (!isEncrypted && label !== pkcs8Labels.clear) {
    throw invalid(file, `it holds a ${label}; PKCS#8 is needed, which \`openssl pkcs8 -topk8\` makes of other keys`)
  }
  const privateKey = isEncrypted ? decrypt(file, der, passphrase) : orInvalid(file, () => readPkcs8(der, undefined))
  if (privateKey.asymmetricKeyType !== 'ed25519' && privateKey.asymmetricKeyType !== 'rsa') {
    throw invalid(file, `it holds a key of type ${privateKey.asymmetricKeyType ?? 'unknown'}, not ed25519 or rsa`)
  }
  return refusedAt(file, () => keysFromPrivateKey(privateKey, 'stalk/2', limits))
}

function decrypt(file: IdentityFile, der: Uint8Array, passphrase: string | undefined): KeyObject {
  if (!isEncryptedPkcs8(der)) throw invalid(file, 'its PEM is cut off or damaged')
  if (passphrase === undefined)
    throw new StalkError('IDENTITY_PASSPHRASE', `${file.path} is encrypted: a passphrase is needed`)
  checkPassphrase(passphrase)
  try {
    return readPkcs8(der, passphrase)
  } catch (error) {
    throw new StalkError(
      'IDENTITY_PASSPHRASE',
      `the passphrase of ${file.path} is wrong (or the file is damaged)`,
      error,
    )
  }
}

function decodePrivateRaw(file: IdentityFile, publicKeys: IdentityKeys | undefined, limits: RsaLimits): IdentityKeys {
  const { n, exponent } = decodeRawFile(file)
  if (publicKeys === undefined) {
    throw invalid(file, 'the file id_pub is missing beside it, and this format keeps the public exponent only there')
  }
  if (publicKeys.protocol !== 'stalk/1' || publicKeys.rsa?.n !== n) {
    throw invalid(file, 'it does not belong to the id_pub beside it')
  }
  const { e } = publicKeys.rsa
  return refusedAt(file, () => rsaKeys({ n, e, d: exponent }, 'stalk/1', limits))
}

function decodeRawFile(file: IdentityFile): { n: bigint; exponent: bigint } {
  const key = decodeRaw(file.bytes)
  if (typeof key === 'string') throw invalid(file, `it is neither PEM nor the raw format of stalk/1: ${key}`)
  return key
}

function refusedAt<Result>(file: IdentityFile, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof StalkError && error.code === 'IDENTITY_FILE_INVALID') throw error
    throw refusalAt('IDENTITY_FILE_INVALID', file.path, error)
  }
}

function orInvalid<Result>(file: IdentityFile, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw invalid(file, 'OpenSSL cannot read the key in it', error)
  }
}

function invalid(file: IdentityFile, what: string, cause?: unknown): StalkError {
  return new StalkError('IDENTITY_FILE_INVALID', `${file.path} is no identity file: ${what}`, cause)
}
