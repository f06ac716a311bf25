import { checkOptions, MAX_TIMEOUT_MS, wholeNumber } from './options.js'

/** What the calls of one connection may cost a server. */
export interface ServeLimits {
  /** Calls at once, each until its handler is done and its caller knows: beyond, they are refused, UNAVAILABLE. 256 unless told otherwise. */
  readonly maxConcurrentCalls: number
  /** How long a call may take that asks for more, or for no end. A day unless told otherwise, 2,147,483,647 (24 days) at most. */
  readonly maxDeadlineMs: number
  /** How long a caller may take to begin, after it has opened the channel. 10,000 unless told otherwise. */
  readonly headTimeoutMs: number
  /** Requests of one call: beyond, it fails with REQUEST_INVALID. 1,000,000 unless told otherwise. */
  readonly maxRequests: number
  /**
   * Bytes of requests of calls that are not over, of methods that take one: beyond, others wait until some are. The one that comes last may
   * exceed it. 64 MiB unless told otherwise.
   */
  readonly maxHeldBytes: number
  /** Bytes of a call’s metadata, as encoded. 8,192 unless told otherwise. */
  readonly maxMetadataBytes: number
  /** Entries of a call’s metadata. 64 unless told otherwise. */
  readonly maxMetadataEntries: number
}

const DAY_MS = 24 * 60 * 60 * 1000

const defaultServeLimits: ServeLimits = {
  maxConcurrentCalls: 256,
  maxDeadlineMs: DAY_MS,
  headTimeoutMs: 10_000,
  maxRequests: 1_000_000,
  maxHeldBytes: 64 * 1024 * 1024,
  maxMetadataBytes: 8 * 1024,
  maxMetadataEntries: 64,
}

/** The defaults with `overrides` in their place. @throws TypeError for an unknown name; RangeError */
export function resolveServeLimits(overrides: Partial<ServeLimits> = {}): ServeLimits {
  checkOptions('limits', overrides, Object.keys(defaultServeLimits))
  const limits = { ...defaultServeLimits, ...overrides }
  for (const [name, value] of Object.entries<number>(limits)) {
    wholeNumber(`limits.${name}`, value, 1, MAX_TIMEOUT_MS)
  }
  return limits
}
