import { StalkError, type PeerStatement } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Priority } from '../priorities.js'
import {
  controlChannel,
  firstChannel,
  lastChannel,
  readControl,
  type ChannelControl,
  type ChannelTerms,
} from '../stalk2/channel-control.js'
import { FrameReader, mainChannel, paddingChannel, type Frame } from '../stalk2/frames.js'
import { MessageRun } from '../message-run.js'
import { CreditPool, ReceiveWindow, type WindowSizes } from '../stalk2/receive-window.js'
import { ResetMeter } from '../reset-meter.js'
import { OutgoingChannel, Scheduler, type ControlEntry } from '../stalk2/scheduler.js'
import { resetError } from '../stalk2/verdict.js'
import { IncomingChannel, type IncomingMessage } from './incoming-channel.js'
import type { ChannelEvent } from './session.js'

/** What DATA records bring, in order. */
export type TableEvent =
  /** Messages of the connection itself, encoded. */
  | { readonly type: 'messages'; readonly run: MessageRun }
  | ChannelEvent
  /** The peer has sent its last on all channels, and on the connection itself. */
  | { readonly type: 'done'; readonly reason: string }

type TableLimits = Pick<Limits, 'maxMessageBytes' | 'channelCreditBytes' | 'channelWindowBytes' | 'maxChannelBytes'>

/** The highest credit that a sender may have. */
const maxCredit = 2 ** 32 - 1

/** A channel that both sides may use, or one of them still. */
interface OpenChannel {
  readonly id: number
  readonly isOurs: boolean
  readonly outgoing: OutgoingChannel
  readonly incoming: IncomingChannel
  /** Whether END was said, and whether it has left. */
  hasEnded: boolean
  endHasLeft: boolean
  peerHasEnded: boolean
  /** Whether it counts among those that its side has open. */
  isCounted: boolean
}

/** What came on a channel, which counts once the record that it stands in was read without a fault. */
interface Arrival {
  readonly channel: OpenChannel
  /** Null: a part of a message. */
  readonly message: IncomingMessage | null
}

/** All channels of a connection: which there are, what each has to send, and what came on it (SPEC, stalk/2 §14). */
export class ChannelTable {
  readonly scheduler: Scheduler = new Scheduler()
  readonly #limits: TableLimits
  readonly #channels = new Map<number, OpenChannel>()
  /** Those that we have given up, as long as that has not left. */
  readonly #leaving = new Map<number, { readonly channel: OpenChannel; readonly entry: ControlEntry }>()
  readonly #pool: CreditPool
  readonly #sizes: WindowSizes
  readonly #resetMeter = ResetMeter.ofPeer()
  /** The messages of the connection itself. */
  #main: OpenChannel
  /** What the two sides said; null: there are no channels but the first two. */
  #terms: { readonly ours: ChannelTerms; readonly peers: ChannelTerms } | null = null
  #nextOwnId = 0
  #nextPeerId = 0
  #ownCount = 0
  #peerCount = 0
  #peerIsDone = false
  /** Nothing of ours follows, on no channel. */
  #isDone = false
  /** What is unread of channels that are over, and so count no more. */
  #leftoverBytes = 0

  constructor(limits: TableLimits) {
    this.#limits = limits
    const { channelCreditBytes: creditBytes, channelWindowBytes, maxChannelBytes } = limits
    this.#sizes = { creditBytes, windowBytes: Math.max(creditBytes, channelWindowBytes) }
    this.#pool = new CreditPool(maxChannelBytes, creditBytes / 2)
    this.#main = this.#channel(mainChannel, true, 'normal', Infinity, null)
  }

  /** Both sides want channels. Before any message. */
  enable(role: 'initiator' | 'responder', ours: ChannelTerms, peers: ChannelTerms): void {
    this.#terms = { ours, peers }
    const isInitiator = role === 'initiator'
    this.#nextOwnId = firstChannel + (isInitiator ? 0 : 1)
    this.#nextPeerId = firstChannel + (isInitiator ? 1 : 0)
    this.#main = this.#channel(mainChannel, true, 'normal', peers.creditBytes, this.#window(mainChannel))
  }

  get isEnabled(): boolean {
    return this.#terms !== null
  }

  get peerIsDone(): boolean {
    return this.#peerIsDone
  }

  /** What the peer may send beyond the first credits. */
  get extraBytes(): number {
    return this.#pool.usedBytes
  }

  /** Channels that are not over. */
  get size(): number {
    return this.#channels.size
  }

  // sending

  /** Opens a channel, to be used at once. Throws TOO_MANY_CHANNELS, CONNECTION_EXPIRED. */
  open(name: string, priority: Priority): number {
    const terms = this.#terms
    if (terms === null) throw new TypeError('there are no channels')
    const { maxChannels, creditBytes } = terms.peers
    if (this.#ownCount >= maxChannels) {
      throw new StalkError(
        'TOO_MANY_CHANNELS',
        `the peer takes ${maxChannels} channels of ours at once, all are in use`,
      )
    }
    if (this.#hasTooMuchLeft) {
      const reason = `${this.#leftoverBytes} bytes that came on channels which are over were not read`
      throw new StalkError('TOO_MANY_CHANNELS', `${reason}: receive them, or close() those channels`)
    }
    const id = this.#nextOwnId
    if (id > lastChannel)
      throw new StalkError('CONNECTION_EXPIRED', 'all numbers of channels are used up: connect anew')
    this.#nextOwnId += 2
    this.#ownCount += 1
    const channel = this.#channel(id, true, priority, creditBytes, this.#window(id))
    // it says nothing more, on no channel
    channel.peerHasEnded = this.#peerIsDone
    this.#channels.set(id, channel)
    this.scheduler.say({ type: 'open', id, priority, name })
    return id
  }

  /** Where messages of a channel that has not ended are queued (`TypeError`). */
  outgoing(id: number): OutgoingChannel {
    const { outgoing, hasEnded } = this.#sending(id)
    if (hasEnded) throw new TypeError('this side has ended the channel')
    return outgoing
  }

  /** Bytes and messages that have not left, 0 for a channel that is over; messages that have, all of such a one. */
  queuedBytes(id: number): number {
    return this.#find(id)?.outgoing.messages.bytes ?? 0
  }

  queuedMessages(id: number): number {
    return this.#find(id)?.outgoing.messages.count ?? 0
  }

  sentMessages(id: number): number {
    return this.#find(id)?.outgoing.messages.taken ?? Infinity
  }

  /** Ends our direction of a channel after what is queued. */
  end(id: number): void {
    const channel = this.#channels.get(id)
    if (channel === undefined || channel.hasEnded) return
    channel.hasEnded = true
    // DONE ends it as well
    if (this.#isDone) this.#onEndLeft(channel)
    else this.scheduler.end(channel.outgoing, () => this.#onEndLeft(channel))
  }

  #onEndLeft(channel: OpenChannel): void {
    channel.hasEnded = true
    channel.endHasLeft = true
    this.#uncountIfOver(channel)
    this.#forgetIfRead(channel.id)
  }

  /** Says that nothing of ours follows on any channel, once all messages have left. */
  done(reason: string): void {
    if (this.#isDone) return
    this.#isDone = true
    this.scheduler.say({ type: 'done', reason }, () => {
      for (const channel of [...this.#channels.values()]) this.#onEndLeft(channel)
    })
  }

  /** Nobody wants a channel any more, but the peer is not told yet: what it has to send is dropped, and what comes. */
  silence(id: number): void {
    const channel = this.#channels.get(id)
    if (channel === undefined) return
    this.scheduler.silence(channel.outgoing)
    this.discard(id)
  }

  /** Gives a channel up, both ways. */
  reset(id: number, statement: PeerStatement): void {
    const channel = this.#channels.get(id)
    if (channel === undefined) return
    this.#drop(channel)
    if (channel.endHasLeft && channel.peerHasEnded) return
    // it counts until the peer can know: whoever does not read cannot make us say this without end
    const entry = this.scheduler.say({ type: 'reset', id, statement }, () => {
      this.#leaving.delete(id)
      this.#uncount(channel)
    })
    this.#leaving.set(id, { channel, entry })
  }

  // receiving

  /** What a DATA record brings. Throws FRAME_*, CHANNEL_*, PEER_MESSAGE_TOO_LARGE, MESSAGE_TRUNCATED: then nothing of it counts. */
  read(frames: Uint8Array, now: number): TableEvent[] {
    const events: TableEvent[] = []
    const arrivals: Arrival[] = []
    const reader = new FrameReader(frames)
    for (;;) {
      if (this.#readRun(reader, events)) continue
      const frame = reader.next(this.#isChannel)
      if (frame === null) break
      if (frame.channel === paddingChannel) continue
      if (frame.channel === controlChannel) this.#onControl(frame, events, now)
      else this.#onFrame(frame, events, arrivals)
    }
    this.#keep(arrivals, events)
    return ownEnough(events, frames.buffer.byteLength)
  }

  /** The first unread message of a channel, encoded; null: there is none. */
  take(id: number): Uint8Array | null {
    const channel = this.#channels.get(id)
    const message = channel?.incoming.take() ?? null
    if (channel === undefined || message === null) return null
    if (!channel.isCounted) this.#leftoverBytes -= message.cost
    this.#forgetIfRead(id)
    return message.bytes
  }

  /** How many bytes the first unread message of a channel has; null: there is none. */
  nextBytes(id: number): number | null {
    return this.#channels.get(id)?.incoming.nextBytes ?? null
  }

  /** So many messages of the connection itself were consumed. */
  consume(count: number, cost: number): void {
    this.#main.incoming.consume(count, cost)
  }

  /** Nobody will read this channel any more. */
  discard(id: number): void {
    const channel = this.#channels.get(id)
    if (channel === undefined) return
    if (!channel.isCounted) this.#leftoverBytes -= channel.incoming.unreadCost
    channel.incoming.discard()
    this.#forgetIfRead(id)
  }

  /** The peer has ended its direction, of everything. Throws MESSAGE_TRUNCATED. */
  endOfPeer(): ChannelEvent[] {
    const events = this.#endAll()
    this.#keep([], events)
    return events
  }

  #endAll(): ChannelEvent[] {
    if (this.#peerIsDone) return []
    this.#peerIsDone = true
    this.#main.incoming.end()
    const events: ChannelEvent[] = []
    for (const channel of [...this.#channels.values()]) {
      if (channel.peerHasEnded) continue
      this.#onEnd(channel)
      events.push({ type: 'channelEnd', id: channel.id, isTruncated: true })
    }
    return events
  }

  readonly #isChannel = (id: number): boolean =>
    id <= paddingChannel || (this.isEnabled && (id === controlChannel || id >= firstChannel))

  /** Whole messages of the connection itself. False: what comes next is something else. */
  #readRun(reader: FrameReader, events: TableEvent[]): boolean {
    const { incoming } = this.#main
    if (this.#peerIsDone || incoming.isInMessage) return false
    const run = reader.messages(mainChannel, this.#limits.maxMessageBytes)
    if (run === null) return false
    incoming.readRun(run)
    this.#lend(run, events)
    return true
  }

  #lend(run: MessageRun, events: TableEvent[]): void {
    this.#main.incoming.lend(run.left)
    events.push({ type: 'messages', run })
  }

  #onFrame(frame: Frame, events: TableEvent[], arrivals: Arrival[]): void {
    if (this.#peerIsDone) throw ended('anything')
    const id = frame.channel
    const channel = id === mainChannel ? this.#main : this.#peers(id)
    // it crossed what ended the channel
    if (channel === null) return
    if (channel.peerHasEnded) throw ended(`channel ${id}`)
    const message = channel.incoming.read(frame)
    if (id === mainChannel) {
      if (message !== null) this.#lend(MessageRun.ofOne(message.bytes), events)
      return
    }
    arrivals.push({ channel, message })
    if (message !== null) events.push({ type: 'channelMessage', id })
  }

  /** What came without a fault: now it can be read, and room made for more. */
  #keep(arrivals: readonly Arrival[], events: readonly TableEvent[]): void {
    this.#main.incoming.grant()
    for (const { channel, message } of arrivals) {
      if (message === null) continue
      const unreadBefore = channel.incoming.unreadCost
      channel.incoming.keep(message)
      if (!channel.isCounted) this.#leftoverBytes += channel.incoming.unreadCost - unreadBefore
    }
    let last: OpenChannel | null = null
    for (const { channel } of arrivals) {
      if (channel !== last) channel.incoming.grant()
      last = channel
    }
    for (const event of events) if (event.type === 'channelEnd') this.#forgetIfRead(event.id)
  }

  #onControl({ bytes, isFinal }: Frame, events: TableEvent[], now: number): void {
    if (!isFinal) throw new StalkError('CHANNEL_CONTROL_INVALID', 'what is said about channels is not cut into frames')
    const control = readControl(bytes)
    switch (control.type) {
      case 'open':
        this.#onOpen(control)
        if (this.#channels.has(control.id)) events.push({ ...control, type: 'channel' })
        return
      case 'credit':
        this.#onCredit(control.id, control.bytes)
        return
      case 'end': {
        if (this.#peerIsDone) throw ended('anything')
        const channel = this.#peers(control.id)
        if (channel === null) {
          this.#onLateEnd(control.id)
          return
        }
        if (channel.peerHasEnded) throw ended(`channel ${control.id}`)
        this.#onEnd(channel)
        events.push({ type: 'channelEnd', id: control.id, isTruncated: false })
        return
      }
      case 'reset':
        this.#onReset(control, events, now)
        return
      case 'done':
        if (this.#peerIsDone) throw ended('anything')
        events.push(...this.#endAll(), { type: 'done', reason: control.reason })
        return
    }
  }

  #onOpen({ id, priority }: Extract<ChannelControl, { readonly type: 'open' }>): void {
    const terms = this.#terms
    if (this.#peerIsDone || terms === null) throw ended('anything')
    if (id !== this.#nextPeerId) {
      throw new StalkError('CHANNEL_ID', `the peer opens channel ${id} where ${this.#nextPeerId} is the next`)
    }
    const { maxChannels } = terms.ours
    if (this.#peerCount >= maxChannels) {
      throw new StalkError('CHANNEL_LIMIT', `the peer opens more than the ${maxChannels} channels that it may`)
    }
    this.#nextPeerId += 2
    this.#peerCount += 1
    const channel = this.#channel(id, false, priority, terms.peers.creditBytes, this.#window(id))
    channel.hasEnded = this.#isDone
    channel.endHasLeft = this.#isDone
    this.#channels.set(id, channel)
    // each began with credit of its own, which does not end with it
    if (this.#hasTooMuchLeft) this.reset(id, unreadRefusal)
  }

  #onCredit(id: number, bytes: number): void {
    const channel = id === mainChannel ? this.#main : this.#peers(id)
    if (channel === null) return
    const { outgoing } = channel
    if (outgoing.credit + bytes > maxCredit) {
      throw new StalkError('CHANNEL_CREDIT_OVERFLOW', `the peer grants more than ${maxCredit} bytes on channel ${id}`)
    }
    this.scheduler.addCredit(outgoing, bytes)
  }

  #onEnd(channel: OpenChannel): void {
    channel.peerHasEnded = true
    channel.incoming.end()
    this.#uncountIfOver(channel)
  }

  #onReset(
    { id, statement }: Extract<ChannelControl, { readonly type: 'reset' }>,
    events: TableEvent[],
    now: number,
  ): void {
    const channel = this.#peers(id)
    if ((id - this.#nextPeerId) % 2 === 0 && !this.#resetMeter.take(now)) {
      throw new StalkError('CHANNEL_FLOOD', 'the peer opens channels and gives them up, without end')
    }
    if (channel === null) {
      this.#withdrawReset(id)
      return
    }
    this.#drop(channel)
    this.#uncount(channel)
    events.push({ type: 'channelReset', id, error: resetError(statement) })
  }

  /** The peer has ended a channel that we have given up, which it does not know yet. */
  #onLateEnd(id: number): void {
    const channel = this.#leaving.get(id)?.channel
    if (channel === undefined) return
    channel.peerHasEnded = true
    if (channel.endHasLeft) this.#withdrawReset(id)
  }

  /** For the peer the channel is over: what we would say of it means nothing any more. */
  #withdrawReset(id: number): void {
    const leaving = this.#leaving.get(id)
    if (leaving === undefined) return
    this.#leaving.delete(id)
    this.scheduler.unsay(leaving.entry)
    this.#uncount(leaving.channel)
  }

  /** A channel that the peer names; null: it is over. Throws CHANNEL_UNKNOWN for one that never was. */
  #peers(id: number): OpenChannel | null {
    const channel = this.#channels.get(id)
    if (channel !== undefined) return channel
    const isOurs = (id - this.#nextOwnId) % 2 === 0
    if (id >= firstChannel && id < (isOurs ? this.#nextOwnId : this.#nextPeerId)) return null
    throw new StalkError('CHANNEL_UNKNOWN', `channel ${id} was never opened`)
  }

  #find(id: number): OpenChannel | undefined {
    return id === mainChannel ? this.#main : this.#channels.get(id)
  }

  #sending(id: number): OpenChannel {
    const channel = this.#find(id)
    if (channel === undefined) throw new TypeError('the channel is over')
    return channel
  }

  #channel(id: number, isOurs: boolean, priority: Priority, credit: number, window: ReceiveWindow | null): OpenChannel {
    return {
      id,
      isOurs,
      outgoing: new OutgoingChannel(id, priority, credit),
      incoming: new IncomingChannel(this.#limits.maxMessageBytes, window),
      hasEnded: false,
      endHasLeft: false,
      peerHasEnded: false,
      isCounted: true,
    }
  }

  get #hasTooMuchLeft(): boolean {
    return this.#leftoverBytes > this.#limits.maxChannelBytes
  }

  #window(id: number): ReceiveWindow {
    return new ReceiveWindow(this.#pool, this.#sizes, (bytes) => this.scheduler.grant(id, bytes))
  }

  /** Both sides have ended it: for the peer it is over. */
  #uncountIfOver(channel: OpenChannel): void {
    if (channel.endHasLeft && channel.peerHasEnded) this.#uncount(channel)
  }

  /** What is unread when it is over can still be read. */
  #forgetIfRead(id: number): void {
    const channel = this.#channels.get(id)
    if (channel?.endHasLeft && channel.peerHasEnded && !channel.incoming.hasUnread) this.#channels.delete(id)
  }

  #drop(channel: OpenChannel): void {
    this.#channels.delete(channel.id)
    if (!channel.isCounted) this.#leftoverBytes -= channel.incoming.unreadCost
    this.scheduler.drop(channel.outgoing)
    channel.incoming.drop()
  }

  #uncount(channel: OpenChannel): void {
    if (!channel.isCounted) return
    channel.isCounted = false
    this.#leftoverBytes += channel.incoming.unreadCost
    if (channel.isOurs) this.#ownCount -= 1
    else this.#peerCount -= 1
  }
}

/** Messages of the connection itself, which may wait for long: where they are a small part of their record, it must not wait with them. */
function ownEnough(events: TableEvent[], recordBytes: number): TableEvent[] {
  let bytes = 0
  for (const event of events) if (event.type === 'messages') bytes += event.run.bytesLeft
  if (bytes * 2 >= recordBytes) return events
  return events.map((event) => (event.type === 'messages' ? { ...event, run: event.run.copy() } : event))
}

/** Nobody looked at it. */
const unreadRefusal = { code: 1, reason: 'too much of earlier channels is unread' }

function ended(what: string): StalkError {
  return new StalkError('CHANNEL_ENDED', `the peer goes on with ${what} after it had ended that`)
}
