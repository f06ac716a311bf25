import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen, reconnecting, type Listener } from '@stalk/core'
import { implement, rpc, serve } from '#src/index.js'
import { retryDelay } from '#src/retry.js'
import { alice, aliceConnects, bob, bobServes, code, host } from './support/network.js'
import { nothingMet, Store, storeOf } from './support/store.js'

const quickly = { attempts: 3, firstMs: 1, maxMs: 2 }

test('what the peer did not look at is asked again, so often, and only if that was asked for and the method is idempotent', async (t) => {
  let refusals = 0
  const listener = await bobServes(t, [storeOf()], { limits: { maxConcurrentCalls: 1 } })
  const connection = await aliceConnects(t, listener)
  const plain = rpc(connection, Store)
  const blocked = plain.sleep(300).catch(() => (refusals += 1))
  await assert.rejects(plain.read({ key: 'a' }), code('UNAVAILABLE'))
  await assert.rejects(plain.read({ key: 'a' }, { retry: quickly }), code('UNAVAILABLE'))
  const patient = rpc(connection, Store, { retry: { attempts: 10, firstMs: 50, maxMs: 100 } })
  await assert.rejects(patient.sleep(1), code('UNAVAILABLE'))
  await assert.rejects(patient.read({ key: 'a' }, { retry: false }), code('UNAVAILABLE'))
  await assert.rejects(
    patient.read({ key: 'a' }, { retry: { attempts: 10, firstMs: 300, maxMs: 300 } }),
    code('NOT_FOUND'),
  )
  await assert.rejects(patient.sleep(1, { retry: true }), TypeError)
  await blocked
  assert.equal(refusals, 0)
})

test('what was answered is not asked again, however it was answered', async (t) => {
  const met = nothingMet()
  const listener = await bobServes(t, [storeOf(met)], { onError: () => undefined })
  const store = rpc(await aliceConnects(t, listener), Store, { retry: quickly })
  await assert.rejects(store.fail('x'), code('INTERNAL'))
  await assert.rejects(store.read({ key: 'a' }), code('NOT_FOUND'))
  assert.equal(met.calls, 2)
})

test('over a link that comes back, calls wait for a connection, belong to it, and idempotent ones are made again', async (t) => {
  const met = nothingMet()
  let drops = 1
  const { read, write } = Store.methods
  const contract = { name: 'store', methods: { read, write } }
  const listener: Listener = await listen(
    host,
    0,
    (connection) => {
      const dropping = implement(contract, {
        read() {
          met.calls += 1
          if (drops-- > 0) connection.abort()
          return { value: 'b' }
        },
        write() {
          connection.abort()
          return null
        },
      })
      return serve(connection, [dropping])
    },
    { identity: bob, onError: () => undefined },
  )
  t.after(() => void listener.close({ timeoutMs: 100 }))
  const link = reconnecting(host, listener.port, {
    identity: alice,
    serverIdentity: bob,
    onUnconfirmed: () => [],
    backoff: { firstMs: 1, maxMs: 5 },
  })
  t.after(() => link.abort())
  const store = rpc(link, contract, { retry: quickly })
  assert.deepEqual(await store.read({ key: 'a' }), { value: 'b' })
  assert.equal(met.calls, 2)
  await assert.rejects(store.write({ key: 'a', value: 'b' }), code('CONNECTION_LOST'))
  link.abort()
  await assert.rejects(store.read({ key: 'a' }), code('CONNECTION_LOST'))
})

test('delays double up to a bound, with full jitter; what makes no sense is refused', async (t) => {
  const retry = { attempts: 9, firstMs: 100, maxMs: 1000 }
  assert.deepEqual(
    [1, 2, 4, 9].map((failures) => retryDelay(retry, failures, 0.999_99)),
    [99, 199, 799, 999],
  )
  assert.equal(retryDelay(retry, 5, 0), 0)
  const connection = await aliceConnects(t, await bobServes(t, []))
  for (const wrong of [{ attempts: 0 }, { attempts: 11 }, { firstMs: 0.5 }, { maxMs: -1 }]) {
    assert.throws(() => rpc(connection, Store, { retry: wrong }), RangeError)
  }
  assert.throws(() => rpc(connection, Store, { retry: { tries: 3 } as object }), TypeError)
  assert.throws(() => rpc(connection, Store, { retries: true } as object), TypeError)
})
