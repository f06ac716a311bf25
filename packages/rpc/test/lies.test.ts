// Peers that lie: on the wire anybody can say anything. Each lie costs the call it is told on, and nothing else.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Spack, type Channel, type Connection } from '@stalk/core'
import { rpc, serve, type Client } from '#src/index.js'
import { encoded, MethodWire, headSchema, resetCodes, writePlainFailure, type Answer } from '#src/wire.js'
import { aliceConnects, bobServes, errorOf, pair } from './support/network.js'
import { Store, storeOf } from './support/store.js'

const wire = new MethodWire('store.read', Store.methods.read)
const head = headSchema(1 << 20, 1 << 10).encode({})
const goodRequest = wire.writeRequest({ key: 'a' })
const goodAnswer = wire.writeItem({ value: 'b' })

/** What a side says on the channel of a call. */
type Saying = readonly (Spack | Uint8Array | 'end' | { readonly code: number })[]

function say(channel: Channel, saying: Saying): void {
  try {
    for (const part of saying) {
      if (part === 'end') channel.end().catch(() => undefined)
      else if (part instanceof Spack) channel.send(part)
      else if (part instanceof Uint8Array) channel.sendTyped(encoded, part)
      else channel.abort(part)
    }
  } catch (error) {
    // the peer has given it up meanwhile
    if (channel.error === null) throw error
  }
}

/** A client of a peer that answers each call with what it is told to. */
async function lyingServer(t: TestContext, answers: (channel: Channel) => Saying): Promise<Client<typeof Store>> {
  const { client, server } = await pair(t)
  void (async () => {
    for await (const channel of server.channels()) say(channel, answers(channel))
  })().catch(() => undefined)
  return rpc(client, Store)
}

test('a server that lies gets the call RESPONSE_INVALID, whatever it says', async (t) => {
  const undeclared = writePlainFailure('NEVER_HEARD_OF', 'x')
  const sayings: Record<string, Saying> = {
    'no answer': ['end'],
    'an answer of another kind': [new MethodWire('store.count', Store.methods.count).writeItem(5), 'end'],
    'nothing at all': [new Spack(), 'end'],
    'a number': [new Spack().integer(1), 'end'],
    'two answers': [goodAnswer, goodAnswer, 'end'],
    'an error after an answer': [goodAnswer, writePlainFailure('FORBIDDEN', 'x'), 'end'],
    'an answer after an error': [writePlainFailure('FORBIDDEN', 'x'), goodAnswer, 'end'],
    'an error that is not in the contract': [undeclared, 'end'],
    'an error that only this side can find': [writePlainFailure('CONNECTION_LOST', 'x'), 'end'],
    'an error without its details': [writePlainFailure('NOT_FOUND', 'x'), 'end'],
    'a list that looks like one': [new Spack().list(['error', ['NOT_FOUND', 'message', 5]]), 'end'],
  }
  for (const [name, saying] of Object.entries(sayings)) {
    const store = await lyingServer(t, () => saying)
    const error = await errorOf(store.read({ key: 'a' }))
    assert.equal(error.code, 'RESPONSE_INVALID', `${name}: ${error.message}`)
  }
})

test('what a reset says is told by its code, and an unknown code is INTERNAL', async (t) => {
  const codes = {
    [resetCodes.cancelled]: 'CANCELLED',
    [resetCodes.refused]: 'UNAVAILABLE',
    [resetCodes.methodUnknown]: 'METHOD_UNKNOWN',
    [resetCodes.deadlineExceeded]: 'DEADLINE_EXCEEDED',
    [2]: 'INTERNAL',
    [0x7777]: 'INTERNAL',
  }
  let code = 0
  const store = await lyingServer(t, () => [{ code }])
  for (const [given, expected] of Object.entries(codes)) {
    code = Number(given)
    assert.equal((await errorOf(store.read({ key: 'a' }))).code, expected)
  }
})

test('a stream that goes on after its error, or never ends, ends for whoever reads it', async (t) => {
  const count = new MethodWire('store.count', Store.methods.count)
  const [item, tooFar] = [count.writeItem(1), count.writeFailure({ code: 'TOO_FAR', message: 'far', details: 5 })]
  const store = await lyingServer(t, () => [item, tooFar, item, item])
  const answers = store.count({ to: 3 })
  assert.deepEqual(await answers.next(), { done: false, value: 1 })
  const error = await errorOf(answers.next())
  assert.deepEqual([error.code, error.details], ['TOO_FAR', 5])
  assert.deepEqual(await answers.next(), { done: true, value: undefined })
  for await (const value of store.count({ to: 3 })) {
    assert.equal(value, 1)
    break
  }
})

/** What the server answers to a caller that says this; null: it gave the call up. */
async function answerTo(connection: Connection, saying: Saying): Promise<Answer | { readonly reset: number } | null> {
  const channel = connection.openChannel('rpc store.read')
  say(channel, saying)
  try {
    return await channel.receiveTyped(wire.answers)
  } catch {
    return { reset: (channel.error as { peer?: { code: number } } | null)?.peer?.code ?? -1 }
  } finally {
    channel.abort()
  }
}

test('a client that lies is told REQUEST_INVALID, whatever it says, and others are served meanwhile', async (t) => {
  const listener = await bobServes(t, [storeOf()], { limits: { headTimeoutMs: 100 }, onError: unexpected })
  const connection = await aliceConnects(t, listener)
  const heads = headSchema(1 << 22, 1 << 14)
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`name-${index}`, '']))
  const sayings: Record<string, Saying> = {
    'no head': ['end'],
    'a head that is none': [new Spack().string('hello'), goodRequest, 'end'],
    'a head without fields': [new Spack().integer(-5), goodRequest, 'end'],
    'no time': [heads.encode({ deadlineMs: 0 }), goodRequest, 'end'],
    'less than none': [heads.encode({ deadlineMs: -(2 ** 52) }), goodRequest, 'end'],
    'much metadata': [heads.encode({ metadata: { name: 'x'.repeat(9000) } }), goodRequest, 'end'],
    'many metadata': [heads.encode({ metadata: many }), goodRequest, 'end'],
    'no request': [head, 'end'],
    'a request of another kind': [head, new MethodWire('store.sum', Store.methods.sum).writeRequest(5), 'end'],
    'an empty one': [head, new Spack(), 'end'],
    'two requests': [head, goodRequest, goodRequest, 'end'],
  }
  for (const [name, saying] of Object.entries(sayings)) {
    const answer = await answerTo(connection, saying)
    assert.ok(answer !== null && 'type' in answer && answer.type === 'error', name)
    assert.equal(answer.value.code, 'REQUEST_INVALID', `${name}: ${answer.value.message}`)
  }
  assert.deepEqual(await answerTo(connection, []), { reset: resetCodes.deadlineExceeded })
  const longest = await answerTo(connection, [
    heads.encode({ deadlineMs: Number.MAX_SAFE_INTEGER }),
    goodRequest,
    'end',
  ])
  assert.ok(longest !== null && 'type' in longest && longest.type === 'error' && longest.value.code === 'NOT_FOUND')
  await rpc(connection, Store).write({ key: 'a', value: 'b' })
  assert.deepEqual(await rpc(connection, Store).read({ key: 'a' }), { value: 'b' })
})

test('a client cannot have more calls at once, or more requests in one, than the limits say', async (t) => {
  const limits = { maxConcurrentCalls: 2, maxRequests: 10 }
  const listener = await bobServes(t, [storeOf()], { limits, onError: unexpected })
  const store = rpc(await aliceConnects(t, listener), Store)
  const calls = Array.from({ length: 5 }, () => store.sleep(200))
  const outcomes = await Promise.allSettled(calls)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  assert.deepEqual(
    refused.map((outcome) => ((outcome as PromiseRejectedResult).reason as { code: string }).code),
    ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  )
  assert.equal(await store.sum(Array.from({ length: 10 }, () => 1)), 10)
  assert.equal((await errorOf(store.sum(Array.from({ length: 11 }, () => 1)))).code, 'REQUEST_INVALID')
})

/** Reproducible, and without any quality. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % below
  }
}

/** A random value, of which some are nearly right. */
function anything(random: (below: number) => number): Spack | Uint8Array {
  const parts = [
    () => goodRequest,
    () => goodAnswer,
    () => head,
    () => new Spack(),
    () => new Spack().list([['item', null], [null]].slice(random(2))),
    () => new Spack().string('x'.repeat(random(3000))),
    () =>
      new Spack()
        .integer(random(100) - 50)
        .list([])
        .null(),
    () => writePlainFailure(['INTERNAL', 'NOT_FOUND', 'CANCELLED', ''][random(4)] ?? '', 'text'),
    () => new Spack().map({ type: 'item', value: { value: random(9) } }),
    () => new Spack().bytes(new Uint8Array(random(200))),
  ]
  return (parts[random(parts.length)] ?? parts[3]!)()
}

function anySaying(random: (below: number) => number): Saying {
  const parts: (Spack | Uint8Array | 'end' | { code: number })[] = Array.from({ length: random(5) }, () =>
    anything(random),
  )
  if (random(3) > 0) parts.push('end')
  else if (random(2) > 0) parts.push({ code: [0, 1, 2, 0x4000, 0x4001, 0xffff][random(6)] ?? 0 })
  return parts
}

test('2,000 random sayings of each side: every call ends, with a known code or a right answer, and the connection goes on', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): number => warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const random = seeded(20_261)
  const { client, server } = await pair(t)
  const serving = serve(server, [storeOf()], { limits: { headTimeoutMs: 30 }, onError: () => undefined })
  const lying = (async () => {
    for await (const channel of client.channels()) say(channel, anySaying(random))
  })()
  const lies = rpc(server, Store)
  const known = ['CANCELLED', 'DEADLINE_EXCEEDED', 'METHOD_UNKNOWN', 'RESPONSE_INVALID', 'INTERNAL', 'UNAVAILABLE']
  const fine = new Set([...known, 'REQUEST_INVALID', 'NOT_FOUND', 'TOO_FAR', 'NEGATIVE'])
  const names = ['read', 'write', 'sleep', 'count', 'sum', 'echo', 'nothing', '', 'stalk.describe']
  for (let round = 0; round < 200; round += 1) {
    const ofClient = Array.from({ length: 10 }, async () => {
      const channel = client.openChannel(`rpc store.${names[random(names.length)] ?? ''}`)
      say(channel, anySaying(random))
      const ended = setTimeout(() => channel.abort(), 60)
      while ((await channel.receive().catch(() => null)) !== null);
      clearTimeout(ended)
      channel.abort()
    })
    const options = { timeoutMs: 60 }
    const ofServer = Array.from({ length: 10 }, async (_, index) => {
      const call = [
        () => lies.read({ key: 'a' }, options),
        () => lies.sum([1, 2], options),
        async () => {
          for await (const answer of lies.count({ to: 2 }, options)) assert.equal(typeof answer, 'number')
        },
        async () => {
          for await (const answer of lies.echo(['a'], options)) assert.equal(typeof answer, 'string')
        },
      ][index % 4]!
      const error = await call().then(
        () => null,
        (thrown: unknown) => thrown as { code: string; message: string },
      )
      assert.ok(error === null || fine.has(error.code), `${error?.code ?? ''} ${error?.message ?? ''}`)
    })
    await Promise.all([...ofClient, ...ofServer])
  }
  assert.deepEqual([client.error, server.error, warnings], [null, null, []])
  await rpc(client, Store).write({ key: 'a', value: 'b' })
  assert.deepEqual(await rpc(client, Store).read({ key: 'a' }), { value: 'b' })
  await client.close({ timeoutMs: 100 })
  await Promise.all([serving, lying])
})

function unexpected(error: unknown): never {
  throw new Error('nothing was to fail here', { cause: error })
}
