import { errorTable, type Fault } from './error-table.js'

export { errorTable }
export type { Fault }

/** A code of {@link errorTable}. */
export type StalkErrorCode = keyof typeof errorTable

/** Why a peer says that it closed or rejected a connection. */
export interface PeerStatement {
  /** 0..65,535: SPEC, stalk/2 §8. */
  readonly code: number
  /** As the peer wrote it, at most 255 bytes: escape it before you show it. */
  readonly reason: string
}

/** Everything that goes wrong in stalk but for a caller’s misuse, which is a `TypeError` or a `RangeError`. */
export class StalkError extends Error {
  override readonly name = 'StalkError'
  /** What went wrong: stable, for programs. */
  readonly code: StalkErrorCode
  /** What the peer itself said went wrong, if it said anything. */
  readonly peer: PeerStatement | null

  /**
   * @param code a code of the table
   * @param message what a user can act on; never key material or payload
   * @param cause the error below it, if any
   * @param peer what the peer said, if this is because of it
   */
  constructor(code: StalkErrorCode, message: string, cause?: unknown, peer: PeerStatement | null = null) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.peer = peer
  }

  /** Whose doing it is. */
  get fault(): Fault {
    return errorTable[this.code].fault
  }
}

/** What a stalk/2 peer is told of an error once there are keys (SPEC, stalk/2 §8). */
export function closeCodeOf(error: StalkError): number {
  const entry = errorTable[error.code]
  return 'closeCode' in entry ? entry.closeCode : 2
}

/** The message of whatever was thrown; never throws itself. */
export function describeThrown(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'something that has no text'
  }
}

/** What was thrown if it is an error, otherwise one that says what it was; never throws itself. */
export function errorOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown
  } catch {
    // a proxy that does not even say what it is
  }
  return new Error(describeThrown(thrown))
}

/** The stack of whatever was thrown, empty for what has none; never throws itself. */
export function stackOfThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack) : ''
  } catch {
    return ''
  }
}
