/**
 * What one packet may hold, for `encode` and `decode` alike: whatever one side emits under some limits the other accepts
 * under the same. Whole numbers from 0, or `Infinity` for no cap (the engine's own end: a bigint of 2^30 bits).
 */
export interface SpackLimits {
  /** Bytes of the whole packet, with hash and sizes. Default 16 MiB. */
  readonly maxPacketBytes: number
  /** Elements of a packet, those inside lists and maps included. Default 65,536. */
  readonly maxElements: number
  /** Lists and maps inside each other; 0 for none at all. Default 64, at most 512, and never Infinity. */
  readonly maxDepth: number
  /** Bytes of UTF-8 of one string. Default 16 MiB. */
  readonly maxStringBytes: number
  /** Entries of one integer[], float32[] or float64[]. Default 4,194,304: a float32[] may fill the packet. */
  readonly maxArrayLength: number
  /** Bytes of one byte[]. Default 16 MiB. */
  readonly maxByteArrayBytes: number
  /** Bytes of one integer as LEB128, which has 7 bits in a byte. Default 65,536. */
  readonly maxIntegerBytes: number
}

/** The largest `maxDepth`: whatever walks through a packet does so by recursion, and must not run out of stack. */
export const maxNesting = 512

const mebibyte = 1024 * 1024

/** The limits that hold where nothing else is said. */
export const defaultSpackLimits: SpackLimits = Object.freeze({
  maxPacketBytes: 16 * mebibyte,
  maxElements: 65_536,
  maxDepth: 64,
  maxStringBytes: 16 * mebibyte,
  maxArrayLength: 4 * mebibyte,
  maxByteArrayBytes: 16 * mebibyte,
  maxIntegerBytes: 65_536,
})

/**
 * The given limits over the defaults.
 * @throws RangeError for a limit that is neither a whole number from 0 nor Infinity, and for a name that is no limit.
 */
export function resolveLimits(limits: Partial<SpackLimits> = defaultSpackLimits): SpackLimits {
  if (limits === defaultSpackLimits) return defaultSpackLimits
  const known = resolved.get(limits)
  if (known !== undefined) return known
  for (const name of Object.keys(limits)) checkLimit(name, limits[name as keyof SpackLimits])
  const whole = { ...defaultSpackLimits, ...limits }
  if (Object.isFrozen(limits)) resolved.set(limits, whole)
  return whole
}

/** What was made of limits that cannot change any more: whoever uses the same ones for every packet pays for that once. */
const resolved = new WeakMap<Partial<SpackLimits>, SpackLimits>()

function checkLimit(name: string, value: unknown): void {
  // a misspelt limit that is ignored would be no limit at all
  if (!Object.hasOwn(defaultSpackLimits, name)) throw new RangeError(`there is no limit ${name}`)
  if (name === 'maxDepth' && !((value as number) <= maxNesting)) {
    throw new RangeError(`limit maxDepth is a whole number from 0 to ${maxNesting}, got ${String(value)}`)
  }
  if (value === Infinity || (Number.isInteger(value) && (value as number) >= 0)) return
  throw new RangeError(`limit ${name} is a whole number from 0 or Infinity, got ${String(value)}`)
}
