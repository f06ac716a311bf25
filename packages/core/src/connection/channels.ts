import { StalkError, type PeerStatement } from '../errors.js'
import { checkNames } from '../option-names.js'
import { priorities, type Priority } from '../priorities.js'
import { ResetMeter } from '../reset-meter.js'
import type { ChannelEvent } from '../session/session.js'
import { Channel, type ChannelHost } from './channel.js'
import { Waiters } from './waiters.js'

/** How a channel is opened. */
export interface OpenChannelOptions {
  /** What goes first if there is more to send than the line takes, both ways; `normal` unless told otherwise. */
  readonly priority?: Priority
  /** Gives the channel up when it aborts: pending and later calls throw its reason, the peer’s CHANNEL_RESET. */
  readonly signal?: AbortSignal | undefined
}

/** Nobody took it: nothing that was sent on it was looked at. */
const untaken = { code: 1, reason: 'nobody takes it' }
const tooLate = { code: 1, reason: 'this side is shutting down' }

const maxNameBytes = 255

type ChannelNames = Pick<Extract<ChannelEvent, { readonly type: 'channel' }>, 'id' | 'name' | 'priority'>

/** The channels of one connection: those that are open, and those of the peer that nobody has asked for yet. */
export class Channels {
  readonly #host: Omit<ChannelHost, 'onOver' | 'reset'>
  readonly #resets: Resets
  readonly #maxPending: number
  readonly #open = new Map<number, Channel>()
  readonly #pending = new Map<number, Channel>()
  readonly #waiters = new Waiters<Channel | null>()
  /** How many loops take whatever the peer opens. */
  #takers = 0
  /** Why there will be no more of the peer. */
  #ending: Error | 'end' | null = null

  constructor(host: Omit<ChannelHost, 'onOver' | 'reset'>, maxPending: number) {
    this.#host = host
    this.#resets = new Resets(host)
    this.#maxPending = maxPending
  }

  open(name: string, options: OpenChannelOptions): Channel {
    checkNames('openChannel', options, ['priority', 'signal'])
    checkName(name)
    const { priority = 'normal', signal } = options
    if (!priorities.includes(priority)) {
      throw new TypeError(`priority is one of ${priorities.join(', ')}, not ${JSON.stringify(priority)}`)
    }
    signal?.throwIfAborted()
    this.#host.refuseIfSendingEnded()
    const id = this.#host.session.open(name, priority)
    this.#host.outbox.schedule()
    const channel = this.#add(true, { id, name, priority }, signal)
    if (this.#host.session.peerIsDone) channel.onEnd(true)
    return channel
  }

  accept(signal?: AbortSignal): Promise<Channel | null> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    for (const [id, channel] of this.#pending) {
      this.#pending.delete(id)
      return Promise.resolve(channel)
    }
    if (this.#ending === 'end') return Promise.resolve(null)
    if (this.#ending !== null) return Promise.reject(this.#ending)
    return this.#waiters.add(signal)
  }

  /** From now on somebody comes back for every channel, until the function that this gives is called: as many as the peer may open wait. */
  takeAll(): () => void {
    this.#takers += 1
    return () => (this.#takers -= 1)
  }

  deliver(event: ChannelEvent): void {
    switch (event.type) {
      case 'channel':
        this.#onOpened(event)
        return
      case 'channelMessage':
        this.#open.get(event.id)?.onMessage()
        return
      case 'channelEnd':
        this.#open.get(event.id)?.onEnd(event.isTruncated)
        return
      case 'channelReset':
        this.#open.get(event.id)?.fail(event.error)
        return
    }
  }

  /** The peer has sent its last: it opens no more. */
  end(): void {
    this.#ending ??= 'end'
    this.#waiters.resolveAll(null)
  }

  /** Nothing is wanted any more: what comes is discarded, what the peer opens is refused. */
  close(): void {
    this.end()
    for (const id of this.#pending.keys()) this.#host.session.reset(id, untaken)
    this.#pending.clear()
    for (const channel of this.#open.values()) channel.discard()
  }

  /** There is no connection any more. */
  fail(error: Error): void {
    this.#ending ??= error
    this.#waiters.rejectAll(error)
    this.#resets.stop()
    for (const channel of [...this.#open.values()]) channel.fail(error)
  }

  #onOpened({ id, name, priority }: Extract<ChannelEvent, { readonly type: 'channel' }>): void {
    const isWaitedFor = !this.#waiters.isEmpty
    const maxPending = this.#takers > 0 ? Infinity : this.#maxPending
    if (!isWaitedFor && (this.#ending !== null || this.#pending.size >= maxPending)) {
      this.#host.session.reset(id, this.#ending === null ? untaken : tooLate)
      return
    }
    const channel = this.#add(false, { id, name, priority })
    if (isWaitedFor) this.#waiters.resolveFirst(channel)
    else this.#pending.set(id, channel)
  }

  #add(isOurs: boolean, { id, name, priority }: ChannelNames, signal?: AbortSignal): Channel {
    const onOver = (): void => {
      this.#open.delete(id)
      // one that was given up before anybody asked for it
      if (channel.error !== null) this.#pending.delete(id)
    }
    const reset = (statement: PeerStatement): void => this.#resets.say(id, statement, isOurs)
    const channel = new Channel({ id, name, priority, host: { ...this.#host, onOver, reset }, signal })
    this.#open.set(id, channel)
    return channel
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') throw new TypeError('the name of a channel must be a string')
  const { length } = new TextEncoder().encode(name)
  if (length === 0 || length > maxNameBytes) {
    throw new RangeError(`the name of a channel is 1 to ${maxNameBytes} bytes of UTF-8`)
  }
}

/** Throws what is wrong with asking for channels at all. */
export function requireChannels(protocol: string, hasChannels: boolean): void {
  if (protocol === 'stalk/1') throw new TypeError('stalk/1 has no channels')
  if (!hasChannels) {
    throw new StalkError('CHANNELS_UNAVAILABLE', 'this side or the peer has no channels: see limits.maxChannels')
  }
}

/** How often those that wait to be given up are looked at. */
const RESET_PAUSE_MS = 50

/** Tells the peer which channels are given up, those that this side opened no faster than the peer lets us. */
class Resets {
  readonly #host: Pick<ChannelHost, 'session' | 'outbox'>
  readonly #meter = ResetMeter.ofOurs()
  /** Channels of which the peer is not told yet: they count as open until then. */
  readonly #postponed = new Map<number, PeerStatement>()
  #timer: NodeJS.Timeout | null = null

  constructor(host: Pick<ChannelHost, 'session' | 'outbox'>) {
    this.#host = host
  }

  say(id: number, statement: PeerStatement, isOurs: boolean): void {
    const { session, outbox } = this.#host
    if (isOurs && (this.#postponed.size > 0 || !this.#meter.take(performance.now()))) {
      session.silence(id)
      this.#postponed.set(id, statement)
      this.#timer ??= setInterval(() => this.#catchUp(), RESET_PAUSE_MS)
    } else session.reset(id, statement)
    outbox.schedule()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#postponed.clear()
  }

  #catchUp(): void {
    const { session, outbox } = this.#host
    for (const [id, statement] of this.#postponed) {
      if (!this.#meter.take(performance.now())) break
      this.#postponed.delete(id)
      session.reset(id, statement)
    }
    if (this.#postponed.size === 0) this.stop()
    outbox.schedule()
  }
}
