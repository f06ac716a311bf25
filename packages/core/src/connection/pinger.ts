import { StalkError } from '../errors.js'
import type { Session } from '../session/session.js'

/** A peer takes 21 within 10 s for a flood: at this pace they take 15 s, which the way may shorten by 5 s. */
const LEAST_INTERVAL_MS = 750

interface Outstanding {
  readonly answered: Promise<number>
  readonly resolve: (milliseconds: number) => void
  readonly reject: (error: Error) => void
  /** Of the session; 0: it has not left. */
  number: number
  sentAt: number
}

/** Measures round trips, one at a time. */
export class Pinger {
  readonly #session: Session
  readonly #write: () => void
  #count = 0
  #lastSentAt = -Infinity
  #outstanding: Outstanding | null = null
  #timer: NodeJS.Timeout | null = null

  /** @param write takes what the session has to say to the line */
  constructor(session: Session, write: () => void) {
    this.#session = session
    this.#write = write
  }

  /** Milliseconds until the answer; calls made at once share one. Not sent within 750 ms of the last. */
  ping(): Promise<number> {
    if (this.#outstanding !== null) return this.#outstanding.answered
    const outstanding: Outstanding = { ...withResolvers(), number: 0, sentAt: 0 }
    this.#outstanding = outstanding
    const delayMs = Math.ceil(this.#lastSentAt + LEAST_INTERVAL_MS - performance.now())
    if (delayMs <= 0) this.#send(outstanding)
    else this.#timer = setTimeout(() => this.#send(outstanding), delayMs)
    return outstanding.answered
  }

  /** Resolves once the peer has answered a PING that leaves from now on, so that it has read all that left before. */
  async confirm(): Promise<void> {
    // one that has left already says nothing of what was sent since
    const { number = 0, answered } = this.#outstanding ?? {}
    if (number > 0) await answered
    await this.ping()
  }

  /** The peer has answered this PING, and all before it. */
  onPong(number: number): void {
    const outstanding = this.#outstanding
    if (outstanding === null || outstanding.number === 0 || number < outstanding.number) return
    this.#outstanding = null
    outstanding.resolve(performance.now() - outstanding.sentAt)
  }

  /** There is no connection any more, or no answer over it. */
  fail(error: Error): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#outstanding?.reject(error)
    this.#outstanding = null
  }

  #send(outstanding: Outstanding): void {
    this.#timer = null
    this.#count += 1
    outstanding.sentAt = performance.now()
    this.#lastSentAt = outstanding.sentAt
    const number = this.#session.ping(encodeNumber(this.#count))
    if (number === null) {
      this.fail(new StalkError('CONNECTION_CLOSED', 'one side has ended its direction: there is no answer any more'))
      return
    }
    outstanding.number = number
    this.#write()
  }
}

/** The session’s own signs of life begin with 0. */
const ours = 1

function encodeNumber(count: number): Uint8Array {
  const data = new Uint8Array(8)
  data[0] = ours
  new DataView(data.buffer).setUint32(4, count)
  return data
}

function withResolvers(): Pick<Outstanding, 'answered' | 'resolve' | 'reject'> {
  let resolve: Outstanding['resolve'] = () => undefined
  let reject: Outstanding['reject'] = () => undefined
  const answered = new Promise<number>((onAnswer, onFailure) => {
    resolve = onAnswer
    reject = onFailure
  })
  return { answered, resolve, reject }
}
