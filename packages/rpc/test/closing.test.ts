// What becomes of calls when a side closes the connection, or its listener closes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { integer, nothing } from '@stalk/spack/schema'
import { implement, rpc, serve, serverStream, service, unary } from '#src/index.js'
import { aliceConnects, bobServes, code, errorOf, eventually, pair } from './support/network.js'
import { nothingMet, Store, storeOf } from './support/store.js'

test('closing a connection cancels its calls on both sides at once, also answers that nobody asks for', async (t) => {
  const met = nothingMet()
  const connection = await aliceConnects(t, await bobServes(t, [storeOf(met)]))
  const store = rpc(connection, Store)
  const sleeping = errorOf(store.sleep(60_000))
  const counting = store.count({ to: 900_000 })
  await counting.next()
  await eventually(() => met.sleeps === 1 && met.calls > 0, 'both are under way')
  const startedAt = performance.now()
  await connection.close()
  assert(performance.now() - startedAt < 2_500, 'nobody waits for calls that nobody wants')
  assert.deepEqual(met.aborted, ['CANCELLED', 'CANCELLED'])
  const error = await sleeping
  assert.equal(error.code, 'CONNECTION_LOST')
  assert.match(error.message, /closed on this side/u)
  await assert.rejects(counting.next(), code('CONNECTION_LOST'))
})

test('a handler learns that its own side closes the connection, and nothing is reported as its failure', async (t) => {
  const met = nothingMet()
  const { client, server } = await pair(t)
  const reported: unknown[] = []
  const serving = serve(server, [storeOf(met)], { onError: (error) => reported.push(error) })
  const store = rpc(client, Store)
  const sleeping = errorOf(store.sleep(60_000))
  const counting = store.count({ to: 900_000 })
  await counting.next()
  await eventually(() => met.sleeps === 1, 'it sleeps')
  const closing = server.close({ timeoutMs: 2_000 })
  await eventually(() => met.aborted.length === 2, 'both handlers are told')
  assert.deepEqual(met.aborted, ['CONNECTION_LOST', 'CONNECTION_LOST'])
  assert.equal((await sleeping).code, 'CONNECTION_LOST')
  await client.close()
  await closing
  await serving
  assert.deepEqual(reported, [])
})

const Clock = service('clock', {
  ticks: serverStream({ request: nothing, response: integer }),
  slow: unary({ request: integer, response: integer }),
})

test('when its listener closes a handler hears of it, ends its stream in good order, and new calls are refused with that reason', async (t) => {
  const clock = implement(Clock, {
    async *ticks(_request, { ending }) {
      for (let count = 0; !ending.aborted; count += 1) {
        yield count
        await pause(1)
      }
      yield -1
    },
    async slow(milliseconds, { ending, signal }) {
      await pause(milliseconds)
      assert(ending.aborted && !signal.aborted)
      return milliseconds
    },
  })
  const reported: unknown[] = []
  const listener = await bobServes(t, [clock], { onError: (error) => reported.push(error) })
  const client = rpc(await aliceConnects(t, listener), Clock)
  const ticks = client.ticks(null)
  await ticks.next()
  const slow = client.slow(200)
  // asked after it, on the same connection: the slow one has begun
  await client.ticks(null).next()
  const closed = listener.close({ timeoutMs: 60_000 })
  const refused = await errorOf(client.slow(1))
  assert.equal(refused.code, 'UNAVAILABLE')
  assert.match(refused.message, /shutting down/u)
  let last = 0
  for await (const tick of ticks) last = tick
  assert.equal(last, -1)
  assert.equal(await slow, 200)
  await closed
  assert.deepEqual(reported, [])
})

test('a stream without end is cut when the listener has waited long enough, and that is no failure of its handler', async (t) => {
  const met = nothingMet()
  const reported: unknown[] = []
  const listener = await bobServes(t, [storeOf(met)], { onError: (error) => reported.push(error) })
  const store = rpc(await aliceConnects(t, listener), Store)
  const counting = store.count({ to: 900_000 })
  await counting.next()
  await listener.close({ timeoutMs: 100 })
  await eventually(() => met.aborted.length === 1, 'the handler is told')
  assert.deepEqual(met.aborted, ['CONNECTION_LOST'])
  await assert.rejects(async () => {
    for await (const number of counting) assert(number > 0)
  }, code('CONNECTION_LOST'))
  assert.deepEqual(reported, [])
})

test('where the caller’s time is over first, its handler is told that, and not that the caller lost interest', async (t) => {
  const met = nothingMet()
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf(met)])), Store)
  for (let count = 0; count < 20; count += 1) {
    await assert.rejects(store.sleep(60_000, { timeoutMs: 5 }), code('DEADLINE_EXCEEDED'))
  }
  await eventually(() => met.aborted.length === met.sleeps, 'all handlers are told')
  assert.deepEqual([...new Set(met.aborted)], ['DEADLINE_EXCEEDED'])
})

test('a server is done with a caller that ends the connection in the middle of a call', async (t) => {
  const { client, server } = await pair(t)
  const serving = serve(server, [storeOf()], { onError: () => undefined })
  const sum = rpc(client, Store).sum(endless())
  const failing = assert.rejects(sum)
  await pause(50)
  await client.end()
  await serving
  await server.close()
  await failing
})

async function* endless(): AsyncGenerator<number> {
  yield 1
  await new Promise<never>(() => undefined)
}
