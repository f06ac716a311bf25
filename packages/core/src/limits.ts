import type { SpackLimits } from '@stalk/spack'

/** What one peer may cost us. All in bytes unless the name says otherwise. */
export interface Limits {
  /** Longest message, as encoded, that is sent or accepted. */
  readonly maxMessageBytes: number
  /** Longest packet of a handshake that is accepted: a hello with an 8,192-bit key has 3.5 KB. */
  readonly maxHandshakePacketBytes: number
  /** Smallest RSA modulus accepted from a peer, in bits. */
  readonly minModulusBits: number
  /**
   * Largest RSA modulus accepted from a peer, in bits, at most 8,192. With an exponent as long as the modulus, which is what the
   * original makes, a stranger costs us 0.1 s of computing at 4,096 bits and 0.5 s at 8,192.
   */
  readonly maxModulusBits: number
}

export const defaultLimits: Limits = {
  maxMessageBytes: 16 * 1024 * 1024,
  maxHandshakePacketBytes: 8 * 1024,
  minModulusBits: 2048,
  maxModulusBits: 4096,
}

/**
 * The defaults with `overrides` in their place.
 *
 * @throws RangeError for an unknown name or a value that is not a positive whole number
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(overrides)) {
    if (!(name in defaultLimits)) throw new RangeError(`limits.${name} is not a limit`)
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RangeError(`limits.${name} must be a positive whole number, not ${String(value)}`)
    }
  }
  if ((overrides.maxModulusBits ?? 0) > 8192) throw new RangeError('limits.maxModulusBits is at most 8192')
  return { ...defaultLimits, ...overrides }
}

/** The codec’s limits for messages of at most this many bytes: as long as that, a string or a byte[] may fill the whole message. */
export function messageLimits(maxMessageBytes: number): Partial<SpackLimits> {
  return { maxPacketBytes: maxMessageBytes, maxStringBytes: maxMessageBytes, maxByteArrayBytes: maxMessageBytes }
}
