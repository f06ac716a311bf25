import type { Priority } from '../priorities.js'
import { controlChannel, encodeControl, type ChannelControl } from './channel-control.js'
import { RecordPlan } from './frames.js'
import { MessageQueue } from './message-queue.js'
import { messageCostBytes } from '../message-run.js'

// What goes into the next record: SPEC, stalk/2 §14.

/** How much each priority may send in one round, if all have something to send. */
const roundBytes: Readonly<Record<Priority, number>> = { interactive: 32_768, normal: 8192, bulk: 2048 }

/** How much one of several channels of a priority sends before it is the next one’s turn. */
const turnBytes = 16_384

/** What one channel has to send. */
export class OutgoingChannel {
  readonly id: number
  readonly priority: Priority
  readonly messages: MessageQueue
  /** What the peer still takes. */
  credit: number
  /** Told once END has left, which follows the last message; null: more messages may come. */
  onEnded: (() => void) | null = null
  /** END, as long as it has not left. */
  end: ControlEntry | null = null
  /** The one that waits behind it. */
  next: OutgoingChannel | null = null
  isWaiting = false
  /** What it may still send in its turn. */
  turnLeft: number = turnBytes

  constructor(id: number, priority: Priority, credit: number) {
    this.id = id
    this.messages = new MessageQueue(id)
    this.priority = priority
    this.credit = credit
  }

  /** How much of the first message may leave now. */
  get sendable(): number {
    const { left } = this.messages
    // an end without bytes of its own would cost as much as one with them
    return left + messageCostBytes <= this.credit ? left : Math.min(left - 1, this.credit)
  }
}

/** Channels of one priority that have something to send, in the order of their turns. */
class Ring {
  readonly roundBytes: number
  /** Whose turn comes after this one’s. */
  following: Ring
  first: OutgoingChannel | null = null
  #last: OutgoingChannel | null = null
  /** What it may still send in this round; below zero: it has had some of the next. */
  left = 0

  constructor(bytes: number, following?: Ring) {
    this.roundBytes = bytes
    this.following = following ?? this
  }

  get hasSeveral(): boolean {
    return this.first !== this.#last
  }

  push(channel: OutgoingChannel): void {
    if (this.#last === null) this.first = channel
    else this.#last.next = channel
    this.#last = channel
  }

  shift(): void {
    const { first } = this
    if (first === null) return
    this.first = first.next
    first.next = null
    if (this.first === null) this.#last = null
  }
}

/** Something that is to be said about channels. */
export interface ControlEntry {
  readonly bytes: Uint8Array
  readonly onLeft: (() => void) | null
}

/** Messages of all channels, and what is said about channels: chooses what leaves next, in time that does not grow with their number. */
export class Scheduler {
  readonly #all: readonly Ring[]
  readonly #rings: Readonly<Record<Priority, Ring>>
  /** Whose turn it is. */
  #turn: Ring
  #bytes = 0
  readonly #control = new Set<ControlEntry>()
  readonly #credits = new Map<number, number>()

  constructor() {
    const bulk = new Ring(roundBytes.bulk)
    const normal = new Ring(roundBytes.normal, bulk)
    const interactive = new Ring(roundBytes.interactive, normal)
    bulk.following = interactive
    this.#turn = interactive
    this.#rings = { interactive, normal, bulk }
    this.#all = [interactive, normal, bulk]
  }

  /** Bytes of messages that have not left. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether there is something that can leave now. */
  hasOutput(withMessages: boolean): boolean {
    if (this.#control.size > 0 || this.#credits.size > 0) return true
    return withMessages && this.#next() !== null
  }

  /** Queues a message, encoded: a large one is kept, not copied. */
  send(channel: OutgoingChannel, message: Uint8Array): void {
    channel.messages.push(message)
    this.#added(channel, message.length)
  }

  /** Queues the message that was written to the memory which `channel.messages` reserves. */
  commit(channel: OutgoingChannel, end: number): void {
    const bytesBefore = channel.messages.bytes
    channel.messages.commit(end)
    this.#added(channel, channel.messages.bytes - bytesBefore)
  }

  /** The peer takes so much more. */
  addCredit(channel: OutgoingChannel, bytes: number): void {
    channel.credit += bytes
    this.#wake(channel)
  }

  /** Ends a channel after its last message. */
  end(channel: OutgoingChannel, onEnded: () => void): void {
    if (channel.messages.left === 0) channel.end = this.say({ type: 'end', id: channel.id }, onEnded)
    else channel.onEnded = onEnded
  }

  /** Drops what a channel has to send, and what is said of it. */
  drop(channel: OutgoingChannel): void {
    this.silence(channel)
    this.#credits.delete(channel.id)
  }

  /** Drops the messages of a channel, and its end. */
  silence(channel: OutgoingChannel): void {
    this.#bytes -= channel.messages.bytes
    channel.messages.clear()
    channel.onEnded = null
    if (channel.end !== null) this.unsay(channel.end)
  }

  /** Says something about channels, before all messages. */
  say(control: ChannelControl, onLeft: (() => void) | null = null): ControlEntry {
    const entry = { bytes: encodeControl(control), onLeft }
    this.#control.add(entry)
    return entry
  }

  /** Takes back what has not left. */
  unsay(entry: ControlEntry): void {
    this.#control.delete(entry)
  }

  /** Lets the peer send so much more; what has not left yet is one. */
  grant(id: number, bytes: number): void {
    this.#credits.set(id, (this.#credits.get(id) ?? 0) + bytes)
  }

  /** The plaintext of the next DATA record, as full as can be: a view, valid until the next one. Null: there is nothing to send. */
  nextRecord(maxPlaintextBytes: number, withMessages: boolean): Uint8Array | null {
    const plan = new RecordPlan(maxPlaintextBytes)
    if (this.#planControl(plan) && withMessages) this.#planMessages(plan)
    return plan.isEmpty ? null : plan.encode()
  }

  /** Forgets everything. */
  clear(): void {
    for (const ring of this.#all) {
      for (let { first } = ring; first !== null; { first } = ring) {
        first.messages.clear()
        ring.shift()
      }
    }
    this.#bytes = 0
    this.#control.clear()
    this.#credits.clear()
  }

  #added(channel: OutgoingChannel, bytes: number): void {
    this.#bytes += bytes
    if (!channel.isWaiting) this.#wake(channel)
  }

  #wake(channel: OutgoingChannel): void {
    if (channel.isWaiting || channel.sendable <= 0) return
    channel.isWaiting = true
    this.#rings[channel.priority].push(channel)
  }

  /** False: the record has no more room. */
  #planControl(plan: RecordPlan): boolean {
    for (const entry of this.#control) {
      if (!pushControl(plan, entry.bytes)) return false
      this.#control.delete(entry)
      entry.onLeft?.()
    }
    for (const [id, bytes] of this.#credits) {
      if (!pushControl(plan, encodeControl({ type: 'credit', id, bytes }))) return false
      this.#credits.delete(id)
    }
    return true
  }

  #planMessages(plan: RecordPlan): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const { ring, channel } = next
      if (this.#planWhole(plan, ring, channel)) continue
      const { sendable, messages } = channel
      const isAlone = !ring.hasSeveral && this.#isOnly(ring)
      const count = plan.roomFor(channel.id, isAlone ? sendable : Math.min(sendable, channel.turnLeft))
      if (count <= 0) {
        if (plan.isEmpty) throw new RangeError('a record has no room for a frame')
        return
      }
      const isFinal = count === messages.left
      plan.push(channel.id, messages.take(count), isFinal)
      this.#bytes -= count
      this.#account(ring, channel, count + (isFinal ? messageCostBytes : 0))
      if (messages.left === 0) this.#planEnd(plan, channel)
    }
  }

  /** Small messages that are laid out already. False: there are none, or not even the first may leave as it is. */
  #planWhole(plan: RecordPlan, ring: Ring, channel: OutgoingChannel): boolean {
    const { messages, turnLeft } = channel
    const isOnly = this.#isOnly(ring)
    const taken = messages.takeFrames({
      maxBytes: plan.bytesLeft,
      maxFrames: plan.framesLeft,
      messageCost: messageCostBytes,
      maxCost: channel.credit,
      wholeWithin: isOnly && !ring.hasSeveral ? Infinity : turnLeft,
      lastAt: isOnly ? turnLeft : Math.min(turnLeft, ring.left),
    })
    if (taken === null) return false
    const { frames, count, messageBytes } = taken
    plan.pushFrames(frames, count)
    this.#bytes -= messageBytes
    this.#account(ring, channel, messageBytes + count * messageCostBytes)
    if (messages.left === 0) this.#planEnd(plan, channel)
    return true
  }

  /** It has sent so much. */
  #account(ring: Ring, channel: OutgoingChannel, cost: number): void {
    channel.credit -= cost
    channel.turnLeft -= cost
    // what nobody else wanted is no debt
    ring.left = this.#isOnly(ring) ? 0 : ring.left - cost
    if (channel.turnLeft <= 0) channel.turnLeft = turnBytes
    else if (channel.sendable > 0) return
    ring.shift()
    channel.isWaiting = false
    this.#wake(channel)
  }

  #planEnd(plan: RecordPlan, channel: OutgoingChannel): void {
    const { onEnded, id } = channel
    if (onEnded === null) return
    channel.onEnded = null
    if (pushControl(plan, encodeControl({ type: 'end', id }))) onEnded()
    else channel.end = this.say({ type: 'end', id }, onEnded)
  }

  /** The channel that may send; null: there is none. Those that cannot any more leave their place. */
  #next(): { readonly ring: Ring; readonly channel: OutgoingChannel } | null {
    let isIdle = true
    for (const ring of this.#all) {
      while (ring.first !== null && ring.first.sendable <= 0) {
        ring.first.isWaiting = false
        ring.shift()
      }
      if (ring.first !== null) isIdle = false
    }
    if (isIdle) return null
    for (;;) {
      const ring = this.#turn
      if (ring.first === null) ring.left = 0
      else if (ring.left > 0 || this.#isOnly(ring)) return { ring, channel: ring.first }
      this.#turn = ring.following
      this.#turn.left += this.#turn.roundBytes
    }
  }

  /** Whether no other priority has anything to send. */
  #isOnly(ring: Ring): boolean {
    return this.#all.every((other) => other === ring || other.first === null)
  }
}

/** False: there is no room. A record that has nothing else takes it whatever its limit: it cannot be cut. */
function pushControl(plan: RecordPlan, bytes: Uint8Array): boolean {
  if (!plan.isEmpty && plan.roomFor(controlChannel, bytes.length) < bytes.length) return false
  plan.push(controlChannel, bytes, true)
  return true
}
