import { bitLength } from '../crypto/big-integer.js'
import type { RsaPublicNumbers } from '../crypto/rsa-numbers.js'
import { StalkError } from '../errors.js'

/** The protocol an identity signs for. */
export type Protocol = 'stalk/1' | 'stalk/2'

/** Bounds of an RSA modulus, in bits; what is left out is the default of the rule. */
export interface RsaLimits {
  readonly minBits?: number | undefined
  readonly maxBits?: number | undefined
}

/**
 * Checks the public numbers of an RSA key, before any arithmetic with them. Its cost is bounded by their length.
 *
 * Modulus: 2,048 to 8,192 bits, a multiple of 8 (the original sends signatures of whole bytes), odd.
 * Exponent: odd, at least 3, below the modulus.
 *
 * Throws `RSA_MODULUS_TOO_SMALL`, `RSA_MODULUS_TOO_LARGE`, `RSA_MODULUS_BITS`, `RSA_MODULUS_EVEN`,
 * `RSA_EXPONENT_TOO_SMALL`, `RSA_EXPONENT_TOO_LARGE` or `RSA_EXPONENT_EVEN`.
 */
export function checkRsaPublicKey({ n, e }: RsaPublicNumbers, limits: RsaLimits = {}): void {
  checkModulus(n, limits.minBits ?? 2048, limits.maxBits ?? 8192)
  if (e < 3n) throw new StalkError('RSA_EXPONENT_TOO_SMALL', 'the RSA exponent is below 3')
  if (e >= n) throw new StalkError('RSA_EXPONENT_TOO_LARGE', 'the RSA exponent is not below the modulus')
  if (e % 2n === 0n) throw new StalkError('RSA_EXPONENT_EVEN', 'the RSA exponent is even')
}

/**
 * Checks an RSA key for a protocol: {@link checkRsaPublicKey}, and for stalk/2 (SPEC, identities) no modulus above
 * 4,096 bits and e = 65537, else `RSA_EXPONENT_NOT_65537`.
 */
export function checkRsaIdentityKey(numbers: RsaPublicNumbers, protocol: Protocol, limits: RsaLimits = {}): void {
  if (protocol === 'stalk/1') {
    checkRsaPublicKey(numbers, limits)
    return
  }
  checkRsaPublicKey(numbers, { ...limits, maxBits: limits.maxBits ?? 4096 })
  if (numbers.e !== 65537n) {
    throw new StalkError('RSA_EXPONENT_NOT_65537', 'the RSA exponent of a stalk/2 key must be 65537')
  }
}

function checkModulus(n: bigint, minBits: number, maxBits: number): void {
  const bits = n < 0n ? 0 : bitLength(n)
  if (bits < minBits) {
    throw new StalkError('RSA_MODULUS_TOO_SMALL', `the RSA modulus has ${bits} bits, at least ${minBits} are needed`)
  }
  if (bits > maxBits) {
    throw new StalkError('RSA_MODULUS_TOO_LARGE', `the RSA modulus has ${bits} bits, at most ${maxBits} are allowed`)
  }
  if (bits % 8 !== 0) {
    throw new StalkError('RSA_MODULUS_BITS', `the RSA modulus has ${bits} bits, which is not a multiple of 8`)
  }
  if (n % 2n === 0n) throw new StalkError('RSA_MODULUS_EVEN', 'the RSA modulus is even')
}
