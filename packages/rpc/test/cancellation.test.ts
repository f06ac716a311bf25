import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { StalkError } from '@stalk/core'
import { implement, rpc, type CallContext } from '#src/index.js'
import { aliceConnects, bobServes, code, errorOf, eventually } from './support/network.js'
import { nothingMet, Store, storeOf } from './support/store.js'

test('a signal cancels the call on both sides, with its reason as the cause, and no listener stays', async (t) => {
  const met = nothingMet()
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf(met)])), Store)
  const controller = new AbortController()
  const { signal } = controller
  await store.write({ key: 'a', value: 'b' }, { signal })
  const sleeping = store.sleep(60_000, { signal })
  const counting = store.count({ to: 900_000 }, { signal })
  await counting.next()
  await eventually(() => met.calls > 0, 'it counts')
  const reason = new Error('changed my mind')
  controller.abort(reason)
  const error = await errorOf(sleeping)
  assert.deepEqual([error.code, error.cause], ['CANCELLED', reason])
  await assert.rejects(counting.next(), code('CANCELLED'))
  assert.deepEqual(await counting.next(), { done: true, value: undefined })
  await eventually(() => met.aborted.length === 2, 'both handlers are told')
  assert.deepEqual(met.aborted, ['CANCELLED', 'CANCELLED'])
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  await assert.rejects(store.read({ key: 'a' }, { signal }), code('CANCELLED'))
  await assert.rejects(store.count({ to: 1 }, { signal }).next(), code('CANCELLED'))
  assert.deepEqual(await store.read({ key: 'a' }), { value: 'b' })
})

test('leaving the loop over answers early cancels the call, also while an answer is waited for', async (t) => {
  const met = nothingMet()
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf(met)])), Store)
  for await (const number of store.count({ to: 900_000 })) if (number === 3) break
  await eventually(() => met.aborted.length === 1, 'the handler is told')
  const echoes = store.echo(never())
  const waiting = echoes.next()
  await pause(20)
  await echoes.return()
  assert.deepEqual(await waiting, { done: true, value: undefined })
  {
    await using left = store.count({ to: 900_000 })
    await left.next()
  }
  await eventually(() => met.aborted.length === 2, 'the handler is told')
})

test('a deadline travels: the client fails in time, the handler knows it and passes on what is left', async (t) => {
  const met = nothingMet()
  const contexts: CallContext[] = []
  const options = {
    middleware: [
      async (context: CallContext, next: () => Promise<void>) => {
        contexts.push(context)
        await next()
      },
    ],
  }
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf(met)], options)), Store)
  const startedAt = Date.now()
  await assert.rejects(store.sleep(60_000, { timeoutMs: 200 }), code('DEADLINE_EXCEEDED'))
  assert.ok(Date.now() - startedAt >= 190)
  await eventually(() => met.aborted.length === 1, 'the handler is told')
  const [context] = contexts
  const givenMs = context!.deadline.getTime() - startedAt
  assert.ok(givenMs > 100 && givenMs <= 400, `${givenMs} ms`)
  const { signal, timeoutMs } = context!.callOptions()
  assert.equal(signal, context!.signal)
  assert.ok(timeoutMs! >= 1 && timeoutMs! < 150, `${String(timeoutMs)} ms are left`)
  await store.sleep(1)
  assert.ok(contexts[1]!.callOptions().timeoutMs! > 86_000_000, 'a day, where the caller says nothing')
})

test('the server’s own deadline ends calls that have none, or a longer one: DEADLINE_EXCEEDED', async (t) => {
  const met = nothingMet()
  const listener = await bobServes(t, [storeOf(met)], { limits: { maxDeadlineMs: 100 } })
  const store = rpc(await aliceConnects(t, listener), Store)
  await assert.rejects(store.sleep(60_000), code('DEADLINE_EXCEEDED'))
  await assert.rejects(store.sleep(60_000, { timeoutMs: 1_000_000 }), code('DEADLINE_EXCEEDED'))
  assert.deepEqual(met.aborted, ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'])
})

test('a handler that does not heed the signal takes its place until it is done, and its late failure harms nobody', async (t) => {
  let finish: () => void = () => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const { sleep, write } = Store.methods
  const contract = { name: 'stubborn', methods: { sleep, write } }
  const stubborn = implement(contract, {
    sleep: async () => {
      await finished
      throw new Error('too late for anybody')
    },
    write: () => null,
  })
  const listener = await bobServes(t, [stubborn], {
    limits: { maxConcurrentCalls: 1 },
    onError: (error) => assert.ok(false, String(error)),
  })
  const client = rpc(await aliceConnects(t, listener), contract)
  await assert.rejects(client.sleep(1, { timeoutMs: 50 }), code('DEADLINE_EXCEEDED'))
  await assert.rejects(client.write({ key: '', value: '' }), code('UNAVAILABLE'))
  finish()
  await eventually(() => listener.connections.size === 1, 'it goes on')
  await pause(20)
  assert.equal(await client.write({ key: '', value: '' }), null)
})

test('calls in flight fail at once with CONNECTION_LOST when the connection does, and their handlers are told', async (t) => {
  const met = nothingMet()
  const listener = await bobServes(t, [storeOf(met)])
  for (const end of ['abort', 'close', 'peer'] as const) {
    met.aborted.length = 0
    const slept = met.sleeps
    const connection = await aliceConnects(t, listener)
    const store = rpc(connection, Store)
    const counting = store.count({ to: 900_000 })
    await counting.next()
    const failing = [
      store.sleep(60_000),
      store.sum(never()),
      store.echo(never()).next(),
      (async () => {
        for await (const number of counting) assert.ok(number > 0)
      })(),
    ].map(errorOf)
    await eventually(() => met.sleeps === slept + 1, 'the handlers are at work')
    const startedAt = performance.now()
    if (end === 'abort') connection.abort()
    else if (end === 'close') void connection.close()
    else for (const server of listener.connections) server.abort()
    for (const failed of failing) {
      const error = await failed
      assert.equal(error.code, 'CONNECTION_LOST', `${end}: ${error.message}`)
      assert.ok(end === 'close' || error.cause instanceof StalkError)
    }
    assert.ok(performance.now() - startedAt < 1000)
    await eventually(() => met.aborted.length === 2, `${end}: both handlers are told`)
    await assert.rejects(store.read({ key: 'a' }), code('CONNECTION_LOST'))
    await assert.rejects(store.count({ to: 1 }).next(), code('CONNECTION_LOST'))
  }
})

test('a source of requests that fails cancels the call, which fails with its error; one that is not wanted any more is let go of', async (t) => {
  const store = rpc(await aliceConnects(t, await bobServes(t, [storeOf()])), Store)
  const boom = new Error('boom')
  const failing = async function* (): AsyncGenerator<number> {
    yield await Promise.resolve(1)
    throw boom
  }
  await assert.rejects(store.sum(failing()), boom)
  let isLetGo = false
  const endless = async function* (): AsyncGenerator<number> {
    try {
      for (let count = 0; ; count += 1) yield await Promise.resolve(count === 10 ? -1 : count)
    } finally {
      isLetGo = true
    }
  }
  await assert.rejects(store.sum(endless()), code('NEGATIVE'))
  await eventually(() => isLetGo, 'the source is told')
  await assert.rejects(store.sum(null as never), TypeError)
  await assert.rejects(store.sum([1, 'two' as never]), /^TypeError: store\.sum: request: expected a number/u)
  await assert.rejects(store.read({ key: 5 as never }), TypeError)
  assert.throws(() => store.count({ to: 'x' as never }), /^TypeError: store\.count: request\.to: expected a number/u)
})

async function* never(): AsyncGenerator<never> {
  yield await new Promise<never>(() => undefined)
}
