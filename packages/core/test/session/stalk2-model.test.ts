// Two sessions under random operations and chunking, against a model of what must arrive and how it must end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spack } from '@stalk/spack'
import fc from 'fast-check'
import { closeCodeOf, StalkError, type PeerStatement } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { messagesIn } from '../support/sessions.js'
import { establishedPair2 } from '../support/stalk2.js'

type Operation =
  | { readonly do: 'send'; readonly bytes: number }
  | { readonly do: 'flush'; readonly withMessages: boolean }
  | { readonly do: 'carry'; readonly bytes: number }
  | { readonly do: 'ping' }
  | { readonly do: 'end'; readonly statement: PeerStatement }
  | { readonly do: 'abort' }

/** One side, and what the model knows of it. */
class Side {
  readonly session: Stalk2Session
  /** Bytes that it has put on the line and the other side does not have yet. */
  line: Uint8Array = new Uint8Array()
  readonly sent: string[] = []
  readonly received: string[] = []
  readonly pongs: number[] = []
  pings = 0
  /** What it asked to end with; whether that has left. */
  statement: PeerStatement | null = null
  hasClosed = false
  /** The other side’s CLOSE, code 0. */
  heard: PeerStatement | null = null

  constructor(session: Stalk2Session) {
    this.session = session
  }

  /** The code and reason that its CLOSE must have; null: it says none, for it failed because of the other’s. */
  get lastWord(): PeerStatement | null {
    const { failure } = this.session
    if (this.hasClosed) return this.statement
    if (failure !== null) return failure.peer === null ? { code: closeCodeOf(failure), reason: '' } : null
    return this.statement
  }

  act(operation: Operation, other: Side, now: number): void {
    switch (operation.do) {
      case 'send':
        this.#send(operation.bytes)
        break
      case 'flush':
        this.#flush(operation.withMessages)
        break
      case 'carry':
        this.#carry(operation.bytes, other, now)
        break
      case 'ping':
        this.#ping()
        break
      case 'end':
        this.#end(operation.statement)
        break
      case 'abort':
        this.session.abort(new StalkError('CONNECTION_CLOSED', 'the test gives up'))
        break
    }
  }

  #send(bytes: number): void {
    const text = `${this.sent.length}:`.padEnd(bytes, 'x')
    const message = new Spack().string(text)
    const refused = this.session.failure ?? (this.statement === null ? null : TypeError)
    if (refused !== null) {
      assert.throws(() => this.session.send(message), refused)
      return
    }
    this.session.send(message)
    this.sent.push(text)
  }

  #flush(withMessages: boolean): void {
    const queued = this.session.queuedBytes
    const output = Buffer.concat(this.session.takeOutput(withMessages))
    this.line = new Uint8Array(Buffer.concat([this.line, output]))
    // a failed session has said another word than CLOSE as it was asked to
    if (this.session.failure !== null) return
    assert.equal(this.session.queuedBytes, withMessages ? 0 : queued)
    if (this.statement === null || this.session.queuedBytes > 0) return
    // with channels CLOSE waits for the other side’s DONE
    if (this.session.channels === null || this.statement.code !== 0 || this.heard !== null) this.hasClosed = true
  }

  /** Gives bytes of its line to the other side. */
  #carry(bytes: number, other: Side, now: number): void {
    const chunk = this.line.slice(0, bytes)
    this.line = this.line.slice(bytes)
    if (chunk.length === 0 || other.session.failure !== null) return
    try {
      other.session.receive(chunk, now)
    } catch (error) {
      assert.equal(error, other.session.failure)
    }
    for (const event of other.session.takeEvents()) {
      other.received.push(...messagesIn(event).map((message) => String(message.values()[0])))
      if (event.type === 'end') other.heard = event.statement
      if (event.type === 'pong') other.pongs.push(event.number)
    }
  }

  #ping(): void {
    if (this.session.failure !== null) return
    this.pings += 1
    this.session.ping(new Uint8Array(8).fill(this.pings % 256))
  }

  #end(statement: PeerStatement): void {
    if (this.session.failure !== null) return
    this.session.end(statement)
    this.statement ??= statement
  }
}

const done: PeerStatement = { code: 0, reason: 'done' }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send'), bytes: fc.integer({ min: 4, max: 200 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send'), bytes: fc.integer({ min: 2000, max: 9000 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('flush'), withMessages: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('carry'), bytes: fc.integer({ min: 1, max: 1000 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'ping' }) },
  { weight: 1, arbitrary: fc.constant({ do: 'end', statement: done }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end'),
      statement: fc.constantFrom({ code: 1, reason: 'going' }, { code: 0x4001, reason: '' }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'abort' }) },
)

const plan = fc.record({
  operations: fc.array(fc.tuple(fc.boolean(), operation), { maxLength: 80 }),
  // the first end of either kind is rare enough to let some connections live
  endings: fc.boolean(),
  rekeyInterval: fc.integer({ min: 1, max: 9 }),
  last: fc.constantFrom(30, 2 ** 32 - 1),
  maxRecordBytes: fc.integer({ min: 40, max: 2000 }),
  maxChannels: fc.constantFrom(0, 10),
})

const seen = new Set<string>()

test('whatever two sides do, what arrives is what was sent, in order, once, and both agree on how it ended', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ operations, endings, rekeyInterval, last, maxRecordBytes, maxChannels }) => {
      const options = {
        // nobody here waits for credit
        limits: { ...defaultLimits, maxRecordBytes, maxChannels, channelCreditBytes: 2 ** 20 },
        recordNumbers: { rekeyInterval, last },
        keepalive: null,
      }
      const pair = await establishedPair2({ a: options, b: options })
      const [a, b] = [new Side(pair.a.session), new Side(pair.b.session)]
      for (const side of [a, b]) side.session.takeEvents()
      let now = 0
      for (const [isA, next] of operations) {
        if (!endings && (next.do === 'end' || next.do === 'abort')) continue
        // slow enough to be no flood of PING
        now += 1000
        const [side, other] = isA ? [a, b] : [b, a]
        side.act(next, other, now)
      }
      finish(a, b, now)
      for (const [side, other] of [
        [a, b],
        [b, a],
      ] as const)
        check(side, other)
    }),
    { numRuns: 400 },
  )
  // otherwise the test would have shown less than it says
  assert.deepEqual([...seen].sort(), ['CLOSED_BY_PEER 1', 'CLOSED_BY_PEER 16385', 'CLOSED_BY_PEER 5', 'done'])
})

/** Both end, if they have not, and everything is carried. */
function finish(a: Side, b: Side, now: number): void {
  for (const [side, other] of [
    [a, b],
    [b, a],
  ] as const)
    side.act({ do: 'end', statement: done }, other, now)
  for (let round = 0; round < 4; round += 1) {
    for (const [side, other] of [
      [a, b],
      [b, a],
    ] as const) {
      side.act({ do: 'flush', withMessages: true }, other, now)
      side.act({ do: 'carry', bytes: Infinity }, other, now)
    }
  }
}

function check(side: Side, other: Side): void {
  const { failure } = side.session
  assert.equal(side.session.outputEnded, true)
  // in order, once, nothing made up
  assert.deepEqual(side.received, other.sent.slice(0, side.received.length))
  assert.deepEqual(
    side.pongs,
    [...side.pongs].sort((one, another) => one - another),
  )
  assert.ok(side.pongs.length <= side.pings)

  const word = other.lastWord
  if (failure?.peer) {
    assert.equal(failure.code, 'CLOSED_BY_PEER')
    assert.deepEqual(failure.peer, word)
    // an end, with whatever code, comes after what was sent before it
    if (other.session.failure === null) assert.deepEqual(side.received, other.sent)
    seen.add(`CLOSED_BY_PEER ${failure.peer.code}`)
    return
  }
  const endedBoth = failure !== null || (side.statement !== null && side.statement.code !== 0)
  if (endedBoth) return
  // nobody broke off: all is there, and the other’s last word was heard
  assert.deepEqual(side.received, other.sent)
  assert.deepEqual(side.heard, done)
  assert.deepEqual(word, done)
  seen.add('done')
}
