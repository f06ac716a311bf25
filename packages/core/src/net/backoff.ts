import { checkTimeout } from '../connection/timeouts.js'
import { StalkError } from '../errors.js'
import { checkNames } from '../option-names.js'

/** How long to wait before connecting again. */
export interface Backoff {
  /** Before the first attempt: a random time up to this, so that not everybody comes back at once. 200 unless told otherwise. */
  readonly firstMs: number
  /** It doubles with every attempt that fails, up to this: 30,000 unless told otherwise. */
  readonly maxMs: number
  /** After so many failures in a row it is over, RECONNECT_GAVE_UP. Never, unless told otherwise. */
  readonly maxAttempts: number
}

const defaultBackoff: Backoff = { firstMs: 200, maxMs: 30_000, maxAttempts: Infinity }

/** @throws TypeError for an unknown name; RangeError */
export function resolveBackoff(options: Partial<Backoff> = {}): Backoff {
  checkNames('backoff', options, Object.keys(defaultBackoff))
  const backoff = { ...defaultBackoff, ...options }
  checkTimeout('backoff.firstMs', backoff.firstMs)
  checkTimeout('backoff.maxMs', backoff.maxMs)
  const { maxAttempts } = backoff
  if (!(maxAttempts === Infinity || (Number.isSafeInteger(maxAttempts) && maxAttempts > 0))) {
    throw new RangeError(`backoff.maxAttempts must be a positive whole number or Infinity, not ${maxAttempts}`)
  }
  return backoff
}

/** Milliseconds before the attempt after so many failures: exponential, with full jitter. @param random from 0 to 1 */
export function backoffDelay({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  return Math.floor(random * Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1)))
}

/**
 * Whether connecting again may help: lines, deadlines and busy listeners, yes. Not after an error of authentication or of the protocol,
 * nor when the peer’s application said why it closed: that is for ours to understand.
 */
export function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof StalkError)) return false
  if (error.fault === 'transport' || passing.has(error.code)) return true
  if (error.code === 'STALK2_REFUSED') return error.peer?.code === BUSY
  return error.code === 'CLOSED_BY_PEER' && passingCloseCodes.has(error.peer?.code ?? -1)
}

const passing: ReadonlySet<string> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_EXPIRED',
  'HANDSHAKE_TIMEOUT',
  'IDLE_TIMEOUT',
  'REJECTED_BUSY',
])

/** Of a refusal before the handshake. */
const BUSY = 2

/** Going away, timeout, expired, internal. */
const passingCloseCodes: ReadonlySet<number> = new Set([1, 4, 5, 6])
