import { SpackError, type Channel, type Identity, type MessageDecoder } from '@stalk/core'
import type { Schema } from '@stalk/spack/schema'
import { contextOf, type CallContext } from './context.js'
import { givesOne, takesOne } from './contract.js'
import { isRpcError, RpcError } from './errors.js'
import { closedHere, failureOf } from './failures.js'
import type { HeldBytes } from './held-bytes.js'
import type { ServedMethod } from './implement.js'
import { abortable, Lifetime } from './lifetime.js'
import type { ServeLimits } from './limits.js'
import { throughMiddleware, type Middleware } from './middleware.js'
import { Requests } from './requests.js'
import { drain, type Stream } from './streams.js'
import { encoded, resetCodes, writePlainFailure, type Head } from './wire.js'

/** What a call needs of its server. */
export interface CallHost {
  readonly peerIdentity: Identity | null
  readonly channelBinding: Uint8Array
  /** Aborts when this side ends the connection. */
  readonly ending: AbortSignal
  readonly limits: ServeLimits
  readonly head: Schema<Head>
  /** What all calls of the connection hold. */
  readonly held: HeldBytes
  readonly middleware: readonly Middleware[]
  /** Hears what the caller is not told. */
  readonly onError: (error: unknown, method: string) => void
}

/** One call, on its channel, from the side that answers it. */
export class ServerCall {
  readonly #channel: Channel
  readonly #served: ServedMethod
  readonly #host: CallHost
  readonly #lifetime = new Lifetime()
  #requests = 0
  #heldBytes = 0
  /** What was wrong with what the peer sent: then it matters no more what the handler makes of it. */
  #fault: RpcError | null = null
  #isOver = false
  /** What a method gives that gives one. */
  #result: { readonly value: unknown } | null = null
  /** The handler, while it runs. */
  #handling: Promise<void> | null = null
  /** Whether the last was said: from then on the caller has nothing to hear. */
  #isAnswered = false

  constructor(channel: Channel, served: ServedMethod, host: CallHost) {
    this.#channel = channel
    this.#served = served
    this.#host = host
  }

  /** From its beginning until the handler is done and the caller knows. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#lifetime
    this.#lifetime.expireIn(this.#host.limits.headTimeoutMs)
    const onAbort = (): void => this.#onAbort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    void this.#channel.closed.then(() => this.#noticeLoss())
    void this.#channel.unwanted.then(() => this.#noticeClose())
    try {
      const context = await this.#begin()
      const carryingOut = throughMiddleware(this.#host.middleware, context, () => this.#handle(context))
      await abortable(carryingOut, signal)
      await this.#succeed()
    } catch (error) {
      this.#fail(error)
      // whatever goes on inside of a middleware that gave up works for nobody
      this.#lifetime.end(new RpcError('CANCELLED', 'the call is over'))
    }
    this.#isOver = true
    this.#lifetime.release()
    await this.#linger()
    // one that does not heed the signal takes its place until it is done
    await this.#handling?.catch(() => undefined)
    this.#host.held.release(this.#heldBytes)
  }

  async #begin(): Promise<CallContext> {
    const { limits, head: schema, peerIdentity, channelBinding, ending } = this.#host
    const head = await this.#receive('the head', schema)
    if (head === null) throw this.#invalid('the call ended before it had begun')
    const { deadlineMs = limits.maxDeadlineMs, metadata = {} } = head
    if (deadlineMs < 1) throw this.#invalid('deadlineMs: it is from 1')
    if (Object.keys(metadata).length > limits.maxMetadataEntries) {
      throw this.#invalid(`metadata: there are more than ${limits.maxMetadataEntries}`)
    }
    this.#lifetime.expireIn(Math.min(deadlineMs, limits.maxDeadlineMs))
    const { name, method } = this.#served
    const parts = { method: name, type: method.type, metadata: Object.freeze(metadata) }
    return contextOf({ ...parts, peerIdentity, channelBinding, ending }, this.#lifetime)
  }

  async #handle(context: CallContext): Promise<void> {
    if (this.#isOver) throw new RpcError('CANCELLED', 'the call is over')
    this.#handling = this.#carryOut(context)
    try {
      await this.#handling
    } finally {
      this.#handling = null
    }
  }

  async #carryOut(context: CallContext): Promise<void> {
    const { method, handle } = this.#served
    const input = takesOne(method) ? await this.#receiveOnly() : new Requests(() => this.#receiveNext())
    const output = await handle(input, context)
    if (givesOne(method)) this.#result = { value: output }
    else await drain(output as Stream<unknown>, this.#lifetime.signal, (item) => this.#sendItem(item))
  }

  async #succeed(): Promise<void> {
    if (this.#fault !== null) throw this.#fault
    if (this.#result !== null) await this.#sendItem(this.#result.value)
    await this.#channel.end()
    this.#isAnswered = true
  }

  /** Tells the caller, as far as that is its business, and `onError` the rest. */
  #fail(error: unknown): void {
    // nobody is there any more, or has been told
    if (this.#lifetime.signal.aborted) return
    this.#isAnswered = true
    try {
      this.#channel.sendTyped(encoded, this.#failureOf(this.#fault ?? error))
    } catch (unsent) {
      if (this.#channel.error === null) this.#host.onError(unsent, this.#served.name)
      this.#channel.abort({ code: resetCodes.internal })
      return
    }
    this.#channel.end().catch(() => undefined)
  }

  #failureOf(error: unknown): Uint8Array {
    if (isRpcError(error) && error === this.#fault) return writePlainFailure(error.code, error.message)
    const { wire, method, name } = this.#served
    try {
      if (isRpcError(error) && Object.hasOwn(method.errors, error.code)) {
        const { code, message, details } = error
        return wire.writeFailure({ code, message, details })
      }
      this.#host.onError(error, name)
    } catch (unfit) {
      this.#host.onError(unfit, name)
    }
    return writePlainFailure('INTERNAL', 'the handler failed')
  }

  /** Until the peer has ended its direction, too: what it still sends is not wanted. A call without an outcome must not look like one with. */
  async #linger(): Promise<void> {
    // the peer may have ended the connection in the middle of the call: then nobody else gives the channel up
    if (!this.#isAnswered && this.#channel.error !== null) this.#channel.abort()
    if (!this.#isAnswered) return this.#channel.closed
    const timeoutMs = this.#lifetime.remainingMs
    await this.#channel.close(timeoutMs === undefined ? {} : { timeoutMs }).catch(() => undefined)
  }

  #onAbort(reason: unknown): void {
    // where the connection goes, the peer learns of that
    if (this.#isAnswered || !isRpcError(reason) || reason.code === 'CONNECTION_LOST') return
    const isLate = reason.code === 'DEADLINE_EXCEEDED'
    this.#channel.abort({ code: isLate ? resetCodes.deadlineExceeded : resetCodes.cancelled })
  }

  async #receiveOnly(): Promise<unknown> {
    await this.#makeRoom()
    const received = await this.#receive('the request', this.#served.wire.requests)
    if (received === null) throw this.#invalid('there is no request')
    if ((await this.#receive('the request', unlooked)) !== null) throw this.#invalid('there is more than one request')
    return received.request
  }

  /** A request is in memory until its call is over: until then it waits where it counts as unread. */
  async #makeRoom(): Promise<void> {
    const { signal } = this.#lifetime
    const bytes = (await this.#channel.peek().catch(() => null)) ?? 0
    await this.#host.held.take(bytes, signal)
    this.#heldBytes = bytes
  }

  async #receiveNext(): Promise<{ readonly value: unknown } | null> {
    if (this.#fault !== null) throw this.#fault
    this.#requests += 1
    const received = await this.#receive(`request ${this.#requests}`, this.#served.wire.requests)
    if (received === null) return null
    const { maxRequests } = this.#host.limits
    if (this.#requests > maxRequests) throw this.#invalid(`there are more than ${maxRequests} requests`)
    return { value: received.request }
  }

  /** What the next message says; null: the peer has sent its last. Throws what ended the call, and REQUEST_INVALID. */
  async #receive<T>(what: string, decoder: MessageDecoder<T>): Promise<T | null> {
    const message = await this.#channel.receiveTyped(decoder).catch((error: unknown) => {
      if (error instanceof SpackError) throw this.#invalid(`${what}: ${error.message}`)
      this.#noticeLoss()
      throw failureOf(error)
    })
    if (message !== null || !this.#channel.isDiscarding) return message
    this.#noticeClose()
    throw closedHere()
  }

  /** Before anybody else learns that the channel is gone: whoever looks at the signal then shall see it. */
  #noticeLoss(): void {
    const { error } = this.#channel
    if (error !== null) this.#lifetime.end(failureOf(error))
  }

  /** This side closes the connection: no answer can be given any more. */
  #noticeClose(): void {
    if (!this.#channel.isDiscarding || this.#isAnswered || this.#lifetime.signal.aborted) return
    this.#lifetime.end(closedHere())
  }

  async #sendItem(item: unknown): Promise<void> {
    const { signal } = this.#lifetime
    const message = this.#served.wire.writeItem(item)
    try {
      if (!this.#channel.sendTyped(encoded, message)) await this.#channel.flush({ signal })
    } catch (error) {
      this.#noticeLoss()
      throw error
    }
  }

  #invalid(message: string): RpcError {
    this.#fault ??= new RpcError('REQUEST_INVALID', message)
    return this.#fault
  }
}

/** For a message that is one too many, whatever it says. */
const unlooked: MessageDecoder<object> = { decode: () => ({}) }
