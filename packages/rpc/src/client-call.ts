import { SpackError, type Channel } from '@stalk/core'
import { closedHere, failureOf } from './failures.js'
import { isOwnCode, isRpcError, RpcError, type RpcErrorCode } from './errors.js'
import { drain, type Stream } from './streams.js'
import { encoded, resetCodes, type Answer, type Failure, type MethodWire } from './wire.js'

/** What a call is made of. */
interface ClientCallParts {
  readonly channel: Channel
  readonly wire: MethodWire
  /** The codes of its contract. */
  readonly codes: ReadonlySet<string>
  /** Gives the call up when it aborts. */
  readonly signal: AbortSignal
}

/** One call, on its channel, from the side that makes it. */
export class ClientCall {
  readonly #channel: Channel
  readonly #wire: MethodWire
  readonly #codes: ReadonlySet<string>
  /** Aborts when nothing more is to be sent. */
  readonly #over = new AbortController()
  /** What it failed with: whatever a stream of requests throws, for instance. */
  #fault: { readonly error: unknown } | null = null

  constructor({ channel, wire, codes, signal }: ClientCallParts) {
    this.#channel = channel
    this.#wire = wire
    this.#codes = codes
    void channel.closed.then(() => this.#over.abort(leaving))
    void channel.unwanted.then(() => this.#noticeClose())
    signal.addEventListener('abort', () => this.#giveUp(signal.reason), { once: true })
  }

  /** Resolves once nothing more will come and nothing more will go. */
  get closed(): Promise<void> {
    return this.#channel.closed
  }

  /** Sends the head, encoded. Throws as {@link sendOne}. */
  begin(head: Uint8Array): void {
    try {
      this.#channel.sendTyped(encoded, head)
    } catch (error) {
      throw this.#giveUp(failureOf(error))
    }
  }

  /** Sends the only request, encoded. Throws StalkError MESSAGE_TOO_LARGE for one that cannot be sent. */
  sendOne(request: Uint8Array): void {
    try {
      this.#channel.sendTyped(encoded, request)
      this.#channel.end().catch(() => undefined) // `receive` has what went wrong
    } catch (error) {
      throw this.#giveUp(failureOf(error))
    }
  }

  /** Sends requests as they come and as the peer takes them. What goes wrong is told where answers are received. */
  sendAll(requests: Stream<unknown>): void {
    const { signal } = this.#over
    const sending = drain(requests, signal, (request) => this.#send(request))
    sending
      .then(() => this.#channel.end())
      .catch((error: unknown) => {
        if (!signal.aborted) this.#giveUp(error)
      })
  }

  /** The next answer; null: there are no more. Throws what the call failed with. */
  async receive(): Promise<{ readonly value: unknown } | null> {
    const answer = await this.#receive()
    if (answer === null || answer.type === 'item') return answer
    throw this.#giveUp(this.#errorOf(answer.value))
  }

  /** The only answer, once it is the last. Throws what the call failed with; RESPONSE_INVALID for none, or for more than one. */
  async receiveOne(): Promise<unknown> {
    const answer = await this.#receive()
    if (answer === null) throw this.#giveUp(invalid('the peer ended the call without an answer'))
    if ((await this.#receive()) !== null) {
      throw this.#giveUp(invalid('the peer answered twice where one answer is due'))
    }
    if (answer.type === 'error') throw this.#giveUp(this.#errorOf(answer.value))
    return answer.value
  }

  /** Nothing more is wanted: if the peer goes on, it is told so. Does nothing once the call is over. */
  leave(code: number = resetCodes.cancelled): void {
    this.#over.abort(leaving)
    this.#channel.abort({ code })
  }

  async #send(request: unknown): Promise<void> {
    const { signal } = this.#over
    try {
      const message = this.#wire.writeRequest(request)
      if (!this.#channel.sendTyped(encoded, message)) await this.#channel.flush({ signal })
    } catch (error) {
      // unlike what the stream itself throws, which stays what it is
      throw signal.aborted ? error : this.#giveUp(failureOf(error))
    }
  }

  /** The next answer, of whichever variant; null: there are no more. Throws what the call failed with. */
  async #receive(): Promise<Answer | null> {
    const answer = await this.#channel.receiveTyped(this.#wire.answers).catch((error: unknown) => {
      throw this.#giveUp(error instanceof SpackError ? unfit(error) : failureOf(error))
    })
    if (answer === null && this.#channel.isDiscarding) throw this.#giveUp(closedHere())
    if (answer === null) this.leave()
    return answer
  }

  /** This side closes the connection: nobody is going to hear an answer, and the peer need not work on one. */
  #noticeClose(): void {
    if (this.#channel.isDiscarding && !this.#over.signal.aborted) this.#giveUp(closedHere())
  }

  /** Gives what the call failed with: the first fault, and the rest comes of it. */
  #giveUp(error: unknown): unknown {
    this.#fault ??= { error }
    const isLate = isRpcError(error) && error.code === 'DEADLINE_EXCEEDED'
    this.leave(isLate ? resetCodes.deadlineExceeded : resetCodes.cancelled)
    return this.#fault.error
  }

  #errorOf({ code, message, details }: Failure): RpcError {
    if (this.#codes.has(code)) return new RpcError(code, message, { details })
    if (isOwnCode(code) && answered.has(code)) return new RpcError(code, message)
    const shown = JSON.stringify(code.slice(0, 64))
    return invalid(`the peer answered with an error that is not in the contract: ${shown}`)
  }
}

function invalid(message: string): RpcError {
  return new RpcError('RESPONSE_INVALID', message)
}

/** The answer is a message, but none of the method. */
function unfit(cause: SpackError): RpcError {
  const message = `the peer’s answer is not what the method answers: ${cause.message}`
  return new RpcError('RESPONSE_INVALID', message, { cause })
}

const leaving = new RpcError('CANCELLED', 'the call is over')

/** Those that a peer may answer with; the others are what this side finds out. */
const answered: ReadonlySet<RpcErrorCode> = new Set(['REQUEST_INVALID', 'INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'])
