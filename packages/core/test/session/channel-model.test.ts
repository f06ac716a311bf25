// Two sessions with channels under random operations and chunking, against a model of what must arrive on each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, Spack } from '@stalk/spack'
import fc from 'fast-check'
import { StalkError } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import { priorities } from '#src/priorities.js'
import { messageCostBytes } from '#src/message-run.js'
import type { SessionChannels } from '#src/session/session.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { establishedPair2 } from '../support/stalk2.js'

const limits = {
  ...defaultLimits,
  maxMessageBytes: 20_000,
  maxChannels: 3,
  channelCreditBytes: 1024,
  channelWindowBytes: 3000,
  maxChannelBytes: 6000,
}

/** All channels of both sides, the connection itself, and the one message that may go beyond. */
const mostUnread = (2 * limits.maxChannels + 1) * limits.channelCreditBytes + limits.maxChannelBytes + 20_000 + 3000

/** One direction of a channel, as far as whoever sends on it knows. */
interface Flow {
  readonly sent: string[]
  readonly received: string[]
  sentBytes: number
  readBytes: number
  hasEnded: boolean
  endWasSeen: boolean
}

interface Conversation {
  readonly id: number
  /** By side: what it sends. */
  readonly flows: readonly [Flow, Flow]
  readonly isKnown: boolean[]
  isReset: boolean
}

function flow(): Flow {
  return { sent: [], received: [], sentBytes: 0, readBytes: 0, hasEnded: false, endWasSeen: false }
}

interface Operation {
  readonly do: 'open' | 'send' | 'read' | 'end' | 'reset' | 'discard' | 'write' | 'carry'
  readonly side: 0 | 1
  readonly pick: number
  readonly bytes: number
}

const operation: fc.Arbitrary<Operation> = fc.record({
  do: fc.oneof(
    { weight: 4, arbitrary: fc.constant('open' as const) },
    { weight: 8, arbitrary: fc.constant('send' as const) },
    { weight: 6, arbitrary: fc.constant('read' as const) },
    { weight: 2, arbitrary: fc.constantFrom('end' as const, 'reset' as const) },
    { weight: 6, arbitrary: fc.constant('write' as const) },
    { weight: 8, arbitrary: fc.constant('carry' as const) },
  ),
  side: fc.constantFrom(0 as const, 1 as const),
  pick: fc.nat({ max: 50 }),
  bytes: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 6, max: 100 }) },
    { weight: 2, arbitrary: fc.integer({ min: 500, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 5000, max: 18_000 }) },
  ),
})

const seen = new Set<string>()

/** Two sessions, the line between them, and what is known of each channel. */
class World {
  readonly sessions: readonly Stalk2Session[]
  readonly #lines = [Buffer.alloc(0), Buffer.alloc(0)]
  readonly conversations = new Map<number, Conversation>()
  /** The messages of the connection itself, and what they cost; read as they are asked for. */
  readonly main = [flow(), flow()] as const
  readonly #mainUnread: { readonly text: string; readonly cost: number }[][] = [[], []]

  constructor(sessions: readonly Stalk2Session[]) {
    this.sessions = sessions
    for (const session of sessions) session.takeEvents()
  }

  channels(side: number): SessionChannels {
    return this.sessions[side]!.channels!
  }

  act({ do: what, side, pick, bytes }: Operation): void {
    if (what === 'open') this.#open(side, pick)
    else if (what === 'write') this.write(side, pick % 4 === 0 ? 300 : Infinity)
    else if (what === 'carry') this.carry(side, bytes)
    else if (pick % 8 === 0) this.#onMain(what, side, bytes)
    else {
      const known = [...this.conversations.values()].filter(({ isKnown }) => isKnown[side])
      const conversation = known[pick % Math.max(1, known.length)]
      if (conversation !== undefined) this.#onChannel(what, side, conversation, bytes)
    }
    this.#checkMemory()
  }

  write(side: number, maxBytes: number): boolean {
    const chunks = this.sessions[side]!.takeOutput(true, maxBytes)
    this.#lines[side] = Buffer.concat([this.#lines[side]!, ...chunks])
    return chunks.length > 0
  }

  carry(side: number, bytes: number): boolean {
    const line = this.#lines[side]!
    if (line.length === 0) return false
    this.#lines[side] = line.subarray(bytes)
    const other = 1 - side
    this.sessions[other]!.receive(new Uint8Array(line.subarray(0, bytes)), 0)
    for (const event of this.sessions[other]!.takeEvents()) {
      if (event.type === 'messages') {
        for (const { run } = event; run.next();) {
          const text = String(decode(run.view(), { form: 'compact' }).values()[0])
          this.#mainUnread[other]!.push({ text, cost: messageCostBytes + run.end - run.start })
        }
      } else if (event.type === 'channel') this.conversations.get(event.id)!.isKnown[other] = true
      else if (event.type === 'channelEnd') this.conversations.get(event.id)!.flows[side]!.endWasSeen = true
      else if (event.type === 'channelReset') seen.add('reset')
    }
    return true
  }

  /** Reads everything that is there. */
  drain(side: number): void {
    for (const conversation of this.conversations.values()) while (this.#read(side, conversation));
    while (this.#readMain(side));
  }

  #open(side: number, pick: number): void {
    const inUse = [...this.conversations.values()].filter(({ id }) => id % 2 === side)
    try {
      const id = this.channels(side).open(`channel ${pick}`, priorities[pick % 3]!)
      const isKnown = [side === 0, side === 1]
      this.conversations.set(id, { id, flows: [flow(), flow()], isKnown, isReset: false })
    } catch (error) {
      assert.ok(error instanceof StalkError && error.code === 'TOO_MANY_CHANNELS')
      assert.ok(inUse.length >= limits.maxChannels)
      seen.add('too many')
    }
  }

  #onMain(what: Operation['do'], side: number, bytes: number): void {
    if (what === 'read') this.#readMain(side)
    if (what !== 'send') return
    const { sent } = this.main[side]!
    sent.push(`${sent.length}:`.padEnd(bytes, 'x'))
    this.sessions[side]!.send(new Spack().string(sent.at(-1)!))
  }

  #onChannel(what: Operation['do'], side: number, conversation: Conversation, bytes: number): void {
    const { id, flows } = conversation
    const own = flows[side]!
    if (what === 'read') this.#read(side, conversation)
    if (what === 'reset') {
      this.channels(side).reset(id, { code: 0x4000, reason: 'random' })
      conversation.isReset = true
    }
    if (what === 'end' && !conversation.isReset) {
      this.channels(side).end(id)
      own.hasEnded = true
    }
    if (what !== 'send' || conversation.isReset || own.hasEnded) return
    own.sent.push(`${id}.${own.sent.length}:`.padEnd(bytes, 'x'))
    own.sentBytes += bytes
    this.channels(side).send(id, new Spack().string(own.sent.at(-1)!))
  }

  #read(side: number, { id, flows }: Conversation): boolean {
    const channels = this.channels(side)
    const bytes = channels.take(id)
    if (bytes === null) return false
    const message = this.sessions[side]!.coding.decode(bytes)
    const incoming = flows[1 - side]!
    incoming.received.push(String(message.values()[0]))
    incoming.readBytes += incoming.received.at(-1)!.length
    return true
  }

  #readMain(side: number): boolean {
    const message = this.#mainUnread[side]!.shift()
    if (message === undefined) return false
    this.main[1 - side]!.received.push(message.text)
    this.channels(side).consume(1, message.cost)
    return true
  }

  /** What has left one side and was not read on the other is within what the other may have to keep. */
  #checkMemory(): void {
    for (const side of [0, 1]) {
      let unread = 0
      for (const { id, flows, isReset } of this.conversations.values()) {
        const { sentBytes, readBytes } = flows[side]!
        if (!isReset) unread += sentBytes - this.channels(side).queuedBytes(id) - readBytes
      }
      assert.ok(unread <= mostUnread, `${unread} bytes are unread or on their way`)
    }
  }
}

test('whatever two sides do on channels, each message arrives once and in order, memory is bounded, and nobody waits for ever', async () => {
  const plan = fc.record({
    operations: fc.array(operation, { maxLength: 150, size: 'max' }),
    maxRecordBytes: fc.integer({ min: 40, max: 4000 }),
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ operations, maxRecordBytes }) => {
      const options = { limits: { ...limits, maxRecordBytes }, keepalive: null }
      const pair = await establishedPair2({ a: options, b: options })
      const world = new World([pair.a.session, pair.b.session])
      for (const each of operations) world.act(each)
      // everybody reads: then everything gets through
      for (let isBusy = true; isBusy;) {
        isBusy = false
        for (const side of [0, 1]) {
          world.drain(side)
          isBusy = world.write(side, Infinity) || isBusy
          isBusy = world.carry(side, Infinity) || isBusy
        }
      }
      for (const side of [0, 1]) {
        assert.equal(world.sessions[side]!.queuedBytes, 0, 'something waits for ever')
        assert.deepEqual(world.main[side]!.received, world.main[side]!.sent)
      }
      for (const { flows, isReset } of world.conversations.values()) {
        for (const { sent, received, hasEnded, endWasSeen } of flows) {
          assert.deepEqual(received, isReset ? sent.slice(0, received.length) : sent)
          if (!isReset) assert.equal(endWasSeen, hasEnded)
          if (received.some((text) => text.length > limits.channelWindowBytes)) seen.add('larger than a window')
        }
      }
    }),
    { numRuns: 150 },
  )
  // otherwise the test would have shown less than it says
  assert.deepEqual([...seen].sort(), ['larger than a window', 'reset', 'too many'])
})
