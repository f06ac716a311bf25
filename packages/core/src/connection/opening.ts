import { StalkError } from '../errors.js'

/** How long the two parts of a handshake may take. */
export interface OpeningTimes {
  /** Until both sides have proved who they are; in all, if the verdict has no time of its own. */
  readonly handshakeMs: number
  /** From then on, until the verdict; null: what is left of the first. */
  readonly verdictMs: number | null
  /** Whose verdict it is that does not come: our own `authorize`, or the peer. */
  readonly isOurVerdict: boolean
}

interface Settling {
  readonly onTimeout: (error: StalkError) => void
  readonly resolve: () => void
  readonly reject: (error: StalkError) => void
}

/** The wait for a handshake, with its deadlines. */
export class Opening {
  readonly #times: OpeningTimes
  readonly #settling: Settling
  #timer: NodeJS.Timeout

  constructor(times: OpeningTimes, settling: Settling) {
    this.#times = times
    this.#settling = settling
    const { handshakeMs } = times
    this.#timer = this.#start(
      handshakeMs,
      new StalkError('HANDSHAKE_TIMEOUT', `the handshake was not complete within ${handshakeMs} ms`),
    )
  }

  /** Both sides have proved who they are: somebody has to decide, which may take longer. */
  awaitVerdict(): void {
    const { verdictMs, isOurVerdict } = this.#times
    if (verdictMs === null) return
    clearTimeout(this.#timer)
    const error = isOurVerdict
      ? new StalkError('AUTHORIZATION_TIMEOUT', `authorize gave no answer within ${verdictMs} ms`)
      : new StalkError('HANDSHAKE_TIMEOUT', `the listener did not decide within ${verdictMs} ms whether we may come in`)
    this.#timer = this.#start(verdictMs, error)
  }

  settle(error: StalkError | null): void {
    clearTimeout(this.#timer)
    if (error === null) this.#settling.resolve()
    else this.#settling.reject(error)
  }

  #start(milliseconds: number, error: StalkError): NodeJS.Timeout {
    return setTimeout(() => this.#settling.onTimeout(error), milliseconds)
  }
}
