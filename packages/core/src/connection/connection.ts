import type { Duplex } from 'node:stream'
import { Spack } from '@stalk/spack'
import { StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { Protocol } from '../identity/rsa-rules.js'
import type { Cipher, Session, SessionEvent } from '../session/session.js'
import { Inbox } from './inbox.js'
import { Outbox } from './outbox.js'
import { checkTimeout } from './timeouts.js'

/** What a connection is made of. */
export interface ConnectionParts<Socket extends Duplex = Duplex> {
  readonly socket: Socket
  readonly session: Session
  readonly host: string
  readonly port: number
  readonly identity: Identity
  /** True if nobody checked who the peer is. */
  readonly unverified: boolean
  /** False: nothing leaves before `flush()`, as in the seed. */
  readonly autoFlush: boolean
}

/** A peer that keeps our messages from leaving may go on for this much memory of unread messages. */
const MAX_BLOCKED_BYTES = 4 * 1024 * 1024

/** How long `close()` waits for the peer, unless told otherwise. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * An established connection: messages out, messages in, in order.
 *
 * Made by `connect` and `listen`. The first failure ends it: what had arrived whole can still be received, then every call
 * throws that same error.
 */
export class Connection<Socket extends Duplex = Duplex> implements AsyncIterable<Spack> {
  readonly host: string
  readonly port: number
  /** Our own identity. */
  readonly identity: Identity
  /** True if this side did not check who the peer is: `peerIdentity` is then what the peer calls itself. */
  readonly unverified: boolean
  /** The line below; reading from it or writing to it breaks the connection. */
  readonly socket: Socket
  /** Resolves when the line is gone and nothing more will happen; never rejects, see {@link error}. */
  readonly closed: Promise<void>
  readonly #session: Session
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  #peerIdentity: Identity | null = null
  #error: StalkError | null = null
  #closing: Promise<void> | null = null
  #sendingEnded = false
  #endsWithPeer = false
  /** What was unread when our messages began to wait for the end of a packet; null while they do not. */
  #blockedSince: number | null = null
  #settleOpening: ((error: StalkError | null) => void) | null = null

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Connection): string {
        return this.#inspect()
      },
    })
  }

  /** @internal */
  constructor(parts: ConnectionParts<Socket>) {
    const { socket, session } = parts
    this.host = parts.host
    this.port = parts.port
    this.identity = parts.identity
    this.unverified = parts.unverified
    this.socket = socket
    this.#session = session
    this.#inbox = new Inbox(() => this.#updateReading())
    this.#outbox = new Outbox(socket, session, parts.autoFlush)
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    this.#listenToSocket()
  }

  get protocol(): Protocol {
    return this.#session.protocol
  }

  get cipher(): Cipher {
    return this.#session.cipher
  }

  /** Who the peer proved to be. */
  get peerIdentity(): Identity {
    if (this.#peerIdentity === null) throw new TypeError('the connection is not established')
    return this.#peerIdentity
  }

  /** What ended the connection, or null if nothing went wrong (yet). */
  get error(): StalkError | null {
    return this.#error
  }

  /**
   * Queues a message; it leaves by itself at the end of the tick. The message is encoded now: change it afterwards as you like.
   *
   * @returns false when the queue is above its high-water mark: `await flush()` before sending more
   * @throws StalkError MESSAGE_TOO_LARGE, MESSAGE_INVALID (nothing is sent, the connection goes on), CONNECTION_CLOSED, or what
   *   ended the connection
   */
  send(message: Spack): boolean {
    if (!(message instanceof Spack)) throw new TypeError("send takes a Spack: new Spack().string('hi')")
    this.#refuseIfSendingEnded()
    const roomLeft = this.#outbox.send(message)
    if (this.#inbox.full) this.#updateReading()
    return roomLeft
  }

  /** Resolves when everything sent so far is with the kernel; rejects with what ended the connection before. */
  async flush(): Promise<void> {
    if (this.#error !== null) throw this.#error
    await this.#outbox.flush()
  }

  /**
   * The next message, or null when the peer has sent its last.
   *
   * Calls made at once are answered in their order. After `close()` the answer is null.
   */
  receive(): Promise<Spack | null> {
    return this.#inbox.receive()
  }

  /** Messages until the peer has sent its last. Leaving the loop early leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Spack, void, undefined> {
    for (;;) {
      const message = await this.receive()
      if (message === null) return
      yield message
    }
  }

  /** Sends what is queued and then the end of our direction: the peer’s `receive()` gives null, ours goes on. */
  async end(): Promise<void> {
    this.#refuseIfSendingEnded()
    this.#sendingEnded = true
    await this.#outbox.end()
  }

  /**
   * Sends what is queued, ends the connection and waits for the peer to do the same, reading and discarding until then.
   *
   * @param options.timeoutMs after this long the line is cut, 5,000 unless told otherwise
   * @throws StalkError CLOSE_TIMEOUT if the peer did not take what was queued, or what ended the connection before it was sent
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(checkTimeout('timeoutMs', options.timeoutMs ?? CLOSE_TIMEOUT_MS))
    return this.#closing
  }

  /**
   * Cuts the line at once; what is queued is lost. Pending and later calls throw `reason`, or CONNECTION_CLOSED; the peer’s see
   * CONNECTION_LOST.
   */
  abort(reason?: StalkError): void {
    this.#fail(reason ?? new StalkError('CONNECTION_CLOSED', 'the connection was aborted on this side'))
  }

  /** What `console.log` shows. */
  #inspect(): string {
    const state = this.#error !== null ? this.#error.code : this.socket.destroyed ? 'closed' : 'open'
    const peer = this.#peerIdentity === null ? 'nobody yet' : this.#peerIdentity.fingerprint
    return `Connection(${this.protocol} ${this.host}:${this.port} ${state}, peer ${peer}${this.unverified ? ' unverified' : ''})`
  }

  /** @internal Our direction ends by itself once the peer has sent its last: nobody is there who would do it. */
  endWithPeer(): void {
    this.#endsWithPeer = true
    if (this.#inbox.ended) this.#endOurs()
  }

  /** @internal Resolves once the handshake is done, rejects (and cuts the line) if that fails or the deadline passes. */
  opened(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new StalkError('HANDSHAKE_TIMEOUT', `the handshake was not complete within ${timeoutMs} ms`))
      }, timeoutMs)
      this.#settleOpening = (error) => {
        clearTimeout(timer)
        this.#settleOpening = null
        if (error === null) resolve()
        else reject(error)
      }
      this.#outbox.write()
    })
  }

  #listenToSocket(): void {
    const { socket } = this
    socket.on('data', (chunk: Uint8Array) => this.#take(() => this.#session.receive(chunk)))
    socket.on('end', () => this.#take(() => this.#session.receiveEnd()))
    socket.on('error', (cause) => {
      this.#fail(new StalkError('CONNECTION_LOST', `the connection was lost: ${cause.message}`, cause))
    })
    socket.on('close', () => {
      if (!this.#inbox.ended && this.#closing === null) {
        this.#fail(new StalkError('CONNECTION_LOST', 'the socket was destroyed'))
      }
      this.#outbox.fail(this.#error ?? new StalkError('CONNECTION_CLOSED', 'the connection is closed'))
    })
  }

  /** One step of the session: what it says is delivered even if it failed after it had said it. */
  #take(step: () => void): void {
    if (this.#error !== null) return
    let failure: StalkError | null = null
    try {
      step()
    } catch (error) {
      failure = error as StalkError
    }
    for (const event of this.#session.takeEvents()) this.#deliver(event)
    if (failure !== null) {
      this.#fail(failure)
      return
    }
    this.#outbox.afterReceive()
    this.#updateReading()
  }

  /**
   * Reading stops while enough is unread, but not in the middle of a packet that our own messages wait for: they could never leave.
   * A peer that does not pause even then is talking at the same time as we are.
   */
  #updateReading(): void {
    const blocked = this.#inbox.full && this.#session.queuedBytes > 0
    this.#blockedSince = blocked ? (this.#blockedSince ?? this.#inbox.bytes) : null
    if (this.#blockedSince !== null && this.#inbox.bytes - this.#blockedSince > MAX_BLOCKED_BYTES) {
      const reason = 'the peer goes on sending while our messages wait: over stalk/1 the two sides have to take turns'
      this.#fail(new StalkError('STALK1_OUT_OF_STEP', reason))
      return
    }
    if (this.#inbox.full && !blocked) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
  }

  #deliver(event: SessionEvent): void {
    switch (event.type) {
      case 'established':
        this.#peerIdentity = event.peerIdentity
        this.#settleOpening?.(null)
        return
      case 'message':
        this.#inbox.put(event.message)
        return
      case 'end':
        this.#inbox.end()
        if (this.#endsWithPeer) this.#endOurs()
        return
    }
  }

  #endOurs(): void {
    if (this.#error !== null || this.#sendingEnded || this.#closing !== null) return
    // What could not be sent has failed the connection, which its owner is told of everywhere else.
    this.end().catch(() => undefined)
  }

  #fail(error: StalkError): void {
    if (this.#error !== null) return
    this.#error = error
    this.#inbox.fail(error)
    this.#outbox.fail(error)
    this.#settleOpening?.(error)
    // An orderly end would tell the peer that all is well.
    if (this.#peerIdentity !== null) reset(this.socket)
    else this.socket.destroy()
  }

  async #close(timeoutMs: number): Promise<void> {
    const { closed } = this
    if (this.#error !== null) return closed
    this.#inbox.close()
    const timer = setTimeout(() => this.#onCloseTimeout(), timeoutMs)
    try {
      if (!this.socket.writableEnded) await this.#outbox.end()
      await closed
    } finally {
      clearTimeout(timer)
    }
  }

  #onCloseTimeout(): void {
    const { unsentBytes } = this.#outbox
    if (unsentBytes === 0) {
      this.socket.destroy()
      return
    }
    this.#fail(
      new StalkError('CLOSE_TIMEOUT', `the peer did not take the last ${unsentBytes} bytes in time: they are lost`),
    )
  }

  #refuseIfSendingEnded(): void {
    if (this.#error !== null) throw this.#error
    if (this.#sendingEnded || this.#closing !== null) {
      throw new StalkError('CONNECTION_CLOSED', 'this side has ended its direction: nothing more can be sent')
    }
  }
}

/** Cuts the line so that the peer is told, which only TCP can do. */
function reset(socket: Duplex & { resetAndDestroy?(): void }): void {
  try {
    socket.resetAndDestroy?.()
  } catch {
    // a socket that is not of TCP, which has the method all the same
  }
  socket.destroy()
}
