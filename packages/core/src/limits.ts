import { defaultSpackLimits, type SpackLimits } from '@stalk/spack'

/** What one peer may cost us. All in bytes unless the name says otherwise. */
export interface Limits {
  /** Longest message, as encoded, that is sent or accepted. */
  readonly maxMessageBytes: number
  /** Longest packet of a stalk/1 handshake that is accepted: a hello with an 8,192-bit key has 3.5 KB. */
  readonly maxHandshakePacketBytes: number
  /** Longest first message (A) of a stalk/2 handshake that is accepted, 4,096 at least: today’s have 32. */
  readonly maxFirstMessageBytes: number
  /** The same for the second and third (B and C), 16,384 at least and 65,535 at most: with a 4,096-bit key they have 1.6 KB. */
  readonly maxHandshakeMessageBytes: number
  /** Longest plaintext of a stalk/2 record that is sent, from 512 to 65,518: the default makes 64 KiB on the line. */
  readonly maxRecordBytes: number
  /** Sent and not yet with the kernel: with so much `send` refuses more, SEND_QUEUE_FULL. It says false long before. */
  readonly maxQueuedBytes: number
  /** The same, as a number of messages. */
  readonly maxQueuedMessages: number
  /** Arrived and not yet received, about as much memory: then the line is not read any further. With channels, credit does that: see `channelWindowBytes`. */
  readonly maxUnreadBytes: number
  /** The same, as a number of messages. */
  readonly maxUnreadMessages: number
  /** How many channels the peer may have open at once, at most 65,535; 0: there are no channels at all. stalk/2 only. */
  readonly maxChannels: number
  /** How many channels that the peer opened may wait for `acceptChannel`: beyond, they are refused. A loop over `channels()` takes all. */
  readonly maxPendingChannels: number
  /** What the peer may send at first on each channel, 1,024 at least: `maxChannels` times as much is what it can make us keep. */
  readonly channelCreditBytes: number
  /** What may be on its way or unread on a channel in use: it can be no faster than so much in a round trip. */
  readonly channelWindowBytes: number
  /** Over all channels of a connection, beyond the first credits: for windows, and for messages that are larger than a window. */
  readonly maxChannelBytes: number
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
  maxFirstMessageBytes: 4 * 1024,
  maxHandshakeMessageBytes: 16 * 1024,
  maxRecordBytes: 65_518,
  maxQueuedBytes: 64 * 1024 * 1024,
  maxQueuedMessages: 100_000,
  maxUnreadBytes: 256 * 1024,
  maxUnreadMessages: 10_000,
  maxChannels: 1000,
  maxPendingChannels: 64,
  channelCreditBytes: 64 * 1024,
  channelWindowBytes: 1024 * 1024,
  maxChannelBytes: 16 * 1024 * 1024,
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
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new RangeError(`limits.${name} is not a limit; there are ${Object.keys(defaultLimits).join(', ')}`)
    }
    if (!Number.isSafeInteger(value) || value < (name === 'maxChannels' ? 0 : 1)) {
      throw new RangeError(`limits.${name} must be a positive whole number, not ${String(value)}`)
    }
  }
  const limits = { ...defaultLimits, ...overrides }
  for (const [name, [least, most]] of Object.entries(bounds) as [keyof Limits, readonly [number, number]][]) {
    if (limits[name] < least) throw new RangeError(`limits.${name} is at least ${least}`)
    if (limits[name] > most) throw new RangeError(`limits.${name} is at most ${most}`)
  }
  return limits
}

/** What every conforming peer may rely on, and what our arithmetic and the wire can bear. */
const bounds: Readonly<Partial<Record<keyof Limits, readonly [least: number, most: number]>>> = {
  maxFirstMessageBytes: [4096, 65_535],
  maxHandshakeMessageBytes: [16_384, 65_535],
  maxRecordBytes: [512, 65_518],
  maxMessageBytes: [1, 0xffff_ffff],
  maxChannels: [0, 0xffff],
  channelCreditBytes: [1024, 0x7fff_ffff],
  channelWindowBytes: [1024, 0x7fff_ffff],
  maxModulusBits: [1, 8192],
  maxModulusBitsWithLargeExponent: [1, 8192],
}

/** What a side offers of channels; null: none (SPEC, stalk/2 §14). */
export function channelTerms({ channelCreditBytes, maxChannels }: Limits): {
  readonly creditBytes: number
  readonly maxChannels: number
} | null {
  return maxChannels === 0 ? null : { creditBytes: channelCreditBytes, maxChannels }
}

/** The codec’s limits for messages of at most this many bytes: the bounds of their parts grow with it. */
export function messageLimits(maxMessageBytes: number): Partial<SpackLimits> {
  if (maxMessageBytes !== lastMessageBytes)
    [lastMessageBytes, lastLimits] = [maxMessageBytes, limitsOf(maxMessageBytes)]
  return lastLimits
}

function limitsOf(maxMessageBytes: number): Partial<SpackLimits> {
  const growth = Math.max(1, maxMessageBytes / defaultSpackLimits.maxPacketBytes)
  return Object.freeze({
    maxPacketBytes: maxMessageBytes,
    maxStringBytes: maxMessageBytes,
    maxByteArrayBytes: maxMessageBytes,
    maxArrayLength: Math.floor(defaultSpackLimits.maxArrayLength * growth),
    maxElements: Math.floor(defaultSpackLimits.maxElements * growth),
  })
}

// most connections of a process take messages of the same size
let lastMessageBytes = -1
let lastLimits: Partial<SpackLimits> = defaultSpackLimits
