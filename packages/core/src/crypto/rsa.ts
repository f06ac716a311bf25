// RSA without padding, the signature of stalk/1: RSASP1 and RSAVP1 of RFC 8017 §5.2, on the message itself.
// A signature like this is malleable and proves little; stalk/1 has no other.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
} from 'node:crypto'
import { decodeBase64url, encodeBase64url } from './base64url.js'
import { freshKeyEncoding, freshPrivateKey } from './key-object.js'
import { bitLength, fromBigEndian, modPow, toBigEndian } from './big-integer.js'
import { concatBytes } from './bytes.js'
import { checkRsaNumbers, completeRsaNumbers, type RsaPrivateNumbers, type RsaPublicNumbers } from './rsa-numbers.js'

/** The largest exponent, in bits, that OpenSSL takes with a modulus above {@link opensslSmallModulusBits}. */
const opensslExponentBits = 64
const opensslSmallModulusBits = 3072

/** A fresh private key with e = 65537, and a modulus of exactly `bits` bits. Takes seconds above 3072. */
export function generateRsa(bits: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const options = { modulusLength: bits, publicExponent: 65537, ...freshKeyEncoding }
    generateKeyPair('rsa', options, (error: Error | null, _publicKey: Uint8Array, pkcs8: Uint8Array) => {
      if (error) reject(error)
      else resolve(freshPrivateKey(pkcs8))
    })
  })
}

/** The key of two numbers, as they are: rules about them are the caller’s. */
export function rsaPublicKey({ n, e }: RsaPublicNumbers): KeyObject {
  return createPublicKey({ key: { kty: 'RSA', n: jwkOf(n), e: jwkOf(e) }, format: 'jwk' })
}

/**
 * The private key of three numbers, with its primes recovered.
 *
 * Throws `RSA_KEY_MISMATCH` when they do not belong together.
 */
export function rsaPrivateKey(numbers: RsaPrivateNumbers): KeyObject {
  const { n, e, d, p, q, dp, dq, qi } = completeRsaNumbers(numbers)
  const key = {
    kty: 'RSA',
    n: jwkOf(n),
    e: jwkOf(e),
    d: jwkOf(d),
    p: jwkOf(p),
    q: jwkOf(q),
    dp: jwkOf(dp),
    dq: jwkOf(dq),
    qi: jwkOf(qi),
  }
  return createPrivateKey({ key, format: 'jwk' })
}

/** The numbers of a public RSA key. */
export function rsaPublicNumbers(publicKey: KeyObject): RsaPublicNumbers {
  const jwk = publicKey.export({ format: 'jwk' })
  return { n: numberOf(jwk.n), e: numberOf(jwk.e) }
}

/** n, e and d of a private RSA key; secret. Throws `RSA_KEY_MISMATCH` when any of its numbers, also for the CRT, is wrong. */
export function rsaPrivateNumbers(key: KeyObject): RsaPrivateNumbers {
  const jwk = key.export({ format: 'jwk' })
  const [n, e, d] = [numberOf(jwk.n), numberOf(jwk.e), numberOf(jwk.d)]
  const [p, q, dp, dq, qi] = [numberOf(jwk.p), numberOf(jwk.q), numberOf(jwk.dp), numberOf(jwk.dq), numberOf(jwk.qi)]
  checkRsaNumbers({ n, e, d, p, q, dp, dq, qi })
  return { n, e, d }
}

/**
 * The message as a big-endian number, to the power of d: as many bytes as the modulus has.
 *
 * Throws `RangeError` when the message is not below the modulus.
 */
export function textbookSign(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  const length = Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  if (message.length > length) throw new RangeError(`message is ${message.length} bytes, the modulus ${length}`)
  const padded = concatBytes(new Uint8Array(length - message.length), message)
  try {
    return concatBytes(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, padded))
  } catch (error) {
    throw new RangeError('message is not below the modulus', { cause: error })
  }
}

/**
 * What {@link textbookSign} signed: the signature to the power of e, big-endian, as many bytes as the modulus has, so
 * a shorter message comes back with leading zero bytes.
 *
 * Check the numbers with `checkRsaPublicKey` first: the time it takes grows with the cube of their length.
 *
 * Throws `RangeError` for a signature that is not exactly as long as the modulus or not below it.
 */
export function textbookRecover({ n, e }: RsaPublicNumbers, signature: Uint8Array): Uint8Array {
  const length = Math.ceil(bitLength(n) / 8)
  if (signature.length !== length) throw new RangeError(`signature is ${signature.length} bytes, the modulus ${length}`)
  const number = fromBigEndian(signature)
  if (number >= n) throw new RangeError('signature is not below the modulus')

  // OpenSSL refuses the original's large exponents ("bad e value") with a modulus above 3072 bits. All of this is public,
  // so bigint may do it: 0.1 s for 4096 bits. Diffie-Hellman with n as its prime would be several times faster, but
  // OpenSSL 3.5 proves the primality of n first if a hostile peer made it prime: half a minute for 8192 bits.
  const isForOpenssl = bitLength(n) <= opensslSmallModulusBits || bitLength(e) <= opensslExponentBits
  if (!isForOpenssl) return toBigEndian(modPow(number, e, n), length)
  return concatBytes(publicDecrypt({ key: rsaPublicKey({ n, e }), padding: constants.RSA_NO_PADDING }, signature))
}

function jwkOf(number: bigint): string {
  return encodeBase64url(toBigEndian(number))
}

function numberOf(member: string | undefined): bigint {
  return fromBigEndian(decodeBase64url(member ?? '') ?? new Uint8Array())
}
