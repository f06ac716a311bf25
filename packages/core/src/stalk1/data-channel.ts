import { decode, encode, Spack, SpackError, type SpackLimits } from '@stalk/spack'
import { OfbKeystream } from '../crypto/aes-ofb.js'
import { equalBytes } from '../crypto/bytes.js'
import { sha256 } from '../crypto/sha256.js'
import { StalkError } from '../errors.js'
import { messageLimits } from '../limits.js'

/** How many bytes the packet around a message of `bytes` bytes can add: hash, two sizes, types, the length twice. */
export const PACKET_OVERHEAD = 64

/**
 * The encrypted half of a connection: inner packets under the one keystream that both directions share.
 *
 * Both peers move the keystream on by every byte sent and received, so the two sides must take turns (SPEC, stalk/1 §5).
 */
export class DataChannel {
  readonly #keystream: OfbKeystream
  readonly #limits: Partial<SpackLimits>

  /**
   * @param key 32 bytes, the X25519 shared secret as it is
   * @param iv 16 bytes, from the hello
   * @param maxMessageBytes longest inner packet that is opened
   */
  constructor(key: Uint8Array, iv: Uint8Array, maxMessageBytes: number) {
    this.#keystream = new OfbKeystream(key, iv)
    this.#limits = messageLimits(maxMessageBytes)
  }

  /** The packet that carries `inner` (an encoded message, which is left as it is): the next bytes on the line. */
  seal(inner: Uint8Array): Uint8Array {
    return encode(new Spack().bytes(this.#keystream.apply(inner)), {
      form: 'classic',
      sha256,
      limits: { maxPacketBytes: Infinity, maxByteArrayBytes: Infinity },
    })
  }

  /**
   * The message under `ciphertext`, as {@link readCiphertext} took it from a packet.
   *
   * @throws StalkError STALK1_OUT_OF_STEP when it does not decrypt to anything with a valid hash,
   *   STALK1_PACKET_INVALID when it does and still is not well-formed
   */
  open(ciphertext: Uint8Array): Spack {
    const inner = this.#keystream.apply(ciphertext)
    try {
      return decode(inner, { form: 'classic', limits: this.#limits, sha256 })
    } catch (error) {
      throw explain(inner, error)
    }
  }
}

/** What an encrypted packet carries, the fin and everything after it: exactly one byte[]. Throws STALK1_PACKET_INVALID. */
export function readCiphertext(packet: Spack): Uint8Array {
  const [element, ...rest] = packet.elements
  if (element?.type !== 'byte[]' || rest.length > 0) {
    throw new StalkError('STALK1_PACKET_INVALID', 'an encrypted packet carries exactly one byte[]')
  }
  return element.value
}

/** A right hash means that the peer wrote this: only a wrong one says anything about the keystream. */
function explain(inner: Uint8Array, error: unknown): unknown {
  if (!(error instanceof SpackError)) return error
  if (inner.length >= 32 && equalBytes(sha256(inner.subarray(32)), inner.subarray(0, 32))) {
    return new StalkError('STALK1_PACKET_INVALID', `the peer’s message is not well-formed: ${error.message}`, error)
  }
  return new StalkError(
    'STALK1_OUT_OF_STEP',
    'a message does not decrypt: both sides talked at once (stalk/1 has one keystream for both directions), or it was altered',
  )
}
