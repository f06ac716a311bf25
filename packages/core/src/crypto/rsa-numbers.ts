// From n, e and d to the primes: NIST SP 800-56B rev. 2, appendix C.1, with fixed bases instead of random ones.
import { StalkError } from '../errors.js'
import { greatestCommonDivisor, modInverse, modPow } from './big-integer.js'

/** An RSA public key as numbers. */
export interface RsaPublicNumbers {
  /** The modulus. */
  readonly n: bigint
  /** The public exponent. */
  readonly e: bigint
}

/** An RSA private key as numbers; secret. */
export interface RsaPrivateNumbers extends RsaPublicNumbers {
  /** The private exponent. */
  readonly d: bigint
}

/** An RSA private key with all that the Chinese remainder theorem needs (RFC 8017 §3.2); secret. */
export interface RsaCrtNumbers extends RsaPrivateNumbers {
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qi: bigint
}

/**
 * Both primes of a modulus, the larger first. The same numbers always give the same steps.
 *
 * Throws `RSA_KEY_MISMATCH` when d is not the private exponent of (n, e).
 */
export function recoverPrimes({ n, e, d }: RsaPrivateNumbers): { p: bigint; q: bigint } {
  const multiple = e * d - 1n
  if (n % 2n === 0n || multiple <= 0n || multiple % 2n !== 0n) throw mismatch()
  let odd = multiple
  let halvings = 0
  for (; odd % 2n === 0n; odd /= 2n) halvings += 1

  for (const base of bases) {
    const root = squareRootOfOne(modPow(base, odd, n), halvings, n)
    if (root === 'none') throw mismatch()
    if (root === 'trivial') continue
    const factor = greatestCommonDivisor(root - 1n, n)
    const cofactor = n / factor
    return factor > cofactor ? { p: factor, q: cofactor } : { p: cofactor, q: factor }
  }
  throw mismatch()
}

/** All numbers of a private key from n, e and d. Throws `RSA_KEY_MISMATCH` when they do not belong together. */
export function completeRsaNumbers(numbers: RsaPrivateNumbers): RsaCrtNumbers {
  const { p, q } = recoverPrimes(numbers)
  const qi = modInverse(q, p)
  if (qi === null) throw mismatch()
  const whole = { ...numbers, p, q, qi, dp: numbers.d % (p - 1n), dq: numbers.d % (q - 1n) }
  checkRsaNumbers(whole)
  return whole
}

/** Throws `RSA_KEY_MISMATCH` unless every number of a private key follows from the others. */
export function checkRsaNumbers({ n, e, d, p, q, dp, dq, qi }: RsaCrtNumbers): void {
  // trial division would be no proof of primality either: a wrong factor makes e * d = 1 false
  if (p <= 1n || q <= 1n || p * q !== n) throw mismatch()
  const order = ((p - 1n) * (q - 1n)) / greatestCommonDivisor(p - 1n, q - 1n)
  const agree = (e * d) % order === 1n && dp === d % (p - 1n) && dq === d % (q - 1n) && (q * qi) % p === 1n
  if (!agree) throw mismatch()
}

// Half of all bases find the primes, so 32 bases miss those of an honest key once in 2^32 keys.
const bases = [
  2n,
  3n,
  5n,
  7n,
  11n,
  13n,
  17n,
  19n,
  23n,
  29n,
  31n,
  37n,
  41n,
  43n,
  47n,
  53n,
  59n,
  61n,
  67n,
  71n,
  73n,
  79n,
  83n,
  89n,
  97n,
  101n,
  103n,
  107n,
  109n,
  113n,
  127n,
  131n,
] as const

/** Squares until 1 comes out: a root other than ±1 tells the factors, no 1 at all tells that d is wrong. */
function squareRootOfOne(start: bigint, squarings: number, n: bigint): bigint | 'trivial' | 'none' {
  let root = start
  if (root === 1n || root === n - 1n) return 'trivial'
  for (let squaring = 0; squaring < squarings; squaring++) {
    const square = (root * root) % n
    if (square === 1n) return root
    if (square === n - 1n) return 'trivial'
    root = square
  }
  return 'none'
}

function mismatch(): StalkError {
  return new StalkError('RSA_KEY_MISMATCH', 'the numbers of the RSA private key do not belong together')
}
