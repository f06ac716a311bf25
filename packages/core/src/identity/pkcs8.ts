// Encrypted private keys: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2) of scrypt
// (RFC 7914 §7) and AES-256-CBC, which OpenSSL reads: `openssl pkcs8 -in id_priv`.
import { aesCbcEncrypt } from '../crypto/aes-cbc.js'
import { type KeyObject, writePkcs8 } from '../crypto/key-object.js'
import { randomBytes } from '../crypto/random.js'
import { scrypt } from '../crypto/scrypt.js'
import { DerReader, derInteger, derObjectIdentifier, derOctetString, derSequence } from './der.js'
import { encodePem } from './pem.js'

/** The labels of PKCS#8 in PEM (RFC 7468 §10, §11). */
export const pkcs8Labels = { clear: 'PRIVATE KEY', encrypted: 'ENCRYPTED PRIVATE KEY' } as const

// OpenSSL refuses to spend more than 32 MiB on a file, so N = 2^15 (32 MiB and a little) could not be read again;
// p = 5 makes up for it, as in OWASP's table of equivalent settings.
const scryptCost = { cost: 2 ** 14, blockSize: 8, parallelization: 5 }

/** Node gives OpenSSL no longer passphrase than this when it reads the file back. */
const maxPassphraseBytes = 1024

const objectIdentifiers = {
  pbes2: '2a864886f70d01050d',
  scrypt: '2b06010401da47040b',
  aes256Cbc: '60864801650304012a',
} as const

/**
 * The private key as PKCS#8 PEM, encrypted if there is a passphrase; the caller wipes it. Takes about 0.2 s of another thread then.
 *
 * Throws `TypeError` for an empty passphrase, `RangeError` for one above 1,024 bytes.
 */
export async function encodePkcs8(privateKey: KeyObject, passphrase: string | undefined): Promise<Uint8Array> {
  if (passphrase !== undefined) checkPassphrase(passphrase)
  const clear = writePkcs8(privateKey)
  try {
    return passphrase === undefined
      ? encodePem(pkcs8Labels.clear, clear)
      : encodePem(pkcs8Labels.encrypted, await encrypt(clear, passphrase))
  } finally {
    clear.fill(0)
  }
}

/** Throws `TypeError` for an empty passphrase, `RangeError` for one above 1,024 bytes of UTF-8. */
export function checkPassphrase(passphrase: string): void {
  if (passphrase === '') throw new TypeError('passphrase is empty: leave it out to have none')
  const length = new TextEncoder().encode(passphrase).length
  if (length > maxPassphraseBytes) throw new RangeError(`passphrase is ${length} bytes, at most ${maxPassphraseBytes}`)
}

/** Whether DER has the outer shape of an encrypted key: then a failure to read it means the passphrase, most likely. */
export function isEncryptedPkcs8(der: Uint8Array): boolean {
  const outer = new DerReader(der)
  const info = outer.sequence()
  return info?.sequence() != null && info.octetString() !== null && info.isAtEnd && outer.isAtEnd
}

async function encrypt(clear: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const key = await scrypt(passphrase, salt, 32, scryptCost)
  const { cost, blockSize, parallelization } = scryptCost
  const derivation = derSequence(
    derObjectIdentifier(objectIdentifiers.scrypt),
    derSequence(
      derOctetString(salt),
      ...[cost, blockSize, parallelization].map((number) => derInteger(BigInt(number))),
    ),
  )
  const scheme = derSequence(derObjectIdentifier(objectIdentifiers.aes256Cbc), derOctetString(iv))
  const encrypted = aesCbcEncrypt(key, iv, clear)
  key.fill(0)
  return derSequence(
    derSequence(derObjectIdentifier(objectIdentifiers.pbes2), derSequence(derivation, scheme)),
    derOctetString(encrypted),
  )
}
