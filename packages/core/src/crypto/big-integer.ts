// Conversions go through hexadecimal text, which engines read and write in linear time; shifting byte by byte is quadratic.

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The number that big-endian bytes mean; no bytes are 0. */
export function fromBigEndian(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += hexOfByte[byte] ?? ''
  return BigInt(hex)
}

/** The number that little-endian bytes mean; no bytes are 0. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return fromBigEndian(bytes.toReversed())
}

/**
 * A number as big-endian bytes, zero-padded to `length`, or as few bytes as it takes (0 takes one).
 *
 * Throws `RangeError` for a negative number and for one that needs more than `length` bytes.
 */
export function toBigEndian(number: bigint, length: number = byteLength(number)): Uint8Array {
  if (number < 0n || byteLength(number) > length) throw new RangeError(`number does not fit ${length} bytes`)
  const hex = number.toString(16).padStart(length * 2, '0')
  return Uint8Array.from({ length }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16))
}

/** A number as little-endian bytes, zero-padded to `length`. Throws like {@link toBigEndian}. */
export function toLittleEndian(number: bigint, length: number): Uint8Array {
  return toBigEndian(number, length).reverse()
}

/** How many bits a non-negative number has: 0 has none. */
export function bitLength(number: bigint): number {
  if (number === 0n) return 0
  const hex = number.toString(16)
  return 4 * (hex.length - 1) + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)))
}

/** `base ^ exponent mod modulus` for non-negative numbers. Not in constant time. */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const powers = [1n % modulus]
  for (let power = 1; power < 16; power++) powers.push(((powers[power - 1] ?? 0n) * base) % modulus)
  let result = 1n % modulus
  for (const digit of exponent.toString(16)) {
    for (let bit = 0; bit < 4; bit++) result = (result * result) % modulus
    result = (result * (powers[Number.parseInt(digit, 16)] ?? 0n)) % modulus
  }
  return result
}

/** The greatest common divisor of two non-negative numbers. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** The inverse of `number` modulo `modulus`, or `null` if there is none. */
export function modInverse(number: bigint, modulus: bigint): bigint | null {
  let [remainder, next] = [number % modulus, modulus]
  let [factor, nextFactor] = [1n, 0n]
  while (next !== 0n) {
    const quotient = remainder / next
    ;[remainder, next] = [next, remainder - quotient * next]
    ;[factor, nextFactor] = [nextFactor, factor - quotient * nextFactor]
  }
  if (remainder !== 1n) return null
  return ((factor % modulus) + modulus) % modulus
}

function byteLength(number: bigint): number {
  return Math.max(1, Math.ceil(bitLength(number) / 8))
}
