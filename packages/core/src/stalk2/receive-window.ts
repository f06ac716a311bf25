import { StalkError } from '../errors.js'

// How much a peer may send on each channel, so that memory stays bounded and nobody waits for ever: SPEC, stalk/2 §14.

/** What all channels of a connection may have of the peer beyond the credit that each began with. */
export class CreditPool {
  readonly #maxBytes: number
  /** With less there is no point in waking anybody. */
  readonly #leastBytes: number
  #usedBytes = 0
  /** Those whose message goes on, and for whom there is not enough. */
  readonly #waiting = new Set<ReceiveWindow>()
  #isWaking = false
  /** The one whose message is let through though there is no room for it. */
  #overdrawn: ReceiveWindow | null = null

  constructor(maxBytes: number, leastBytes: number) {
    this.#maxBytes = maxBytes
    this.#leastBytes = leastBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get leftBytes(): number {
    // who waits goes first
    return this.#waiting.size > 0 && !this.#isWaking ? 0 : this.#freeBytes
  }

  /** Whether this window may go beyond what there is: one at a time, so that a message that has begun can end. */
  mayOverdraw(window: ReceiveWindow): boolean {
    return this.#overdrawn === null || this.#overdrawn === window
  }

  /** A window uses so much more, or less. */
  use(window: ReceiveWindow, bytes: number): void {
    this.#usedBytes += bytes
    if (bytes > 0 && this.#usedBytes > this.#maxBytes) this.#overdrawn = window
    if (bytes < 0) this.#wake()
  }

  wait(window: ReceiveWindow): void {
    this.#waiting.add(window)
  }

  leave(window: ReceiveWindow): void {
    this.#waiting.delete(window)
    // what it has beyond the pool it keeps until that is read
    this.#wake()
  }

  get #freeBytes(): number {
    return Math.max(0, this.#maxBytes - this.#usedBytes)
  }

  #wake(): void {
    if (this.#overdrawn !== null && (this.#overdrawn.extraBytes === 0 || this.#usedBytes <= this.#maxBytes)) {
      this.#overdrawn = null
    }
    if (this.#isWaking) return
    this.#isWaking = true
    let tries = this.#waiting.size
    for (const window of this.#waiting) {
      if (tries === 0 || (this.#freeBytes < this.#leastBytes && this.#overdrawn !== null)) break
      tries -= 1
      this.#waiting.delete(window)
      window.update()
    }
    this.#isWaking = false
  }
}

/** What a window is made with. */
export interface WindowSizes {
  /** What may come at first. */
  readonly creditBytes: number
  /** What may be on its way or unread, once the channel is in use and the pool has room. */
  readonly windowBytes: number
}

/** What the peer may send on one channel: counts what came and what was consumed, and grants more in time. */
export class ReceiveWindow {
  readonly #pool: CreditPool
  readonly #sizes: WindowSizes
  readonly #grant: (bytes: number) => void
  /** Granted and not consumed yet. */
  #grantedBytes: number
  /** Came and was not consumed yet. */
  #heldBytes = 0
  /** The credit after the last grant: the next is due when half of it is left. */
  #level: number
  #hasWholeMessage = false
  #isClosed = false

  constructor(pool: CreditPool, sizes: WindowSizes, grant: (bytes: number) => void) {
    this.#pool = pool
    this.#sizes = sizes
    this.#grant = grant
    this.#grantedBytes = sizes.creditBytes
    this.#level = sizes.creditBytes
  }

  /** What the peer may still send. */
  get credit(): number {
    return this.#grantedBytes - this.#heldBytes
  }

  /** What it has of the pool. */
  get extraBytes(): number {
    return Math.max(0, this.#grantedBytes - this.#sizes.creditBytes)
  }

  /** The peer has sent so much. Throws CHANNEL_CREDIT_EXCEEDED. */
  receive(bytes: number): void {
    if (bytes > this.credit) {
      throw new StalkError('CHANNEL_CREDIT_EXCEEDED', `the peer sent ${bytes} bytes where it might send ${this.credit}`)
    }
    this.#heldBytes += bytes
  }

  /** So much was taken by whoever reads. */
  consume(bytes: number): void {
    const extraBefore = this.extraBytes
    this.#heldBytes -= bytes
    this.#grantedBytes -= bytes
    this.#charge(extraBefore)
  }

  /**
   * Grants what is due.
   *
   * @param hasWholeMessage whether there is a message that can be read: if not, what is here is the beginning of one, and more must come
   *   before anything can be consumed
   */
  update(hasWholeMessage: boolean = this.#hasWholeMessage): void {
    this.#hasWholeMessage = hasWholeMessage
    if (this.#isClosed || this.credit > this.#level / 2) return
    const { creditBytes, windowBytes } = this.#sizes
    const incomplete = hasWholeMessage ? 0 : this.#heldBytes
    const wanted = windowBytes + incomplete - this.#grantedBytes
    if (wanted < windowBytes / 2) return
    // what each channel may have anyway, and what there is for all
    const possible = Math.min(wanted, Math.max(0, creditBytes - this.#grantedBytes) + this.#pool.leftBytes)
    if (possible >= creditBytes / 2) this.#give(possible)
    else if (incomplete > 0 && this.#pool.mayOverdraw(this)) this.#give(creditBytes - this.credit)
    else if (incomplete > 0) this.#pool.wait(this)
  }

  /** Nothing more may come. */
  close(): void {
    if (this.#isClosed) return
    const extraBefore = this.extraBytes
    this.#grantedBytes = this.#heldBytes
    this.#charge(extraBefore)
    this.#isClosed = true
    this.#pool.leave(this)
  }

  #give(bytes: number): void {
    if (bytes <= 0) return
    const extraBefore = this.extraBytes
    this.#grantedBytes += bytes
    this.#level = this.credit
    this.#charge(extraBefore)
    this.#grant(bytes)
  }

  #charge(extraBefore: number): void {
    const change = this.extraBytes - extraBefore
    if (change !== 0) this.#pool.use(this, change)
  }
}
