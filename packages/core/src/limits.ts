import { defaultSpackLimits, type SpackLimits } from '@stalk/spack'

/** What one peer may cost us. All in bytes unless the name says otherwise. */
export interface Limits {
  /** Longest message, as encoded, that is sent or accepted. */
  readonly maxMessageBytes: number
  /** Longest packet of a handshake that is accepted: a hello with an 8,192-bit key has 3.5 KB. */
  readonly maxHandshakePacketBytes: number
  /** Smallest RSA modulus accepted from a peer, in bits. */
  readonly minModulusBits: number
  /** Largest RSA modulus accepted from a peer, in bits, at most 8,192. */
  readonly maxModulusBits: number
  /**
   * The same for a key whose exponent has more than 64 bits, as the original makes them: verifying with one costs whoever answers a
   * stranger about 10 ms of computing at 3,072 bits, 0.2 s at 4,096 and 0.9 s at 8,192, and nothing else runs meanwhile.
   */
  readonly maxModulusBitsWithLargeExponent: number
}

export const defaultLimits: Limits = {
  maxMessageBytes: 16 * 1024 * 1024,
  maxHandshakePacketBytes: 8 * 1024,
  minModulusBits: 2048,
  maxModulusBits: 8192,
  maxModulusBitsWithLargeExponent: 3072,
}

/**
 * The defaults with `overrides` in their place.
 *
 * @throws RangeError for an unknown name or a value that is not a positive whole number
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(defaultLimits, name)) throw new RangeError(`limits.${name} is not a limit`)
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RangeError(`limits.${name} must be a positive whole number, not ${String(value)}`)
    }
  }
  for (const name of ['maxModulusBits', 'maxModulusBitsWithLargeExponent'] as const) {
    if ((overrides[name] ?? 0) > 8192) throw new RangeError(`limits.${name} is at most 8192`)
  }
  return { ...defaultLimits, ...overrides }
}

/** The codec’s limits for messages of at most this many bytes: the bounds of their parts grow with it. */
export function messageLimits(maxMessageBytes: number): Partial<SpackLimits> {
  const growth = Math.max(1, maxMessageBytes / defaultSpackLimits.maxPacketBytes)
  return {
    maxPacketBytes: maxMessageBytes,
    maxStringBytes: maxMessageBytes,
    maxByteArrayBytes: maxMessageBytes,
    maxArrayLength: Math.floor(defaultSpackLimits.maxArrayLength * growth),
    maxElements: Math.floor(defaultSpackLimits.maxElements * growth),
  }
}
