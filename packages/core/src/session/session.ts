import type { Spack } from '@stalk/spack'
import type { PeerStatement, StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { Protocol } from '../identity/rsa-rules.js'
import type { Priority } from '../priorities.js'
import type { MessageRun } from '../message-run.js'
import type { MessageCoding, MessageEncoder } from './message-coding.js'

export type { MessageCoding, MessageDecoder, MessageEncoder, RunReading } from './message-coding.js'

/** What protects the messages of a connection. */
export interface Cipher {
  /** As OpenSSL names it. */
  readonly name: string
  readonly keyBits: number
}

/** The session needs a signature of its own identity over `message`, and waits for it: signing takes time. */
export interface SignRequest {
  readonly type: 'sign'
  readonly message: Uint8Array
  /** Goes on with the signature. Throws what that leads to, as `receive` does; once only. */
  answer(signature: Uint8Array): void
}

/** The peer has proved who it is: the session waits for the word of whoever decides whether it may come in. */
export interface AuthorizeRequest {
  readonly type: 'authorize'
  /** Null: anonymous. */
  readonly peerIdentity: Identity | null
  /** The one agreed upon, if any. */
  readonly applicationProtocol: string | null
  /** Lets the peer in. Throws as `receive` does; once only. */
  accept(now: number): void
  /** Turns the peer away, who is told `statement`. Throws `error`, which ends the session; once only. */
  reject(error: StalkError, statement: PeerStatement): void
}

/** What a session tells the connection that drives it, in the order in which it happened. */
export type SessionEvent =
  | SignRequest
  | AuthorizeRequest
  /** Our part of the handshake is done, and the peer decides. */
  | { readonly type: 'awaitVerdict' }
  | { readonly type: 'established'; readonly peerIdentity: Identity | null }
  /** Where nobody but the session knows how messages are encoded. */
  | { readonly type: 'message'; readonly message: Spack }
  /** Consuming them gives their cost back to the peer, see {@link SessionChannels.consume}. */
  | { readonly type: 'messages'; readonly run: MessageRun }
  /** The peer has sent its last; what it said with that, if the protocol has a place for it. */
  | { readonly type: 'end'; readonly statement: PeerStatement | null }
  /** The answer to the `ping` of this number, and to all before it. */
  | { readonly type: 'pong'; readonly number: number }
  | ChannelEvent

/** What happens on channels. */
export type ChannelEvent =
  /** The peer has opened one. */
  | { readonly type: 'channel'; readonly id: number; readonly name: string; readonly priority: Priority }
  /** A message can be read. */
  | { readonly type: 'channelMessage'; readonly id: number }
  /** The peer has sent its last on it; too early, if it only ended the connection. */
  | { readonly type: 'channelEnd'; readonly id: number; readonly isTruncated: boolean }
  /** The peer has given it up, both ways: what was unread is gone. CHANNEL_RESET. */
  | { readonly type: 'channelReset'; readonly id: number; readonly error: StalkError }

/** Many streams of messages over one session (SPEC, stalk/2 §14). Whatever is over is left alone: calls with its number do nothing. */
export interface SessionChannels {
  /** Opens one, to be used at once, and gives its number. Throws TOO_MANY_CHANNELS, CONNECTION_EXPIRED; that does not poison. */
  open(name: string, priority: Priority): number
  /** As `send` of the session. */
  send(id: number, message: Spack): void
  /** As `sendTyped` of the session. */
  sendTyped<T>(id: number, encoder: MessageEncoder<T>, value: T): void
  /** How many bytes the next message has; null: there is none. */
  nextBytes(id: number): number | null
  /** The next message, encoded; null: there is none. */
  take(id: number): Uint8Array | null
  /** Ends our direction after what is queued. */
  end(id: number): void
  /** Gives it up, both ways; the peer is told `statement`. */
  reset(id: number, statement: PeerStatement): void
  /** Nobody will read it any more: what is there and what comes is dropped. */
  discard(id: number): void
  /** The same, and what it has to send is dropped as well. */
  silence(id: number): void
  /** Messages of the session itself (its `messages` events) were consumed, which cost so much: the peer may send as much again. */
  consume(count: number, cost: number): void
  /** How many bytes are queued on a channel, 0 for the session’s own. */
  queuedBytes(id: number): number
  /** How many messages are queued on a channel. */
  queuedMessages(id: number): number
  /** How many messages of a channel `takeOutput` has handed out whole, 0 for the session’s own; Infinity if the channel is over. */
  sentMessages(id: number): number
  /** Whether the peer has sent its last, on all channels. */
  readonly peerIsDone: boolean
  /** Whether `takeOutput` has something to say besides messages. */
  readonly hasControl: boolean
}

/**
 * One end of a connection without a line: bytes in, events and bytes out.
 *
 * A session never touches a socket, a clock or the system’s randomness: `now` is a number of milliseconds from any fixed point that never
 * goes back. The first failure poisons it: `receive` and `send` throw that error then and ever after. Events from before the failure can
 * still be taken, and so can the last words to the peer, if the protocol has any.
 */
export interface Session {
  readonly protocol: Protocol
  readonly cipher: Cipher
  /** Takes bytes from the line, any number in any portions; the chunk is the session’s from now on. */
  receive(chunk: Uint8Array, now: number): void
  /** The line ended: throws unless it may end here. */
  receiveEnd(): void
  /** Queues a message, encoded now, so that the caller may change it afterwards. Throws what is wrong with it; that does not poison. */
  send(message: Spack): void
  /** Queues a value by a schema, encoded now. Throws what that says of it, and what `send` throws; TypeError without `coding`. */
  sendTyped<T>(encoder: MessageEncoder<T>, value: T): void
  /** How messages are encoded; null: that is not known outside, and they come decoded. */
  readonly coding: MessageCoding | null
  /** Ends our direction after what is queued; with a code other than 0 the other one, too. */
  end(statement?: PeerStatement): void
  /** Gives up: poisons with `error`; the peer is told, if the protocol can say it. Does nothing after a failure. */
  abort(error: StalkError): void
  /**
   * The bytes that go onto the line next; empty while they must wait. The caller owns them. May fail the session: see `failure`.
   *
   * @param withMessages false: without queued messages, only what the protocol itself has to say
   * @param maxBytes about how much at most: the rest is for the next call
   */
  takeOutput(withMessages?: boolean, maxBytes?: number): Uint8Array[]
  /** Whether `prepare` has something to do. */
  readonly canPrepare: boolean
  /** Does now, while there is time, what the next bytes or messages would have to wait for. */
  prepare?(): void
  /** What happened since the last call. */
  takeEvents(): SessionEvent[]
  /** How many bytes `send` has queued that `takeOutput` has not handed out. */
  readonly queuedBytes: number
  /** The same without those of channels. */
  readonly ownQueuedBytes: number
  /** How many messages of `send` `takeOutput` has handed out whole. */
  readonly sentMessages: number
  /** Null: the protocol has none, or the two sides do not both want them. */
  readonly channels: SessionChannels | null
  /** Whether queued messages cannot leave before more bytes of the peer have come. */
  readonly waitsForPeer: boolean
  /** What poisoned the session. */
  readonly failure: StalkError | null
  /** Whether nothing will come out any more, so that our direction of the line may end. */
  readonly outputEnded: boolean
  /** Does what time demands: asks for a sign of life, or throws PEER_DEAD. */
  tick(now: number): void
  /** When `tick` is due next; Infinity for never. */
  readonly nextTickAt: number
  /** Bytes are left unread on purpose: the silence is ours. */
  pauseReading(now: number): void
  /** Bytes are read again. */
  resumeReading(now: number): void
  /** The answers to PINGs say from now on that we live, and not that what came before them has arrived. */
  stopConfirming(): void
  /**
   * Asks the peer for a `pong` with these 8 bytes, before what is queued; gives its number, null if no answer can come any more. Throws
   * TypeError if the protocol has no such thing.
   */
  ping(data: Uint8Array): number | null
  /** 32 bytes that name this connection, equal on both sides, not secret. Throws TypeError if there are none (yet). */
  readonly channelBinding: Uint8Array
  /** A secret that only the two sides of this connection can make. Throws TypeError if there is none (yet), RangeError. */
  exportSecret(label: string, context: Uint8Array, length: number): Uint8Array
  /** The name that both sides agreed upon; null for none. */
  readonly applicationProtocol: string | null
}
