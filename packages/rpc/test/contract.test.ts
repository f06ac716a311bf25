import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integer, string, struct } from '@stalk/spack/schema'
import { bothWays, implement, Introspection, isErrorOf, RpcError, rpc, serve, service, unary } from '#src/index.js'
import { aliceConnects, bobServes, code, pair } from './support/network.js'
import { Store, storeOf } from './support/store.js'

test('names and parts that make no sense are refused where the contract is written', () => {
  const method = unary({ request: integer, response: integer })
  for (const name of ['', '1st', 'a b', 'a..b', '.a', 'x'.repeat(101)])
    assert.throws(() => service(name, { method }), TypeError)
  for (const name of ['then', 'toString', 'a.b', '', 'a b'])
    assert.throws(() => service('s', { [name]: method }), TypeError)
  assert.throws(() => service('s', { method: {} as never }), TypeError)
  assert.throws(() => unary({ request: integer } as never), /response: expected a kind/u)
  assert.throws(
    () => bothWays({ request: integer, response: integer, idempotent: true } as never),
    /no part idempotent/u,
  )
  for (const wrong of ['not_found', 'INTERNAL', 'X'.repeat(65)]) {
    assert.throws(() => unary({ request: integer, response: integer, errors: { [wrong]: undefined } }), TypeError)
  }
  assert.throws(() => unary({ request: integer, response: integer, errors: { A: 5 as never } }), TypeError)
})

test('what is served is all there, once: a handler for each method, no name twice', async (t) => {
  assert.throws(() => implement(Store, {} as never), /store\.read has no handler/u)
  const { server } = await pair(t)
  await assert.rejects(async () => serve(server, [storeOf(), storeOf()]), /store\.read is there twice/u)
  await assert.rejects(async () => serve(server, [], { middlewares: [] } as object), TypeError)
  await assert.rejects(async () => serve(server, [], { limits: { maxRequests: 0 } }), RangeError)
  await assert.rejects(async () => serve(server, [], { limits: { maxCalls: 1 } as object }), TypeError)
})

test('a server says what it offers, unless it is told not to', async (t) => {
  const store = implement(service('small', { add: Store.methods.sum, read: Store.methods.read }), {
    add: () => 1,
    read: () => ({ value: '' }),
  })
  const connection = await aliceConnects(t, await bobServes(t, [store]))
  const { services } = await rpc(connection, Introspection).describe(null)
  assert.deepEqual(
    services.map(({ name, methods }) => [name, methods.map((method) => `${method.name}: ${method.type}`)]),
    [
      ['stalk', ['describe: unary']],
      ['small', ['add: clientStream', 'read: unary']],
    ],
  )
  assert.deepEqual(services[1]?.methods[1], {
    name: 'read',
    type: 'unary',
    request: JSON.stringify(struct({ key: string }).form),
    response: JSON.stringify(struct({ value: string }).form),
    idempotent: true,
    errors: [
      { code: 'NOT_FOUND', details: JSON.stringify(struct({ key: string }).form) },
      { code: 'FORBIDDEN', details: null },
    ],
  })
  const silent = await aliceConnects(t, await bobServes(t, [store], { introspection: false }))
  await assert.rejects(rpc(silent, Introspection).describe(null), code('METHOD_UNKNOWN'))
})

test('middleware goes around every call, the first one outermost, and may refuse it; one that does neither is INTERNAL', async (t) => {
  const seen: string[] = []
  const errors: unknown[] = []
  const listener = await bobServes(t, [storeOf()], {
    onError: (error) => errors.push(error),
    middleware: [
      async ({ method }, next) => {
        seen.push(`> ${method}`)
        await next().finally(() => seen.push(`< ${method}`))
      },
      async (context, next) => {
        if (context.metadata['token'] === 'none') throw new RpcError('FORBIDDEN', 'who are you')
        if (context.metadata['token'] === 'twice') await next()
        if (context.metadata['token'] !== 'lost') await next()
      },
    ],
  })
  const store = rpc(await aliceConnects(t, listener), Store)
  await assert.rejects(store.read({ key: 'a' }, { metadata: { token: 'none' } }), code('FORBIDDEN'))
  assert.equal(await store.sum([1, 2]), 3)
  assert.deepEqual(seen, ['> store.read', '< store.read', '> store.sum', '< store.sum'])
  for (const token of ['none', 'lost', 'twice'])
    await assert.rejects(store.sum([1], { metadata: { token } }), code('INTERNAL'))
  assert.deepEqual(
    errors.map((error) => (error as Error).message),
    ['who are you', 'a middleware neither called next() nor threw', 'a middleware called next() twice'],
  )
})

test('errors are told apart by their code, with the details of each', () => {
  const error: unknown = new RpcError('NOT_FOUND', 'none', { details: { key: 'a' } })
  assert.ok(isErrorOf(Store.methods.read, error) && error.code === 'NOT_FOUND' && error.details.key === 'a')
  assert.equal(isErrorOf(Store.methods.sum, error), false)
  assert.ok(isErrorOf(Store.methods.sum, new RpcError('CANCELLED', '')))
  assert.equal(isErrorOf(Store.methods.sum, new Error('CANCELLED')), false)
})
