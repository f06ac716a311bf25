// The original's files: `keysize in bits, u32 little-endian ‖ exponent ‖ n`, both little-endian; the exponent is e in
// id_pub and d in id_priv. The original writes the exponent without leading zeros and reads it as if it had them, so it
// cannot load 1.3 % of what it wrote. Here n is the last keysize / 8 bytes, and the exponent is written in full.
import { concatBytes } from '../crypto/bytes.js'
import { bitLength, fromLittleEndian, toLittleEndian } from '../crypto/big-integer.js'

/** What a raw file holds. */
export interface RawKey {
  readonly n: bigint
  /** e or d: which one, only the name of the file tells. */
  readonly exponent: bigint
}

const headerLength = 4

/** A raw file, as the original reads it. */
export function encodeRaw({ n, exponent }: RawKey): Uint8Array {
  const keysize = bitLength(n)
  const length = keysize / 8
  return concatBytes(
    toLittleEndian(BigInt(keysize), headerLength),
    toLittleEndian(exponent, length),
    toLittleEndian(n, length),
  )
}

/**
 * Reads a raw file, or says in words why it is none. The numbers are as long as the header says, no more is checked.
 *
 * @param bytes borrowed until it returns
 */
export function decodeRaw(bytes: Uint8Array): RawKey | string {
  if (bytes.length < headerLength) return `it has ${bytes.length} bytes`
  const keysize = Number(fromLittleEndian(bytes.subarray(0, headerLength)))
  if (keysize === 0 || keysize % 8 !== 0) return `its header does not tell a key size in whole bytes (${keysize} bits)`
  const length = keysize / 8
  const exponentLength = bytes.length - headerLength - length
  if (exponentLength < 1 || exponentLength > length) {
    return `its header tells ${keysize} bits, which does not go with its ${bytes.length} bytes`
  }
  const n = fromLittleEndian(bytes.subarray(-length))
  if (bitLength(n) !== keysize) return `its header tells ${keysize} bits, its modulus has ${bitLength(n)}`
  return { n, exponent: fromLittleEndian(bytes.subarray(headerLength, -length)) }
}
