// stalk-pipe/1 between `transfer` and a peer that says what the test wants.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import test, { after } from 'node:test'
import { connect, Identity, listen, Spack, type Connection } from '@stalk/core'
import { transfer, type OnProgress, type PipeSink, type PipeSource } from '#src/pipe-transfer.js'

const identity = await Identity.generate({ type: 'ed25519' })
const accepted: ((connection: Connection) => void)[] = []
const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    accepted.shift()?.(connection)
    await connection.closed
  },
  { identity, allowAnonymous: true, onError: () => undefined },
)

after(() => listener.close({ timeoutMs: 100 }))

/** Both sides of a connection: ours, and the peer's. */
async function pair(): Promise<[ours: Connection, theirs: Connection]> {
  const theirs = new Promise<Connection>((resolve) => accepted.push(resolve))
  const ours = await connect('127.0.0.1', listener.port, { anonymous: true, serverIdentity: identity })
  return [ours, await theirs]
}

function source(size: number | null, ...chunks: readonly Uint8Array[]): PipeSource {
  return { chunks: Readable.from(chunks), size }
}

class Collected implements PipeSink {
  readonly chunks: Uint8Array[] = []
  finished = false

  write(chunk: Uint8Array): Promise<void> {
    this.chunks.push(chunk)
    return Promise.resolve()
  }

  finish(): Promise<void> {
    this.finished = true
    return Promise.resolve()
  }
}

const ignore: OnProgress = () => undefined

function end(bytes: Uint8Array): Spack {
  return new Spack().integer(bytes.length).bytes(createHash('sha256').update(bytes).digest())
}

test('two sides carry bytes of any length both ways, and both are told how far they are', async () => {
  const [ours, theirs] = await pair()
  const [there, back] = [randomBytes(1_000_000), randomBytes(10)]
  const [ourSink, theirSink] = [new Collected(), new Collected()]
  const told: Parameters<OnProgress>[] = []
  const tell: OnProgress = (...progress) => told.push(progress)
  await Promise.all([
    transfer(ours, source(1_000_000, there.subarray(0, 1), there.subarray(1)), ourSink, tell),
    transfer(theirs, source(null, back, new Uint8Array()), theirSink, ignore),
  ])
  assert.ok(Buffer.concat(theirSink.chunks).equals(there) && Buffer.concat(ourSink.chunks).equals(back))
  assert.deepEqual([ourSink.finished, theirSink.finished], [true, true])
  assert.deepEqual(told.at(0), ['sent', 1, 1_000_000])
  assert.deepEqual(
    told.filter(([direction]) => direction === 'received'),
    [['received', 10, null]],
  )
  assert.ok(
    theirSink.chunks.every((chunk) => chunk.length <= 65_536),
    'as SPEC asks',
  )
  await Promise.all([ours.close(), theirs.close()])
})

test('what is sent is, in this order: the size if it is known, pieces, the end; then CLOSE, once everything of the peer is here', async () => {
  const [ours, theirs] = await pair()
  const bytes = new Uint8Array([1, 2, 3])
  const sink = new Collected()
  let isOver = false
  const carried = transfer(ours, source(3, bytes), sink, ignore).then(() => (isOver = true))
  const received = [await theirs.receive(), await theirs.receive(), await theirs.receive()]
  assert.deepEqual(
    received.map((message) => message?.elements.map(({ type, value }) => [type, value])),
    [
      [['integer', 3]],
      [['byte[]', bytes]],
      end(bytes).elements.map(({ type, value }) => [type, value instanceof Uint8Array ? new Uint8Array(value) : value]),
    ],
  )
  await theirs.ping()
  assert.deepEqual([isOver, sink.finished], [false, false])
  theirs.send(end(new Uint8Array()))
  assert.equal(await theirs.receive(), null)
  assert.deepEqual([isOver, sink.finished], [false, true])
  await theirs.end()
  await carried
  await Promise.all([ours.close(), theirs.close()])
})

const data = new Uint8Array([1, 2, 3])
const broken: readonly (readonly [what: string, messages: readonly Spack[], code: string])[] = [
  ['ends without an end message', [new Spack().bytes(data)], 'PIPE_CUT'],
  ['sent fewer bytes than it says', [new Spack().bytes(data), end(new Uint8Array(4))], 'PIPE_DAMAGED'],
  ['sent other bytes than it says', [new Spack().bytes(data), end(new Uint8Array(3))], 'PIPE_DAMAGED'],
  ['sends a message of another kind', [new Spack().string('hi')], 'PIPE_DAMAGED'],
  ['sends a message of more elements', [new Spack().integer(0).bytes(new Uint8Array(32)).byte(0)], 'PIPE_DAMAGED'],
  ['sends an empty piece', [new Spack().bytes(new Uint8Array())], 'PIPE_DAMAGED'],
  ['sends a negative number of bytes', [new Spack().integer(-1)], 'PIPE_DAMAGED'],
  ['sends a number of bytes beyond 2^53', [new Spack().integer(2n ** 60n)], 'PIPE_DAMAGED'],
  ['announces its size late', [new Spack().bytes(data), new Spack().integer(3)], 'PIPE_DAMAGED'],
  ['goes on after its end', [new Spack().bytes(data), end(data), new Spack().bytes(data)], 'PIPE_DAMAGED'],
]
for (const [what, messages, code] of broken) {
  test(`a peer that ${what} is ${code}`, async () => {
    const [ours, theirs] = await pair()
    const sink = new Collected()
    for (const message of messages) theirs.send(message)
    if (code === 'PIPE_CUT') await theirs.end()
    await assert.rejects(transfer(ours, null, sink, ignore), { code, exitCode: 5 })
    assert.equal(sink.finished, what === 'goes on after its end')
    ours.abort()
  })
}

test('bytes that nobody wants are PIPE_UNWANTED; an end without bytes is none of them', async () => {
  const [ours, theirs] = await pair()
  theirs.send(new Spack().bytes(data))
  await assert.rejects(transfer(ours, null, null, ignore), { code: 'PIPE_UNWANTED' })
  ours.abort()
  const [left, right] = await pair()
  await Promise.all([transfer(left, null, null, ignore), transfer(right, null, null, ignore)])
  await Promise.all([left.close(), right.close()])
})

test('what the source or the sink throws ends the transfer', async () => {
  const failure = new Error('the disk is full')
  const fail = (): Promise<never> => Promise.reject(failure)
  const sinks: PipeSink[] = [
    { write: fail, finish: fail },
    { write: () => Promise.resolve(), finish: fail },
  ]
  for (const sink of sinks) {
    const [ours, theirs] = await pair()
    theirs.send(new Spack().bytes(data))
    theirs.send(end(data))
    await assert.rejects(transfer(ours, null, sink, ignore), failure)
    ours.abort()
  }
})
