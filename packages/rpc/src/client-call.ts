import { SpackError, type Channel } from '@stalk/core'
import { failureOf } from './failures.js'
import { isOwnCode, RpcError, type RpcErrorCode } from './errors.js'
import { drain, type Stream } from './streams.js'
import { resetCodes, type Failure, type MethodWire } from './wire.js'

/** One call, on its channel, from the side that makes it. */
export class ClientCall {
  readonly #channel: Channel
  readonly #wire: MethodWire
  /** The codes of its contract. */
  readonly #codes: ReadonlySet<string>
  /** Aborts when nothing more is to be sent. */
  readonly #over = new AbortController()
  /** What ended it on this side. */
  #fault: Error | null = null

  constructor(channel: Channel, wire: MethodWire, codes: ReadonlySet<string>) {
    this.#channel = channel
    this.#wire = wire
    this.#codes = codes
    void channel.closed.then(() => this.#over.abort(leaving))
  }

  /** Resolves once nothing more will come and nothing more will go. */
  get closed(): Promise<void> {
    return this.#channel.closed
  }

  /** Sends the only request. Throws TypeError, RangeError and StalkError MESSAGE_TOO_LARGE for one that cannot be sent. */
  sendOne(request: unknown): void {
    try {
      this.#channel.send(this.#wire.writeRequest(request))
      this.#channel.end().catch(() => undefined) // `receive` has what went wrong
    } catch (error) {
      throw this.#giveUp(failureOf(error))
    }
  }

  /** Sends requests as they come and as the peer takes them. What goes wrong is told where answers are received. */
  sendAll(requests: Stream<unknown>): void {
    const channel = this.#channel
    const { signal } = this.#over
    const sending = drain(requests, signal, async (request) => {
      if (!channel.send(this.#wire.writeRequest(request))) await channel.flush({ signal })
    })
    sending
      .then(() => channel.end())
      .catch((error: unknown) => {
        if (!signal.aborted) this.#giveUp(failureOf(error))
      })
  }

  /** The next answer; null: there are no more. Throws what the call failed with. */
  async receive(): Promise<{ readonly value: unknown } | null> {
    const message = await this.#channel.receive().catch((error: unknown) => {
      throw this.#giveUp(failureOf(error))
    })
    if (message === null && !this.#channel.isDiscarding) {
      this.leave()
      return null
    }
    if (message === null) {
      throw this.#giveUp(
        new RpcError('CONNECTION_LOST', 'the connection was closed on this side before the call was over'),
      )
    }
    const answer = this.#read(() => this.#wire.readAnswer(message))
    if (answer.type === 'item') return answer
    throw this.#giveUp(this.#errorOf(answer.value))
  }

  /** The only answer. Throws what the call failed with; RESPONSE_INVALID for none, or for more than one. */
  async receiveOne(): Promise<unknown> {
    const answer = await this.receive()
    if (answer === null)
      throw this.#giveUp(new RpcError('RESPONSE_INVALID', 'the peer ended the call without an answer'))
    if ((await this.receive()) !== null) {
      throw this.#giveUp(new RpcError('RESPONSE_INVALID', 'the peer answered twice where one answer is due'))
    }
    this.leave()
    return answer.value
  }

  /** Nothing more is wanted: if the peer goes on, it is told so. Does nothing once the call is over. */
  leave(): void {
    this.#over.abort(leaving)
    this.#channel.abort({ code: resetCodes.cancelled })
  }

  /** The first fault is what the call failed with, and the rest comes of it. */
  #giveUp(fault: Error): Error {
    this.#fault ??= fault
    this.leave()
    return this.#fault
  }

  #read<Result>(read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      const reason = error instanceof SpackError ? error.message : String(error)
      throw this.#giveUp(
        new RpcError('RESPONSE_INVALID', `the peer’s answer is not what the method answers: ${reason}`, {
          cause: error,
        }),
      )
    }
  }

  #errorOf({ code, message, details }: Failure): RpcError {
    if (this.#codes.has(code)) return new RpcError(code, message, { details })
    if (isOwnCode(code) && answered.has(code)) return new RpcError(code, message)
    const shown = JSON.stringify(code.slice(0, 64))
    return new RpcError('RESPONSE_INVALID', `the peer answered with an error that is not in the contract: ${shown}`)
  }
}

const leaving = new RpcError('CANCELLED', 'the call is over')

/** Those that a peer may answer with; the others are what this side finds out. */
const answered: ReadonlySet<RpcErrorCode> = new Set(['REQUEST_INVALID', 'INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'])
