// Code around calls that is careless: a middleware that does not wait, a handler that throws anything, an argument that is none.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { StalkError } from '@stalk/core'
import { integer, string } from '@stalk/spack/schema'
import {
  clientStream,
  implement,
  rpc,
  rpcErrorTable,
  RpcError,
  serve,
  service,
  unary,
  type Middleware,
  type ServeErrorInfo,
} from '#src/index.js'
import { aliceConnects, bobServes, code, errorOf, eventually, pair } from './support/network.js'
import { nothingMet, Store, storeOf } from './support/store.js'

test('a middleware that does not wait for next() changes nothing about the call, and nothing goes unhandled', async (t) => {
  const hasty: Middleware = (_context, next) => {
    void next()
  }
  const met = nothingMet()
  const heard: unknown[] = []
  const onError = (error: unknown): unknown => heard.push(error)
  const listener = await bobServes(t, [storeOf(met)], { middleware: [hasty, hasty], onError })
  const store = rpc(await aliceConnects(t, listener), Store)
  assert.equal(await store.sleep(20), 20)
  assert.equal((await errorOf(store.read({ key: 'a' }))).code, 'NOT_FOUND')
  await assert.rejects(store.fail('x'), code('INTERNAL'))
  assert.equal(heard.length, 1)
  const numbers: number[] = []
  for await (const number of store.count({ to: 3 })) numbers.push(number)
  assert.deepEqual(numbers, [1, 2, 3])
})

test('a handler that a middleware gives up works for nobody: its signal aborts, and it takes its place until it is done', async (t) => {
  const met = nothingMet()
  const impatient: Middleware = async (_context, next) => {
    await Promise.race([next(), pause(20)])
    throw new RpcError('FORBIDDEN', 'that takes too long')
  }
  const listener = await bobServes(t, [storeOf(met)], { middleware: [impatient], onError: () => undefined })
  const store = rpc(await aliceConnects(t, listener), Store)
  await assert.rejects(store.sleep(60_000), code('INTERNAL'))
  await eventually(() => met.aborted.length === 1, 'the handler is told')
  assert.deepEqual(met.aborted, ['CANCELLED'])
})

test('a channel for which onChannel throws is given up, and so the peer learns of it', async (t) => {
  const onChannel = (): never => {
    throw new Error('not like that')
  }
  const infos: ServeErrorInfo[] = []
  const listener = await bobServes(t, [], { onChannel, onError: (_error, info) => infos.push(info) })
  const connection = await aliceConnects(t, listener)
  const error = await connection
    .openChannel('something')
    .receive()
    .catch((thrown: unknown) => thrown as StalkError)
  assert.deepEqual(
    [error instanceof StalkError && error.code, error instanceof StalkError && error.peer?.code],
    ['CHANNEL_RESET', 2],
  )
  assert.deepEqual(
    infos.map(({ method }) => method),
    [null],
  )
})

test('whatever a handler throws is told where it happened, with its text', async (t) => {
  const nasty = new Error()
  Object.defineProperty(nasty, 'message', {
    get() {
      throw new Error('from the getter')
    },
  })
  const thrown: unknown[] = ['oops', null, nasty, Object.create(null), Proxy.revocable({}, {}).proxy]
  const Nasty = service('nasty', { take: unary({ request: integer, response: integer }) })
  const nastily = implement(Nasty, {
    take(index) {
      throw thrown[index]
    },
  })
  const warnings: string[] = []
  const onWarning = ({ message }: Error): unknown => warnings.push(message)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const client = rpc(await aliceConnects(t, await bobServes(t, [nastily])), Nasty)
  for (const index of thrown.keys()) await assert.rejects(client.take(index), code('INTERNAL'))
  await eventually(() => warnings.length === thrown.length, 'all of them are told')
  assert.deepEqual(warnings.slice(0, 2), [
    'the handler of nasty.take failed: oops',
    'the handler of nasty.take failed: null',
  ])
})

test('an error whose details are too large to send is INTERNAL for the caller, and onError hears why', async (t) => {
  const Large = service('large', { take: unary({ request: integer, response: integer, errors: { LARGE: string } }) })
  const large = implement(Large, {
    take(length, context) {
      throw context.error('LARGE', 'too large', 'x'.repeat(length))
    },
  })
  const heard: unknown[] = []
  const listener = await bobServes(t, [large], { onError: (error) => heard.push(error) })
  const client = rpc(await aliceConnects(t, listener), Large)
  assert.equal((await errorOf(client.take(10))).code, 'LARGE')
  const error = await errorOf(client.take(20_000_000))
  assert.equal(error.code, 'INTERNAL')
  await eventually(() => heard.length === 1, 'the server is told')
  assert.match(String(heard[0]), /large\.take: answer\.error\.details: .* exceeds the limit/u)
})

test('what a source of requests throws is what the call fails with, also if it is an error of another connection', async (t) => {
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf()])), Store)
  for (const thrown of [new StalkError('CONNECTION_LOST', 'that of somewhere else'), 'a text', null]) {
    const failing = async function* (): AsyncGenerator<number> {
      yield await Promise.resolve(1)
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything may be thrown
      throw thrown
    }
    await assert.rejects(store.sum(failing()), (error) => error === thrown || Object.is(error, thrown))
  }
})

test('a request that is none of its kind names the method and the place, and its stack the caller', async (t) => {
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf()])), Store)
  const callBadly = async (): Promise<unknown> => store.read({ key: 5 as never })
  const error = await callBadly().catch((thrown: unknown) => thrown as Error)
  assert(error instanceof TypeError)
  assert.match(error.message, /^store\.read: request\.key: expected a string/u)
  assert.match(error.stack ?? '', /callBadly/u)
})

test('errors say whose doing they are; those of a contract leave that to the contract', () => {
  for (const [name, { fault }] of Object.entries(rpcErrorTable)) assert.equal(new RpcError(name, '').fault, fault)
  assert.equal(new RpcError('NOT_FOUND', '').fault, null)
})

test('arguments that are none are TypeErrors that say what is expected', async (t) => {
  const { client: connection } = await pair(t)
  const store = storeOf()
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => rpc(connection, undefined as never), /rpc takes a contract/u],
    [() => rpc(connection, store as never), /rpc takes a contract/u],
    [() => rpc({} as never, Store), /rpc takes a connection/u],
    [() => rpc(undefined as never, Store), /rpc takes a connection/u],
    [() => rpc(Promise.resolve(connection) as never, Store), /this is a promise, await it/u],
    [() => implement(undefined as never, {}), /implement takes a contract/u],
    [() => implement(Store, undefined as never), /the handlers of store are an object/u],
    [() => serve(connection, store as never), /serve takes a list of implementations/u],
    [() => serve(connection, [Store as never]), /serve takes a list of implementations/u],
    [() => unary({ request: integer, response: integer, idempotent: 'yes' as never }), /idempotent is true or false/u],
  ]
  for (const [make, expected] of wrong)
    assert.throws(make, (error) => error instanceof TypeError && expected.test(error.message))
  const One = service('one', { take: clientStream({ request: integer, response: integer }) })
  const extra = { take: () => 1, taek: () => 1 }
  assert.throws(() => implement(One, extra), /one has no method taek; there are take/u)
  const client = rpc(connection, Store)
  await assert.rejects(client.sleep(1, { signal: new AbortController() as never }), /signal must be an AbortSignal/u)
})

test('what a middleware keeps to itself is a failure all the same: no cut stream looks whole', async (t) => {
  const silent: Middleware = async (_context, next) => {
    await next().catch(() => undefined)
  }
  const heard: unknown[] = []
  const onError = (error: unknown): unknown => heard.push(error)
  const met = nothingMet()
  const store = rpc(
    await aliceConnects(t, await bobServes(t, [storeOf(met)], { middleware: [silent], onError })),
    Store,
  )
  await assert.rejects(store.fail('x'), code('INTERNAL'))
  await assert.rejects(store.read({ key: 'nothing' }), code('NOT_FOUND'))
  assert.equal(heard.length, 1)
})

test('a stream of requests is let go of if its call is never made', async (t) => {
  const connection = await aliceConnects(t, await bobServes(t, [storeOf()]))
  const store = rpc(connection, Store)
  let isLetGo = 0
  const source = (): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: 1 }),
      return: () => {
        isLetGo += 1
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  })
  await assert.rejects(store.sum(source(), { signal: AbortSignal.abort() }), code('CANCELLED'))
  await assert.rejects(store.sum(source(), { metadata: { a: 5 as never } }), TypeError)
  await connection.close()
  await assert.rejects(store.sum(source()), code('CONNECTION_LOST'))
  assert.equal(isLetGo, 3)
})

test('many calls may share a signal: it has one listener, and none when they are over', async (t) => {
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf()])), Store)
  const controller = new AbortController()
  const { signal } = controller
  const calls = Array.from({ length: 50 }, (_, index) => store.sleep(60_000 + index, { signal }))
  const quick = store.sleep(1, { signal })
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  await quick
  controller.abort()
  for (const call of calls) await assert.rejects(call, code('CANCELLED'))
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('requests of calls that are not over are bounded in bytes: others wait where they count as unread', async (t) => {
  const One = service('one', { take: unary({ request: string, response: integer }) })
  let running = 0
  let mayEnd = (): void => undefined
  const ending = new Promise<void>((resolve) => (mayEnd = resolve))
  const one = implement(One, {
    async take(text) {
      running += 1
      await ending
      return text.length
    },
  })
  const listener = await bobServes(t, [one], { limits: { maxHeldBytes: 100_000 } })
  const client = rpc(await aliceConnects(t, listener), One)
  const calls = Array.from({ length: 20 }, () => client.take('x'.repeat(50_000)))
  await eventually(() => running >= 2, 'the first are under way')
  await pause(100)
  assert(running < 6, `${running} run`)
  mayEnd()
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([50_000]))
})

test('a handler does not begin once its call was answered, and errors inside of a hasty middleware are not lost', async (t) => {
  const late: Middleware = async (_context, next) => {
    await pause(50)
    await next()
  }
  const impatient: Middleware = async (_context, next) => {
    void next()
    await pause(5)
    throw new RpcError('FORBIDDEN', 'that takes too long')
  }
  const met = nothingMet()
  const ignored = { onError: () => undefined }
  const listener = await bobServes(t, [storeOf(met)], { middleware: [impatient, late], ...ignored })
  const store = rpc(await aliceConnects(t, listener), Store)
  await assert.rejects(store.write({ key: 'a', value: 'b' }), code('INTERNAL'))
  await pause(100)
  assert.equal(met.values.size, 0)
  const hasty: Middleware = async (_context, next) => {
    void next()
    await pause(30)
  }
  const failing: Middleware = async (_context, next) => {
    await next()
    throw new RpcError('FORBIDDEN', 'after all')
  }
  const heard: unknown[] = []
  const other = await bobServes(t, [storeOf()], { middleware: [hasty, failing], onError: (error) => heard.push(error) })
  await assert.rejects(rpc(await aliceConnects(t, other), Store).sleep(1), code('INTERNAL'))
  assert.equal(heard.length, 1)
})

test('a head that is too large costs no channel', async (t) => {
  const listener = await bobServes(t, [storeOf()], {}, { limits: { maxChannels: 3, maxMessageBytes: 1000 } })
  const store = rpc(await aliceConnects(t, listener), Store)
  const metadata = { large: 'x'.repeat(2000) }
  for (let count = 0; count < 10; count += 1) {
    await assert.rejects(store.sleep(1, { metadata }), { code: 'MESSAGE_TOO_LARGE' })
    // it counts until the peer is told
    await pause(5)
  }
  assert.equal(await store.sleep(1), 1)
})

test('answers that nobody wants any more take no memory, also if all of them have come', async (t) => {
  const store = rpc(
    await aliceConnects(t, await bobServes(t, [storeOf()]), { limits: { maxChannelBytes: 1000 } }),
    Store,
  )
  for (let count = 0; count < 50; count += 1) {
    for await (const number of store.count({ to: 20 })) {
      assert.equal(number, 1)
      if (count % 2 === 0) await pause(5)
      break
    }
  }
  assert.equal(await store.sleep(1), 1)
})
