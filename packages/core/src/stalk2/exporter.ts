import { concatBytes } from '../crypto/bytes.js'
import { hkdfExpand } from '../crypto/hkdf.js'
import { sha256 } from '../crypto/sha256.js'

const prefix = new TextEncoder().encode('stalk/2 exp\0')

/**
 * A secret of the connection for other uses: SPEC, stalk/2 §7. The caller owns it.
 *
 * @param exporterSecret 32 bytes
 * @param handshakeHash the final h, 32 bytes
 * @param label printable ASCII, 1 to 255 characters (`TypeError`)
 * @param length 1 to 8,160 bytes (`RangeError`)
 */
export function exportSecret(
  exporterSecret: Uint8Array,
  handshakeHash: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  if (typeof (label as unknown) !== 'string' || !/^[\x20-\x7e]{1,255}$/u.test(label)) {
    throw new TypeError('label must be 1 to 255 characters of printable ASCII')
  }
  if (!(context instanceof Uint8Array)) throw new TypeError('context must be a Uint8Array, empty if there is none')
  if (length === 0) throw new RangeError('length must be from 1 to 8160')
  const name = new TextEncoder().encode(label)
  const info = concatBytes(prefix, name, Uint8Array.of(0), handshakeHash, sha256(context))
  return hkdfExpand(exporterSecret, info, length)
}
