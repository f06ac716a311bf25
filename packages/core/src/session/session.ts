import type { Spack } from '@stalk/spack'
import type { Identity } from '../identity/identity.js'
import type { Protocol } from '../identity/rsa-rules.js'

/** What protects the messages of a connection. */
export interface Cipher {
  /** As OpenSSL names it. */
  readonly name: string
  readonly keyBits: number
}

/** What a session tells the connection that drives it, in the order in which it happened. */
export type SessionEvent =
  | { readonly type: 'established'; readonly peerIdentity: Identity }
  | { readonly type: 'message'; readonly message: Spack }
  | { readonly type: 'end' }

/**
 * One end of a connection without a line: bytes in, events and bytes out.
 *
 * A session never touches a socket, a clock or the system’s randomness. The first failure poisons it: `receive` and `send` throw that
 * error then and ever after, and no byte comes out any more. Events from before the failure can still be taken.
 */
export interface Session {
  readonly protocol: Protocol
  readonly cipher: Cipher
  /** Takes bytes from the line, any number in any portions; keeps what it needs. */
  receive(chunk: Uint8Array): void
  /** The line ended: throws unless it may end here. */
  receiveEnd(): void
  /** Queues a message, encoded now, so that the caller may change it afterwards. Throws what is wrong with it; that does not poison. */
  send(message: Spack): void
  /** The bytes that go onto the line next; empty while they must wait. The caller owns them. */
  takeOutput(): Uint8Array[]
  /** What happened since the last call. */
  takeEvents(): SessionEvent[]
  /** How many bytes `send` has queued that `takeOutput` has not handed out. */
  readonly queuedBytes: number
}
