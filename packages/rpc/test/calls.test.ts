import assert from 'node:assert/strict'
import { test } from 'node:test'
import { implement, isErrorOf, rpc, serve } from '#src/index.js'
import { aliceConnects, alice, bobServes, code, errorOf, pair } from './support/network.js'
import { Store, storeOf } from './support/store.js'

test('all four kinds of methods answer, many calls at once on one connection', async (t) => {
  const listener = await bobServes(t, [storeOf()])
  const connection = await aliceConnects(t, listener)
  const store = rpc(connection, Store)
  assert.equal(await store.write({ key: 'a', value: 'é' }), null)
  assert.deepEqual(await store.read({ key: 'a' }), { value: 'é' })
  const counted: number[] = []
  for await (const number of store.count({ to: 5 })) counted.push(number)
  assert.deepEqual(counted, [1, 2, 3, 4, 5])
  assert.equal(await store.sum([1, 2, 3]), 6)
  assert.equal(await store.sum([]), 0)
  const echoed: string[] = []
  for await (const text of store.echo(['x', 'y'])) echoed.push(text)
  assert.deepEqual(echoed, ['x!', 'y!'])
  const answers = await Promise.all(Array.from({ length: 200 }, () => store.read({ key: 'a' })))
  assert.equal(answers.length, 200)
  await connection.close()
})

test('errors of the contract travel with their details, others as INTERNAL without their text, which onError hears', async (t) => {
  const heard: unknown[] = []
  const listener = await bobServes(t, [storeOf()], { onError: (error, { method }) => heard.push(method, error) })
  const store = rpc(await aliceConnects(t, listener), Store)
  const missing = await errorOf(store.read({ key: 'x' }))
  assert.ok(isErrorOf(Store.methods.read, missing) && missing.code === 'NOT_FOUND')
  assert.deepEqual([missing.details, missing.message], [{ key: 'x' }, 'there is no such key'])
  const forbidden = await errorOf(store.read({ key: 'secret' }))
  assert.deepEqual([forbidden.code, forbidden.details], ['FORBIDDEN', undefined])
  await assert.rejects(store.sum([1, -1, 2]), code('NEGATIVE'))
  const internal = await errorOf(store.fail('do not tell'))
  assert.deepEqual([internal.code, internal.message], ['INTERNAL', 'the handler failed'])
  assert.deepEqual([heard.length, heard[0], String(heard[1])], [2, 'store.fail', 'Error: a secret reason: do not tell'])
})

test('both sides serve and call on the same connection, each knows who calls and on which connection', async (t) => {
  const { client, server } = await pair(t)
  const seen: unknown[] = []
  const served = [client, server].map((connection) =>
    serve(connection, [storeOf()], {
      middleware: [
        async ({ method, peerIdentity, channelBinding, metadata }, next) => {
          seen.push([method, peerIdentity?.fingerprint, Buffer.from(channelBinding).toString('hex'), { ...metadata }])
          await next()
        },
      ],
    }),
  )
  const binding = Buffer.from(client.channelBinding).toString('hex')
  await rpc(client, Store).write({ key: 'a', value: 'b' }, { metadata: { trace: '1' } })
  await rpc(server, Store).write({ key: 'a', value: 'b' })
  assert.deepEqual(seen, [
    ['store.write', alice.fingerprint, binding, { trace: '1' }],
    ['store.write', server.identity?.fingerprint, binding, {}],
  ])
  await client.close({ timeoutMs: 100 })
  await Promise.all(served)
})

test('what is not there is METHOD_UNKNOWN, and where nobody serves UNAVAILABLE', async (t) => {
  const listener = await bobServes(t, [])
  await assert.rejects(rpc(await aliceConnects(t, listener), Store).read({ key: 'a' }), code('METHOD_UNKNOWN'))
  const { client } = await pair(t, { limits: { maxPendingChannels: 1 } })
  client.openChannel('takes the only place')
  await assert.rejects(rpc(client, Store).read({ key: 'a' }), code('UNAVAILABLE'))
})

test('a class is an implementation: its methods are called on it', async (t) => {
  class Sums {
    #calls = 0
    sum(): number {
      this.#calls += 1
      return this.#calls
    }
  }
  const { sum } = Store.methods
  const listener = await bobServes(t, [implement({ name: 'sums', methods: { sum } }, new Sums())])
  const sums = rpc(await aliceConnects(t, listener), { name: 'sums', methods: { sum } })
  assert.deepEqual([await sums.sum([]), await sums.sum([5])], [1, 2])
})
