import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { connect, type Identity } from '@stalk/core'
import { rpc } from '@stalk/rpc'
import { Inventory } from '../src/inventory/contract.js'
import { Stage, until } from './support/example-process.js'

const stage = await Stage.set()
let service: ReturnType<Stage['run']>
let port: number
let [identity, ada]: Identity[] = []

before(async () => {
  ;[identity, ada] = await Promise.all(['service', 'ada'].map((name) => stage.identity(name)))
  service = stage.run('inventory/service', 'service', 0)
  port = await service.port()
})

const client = (...words: (string | number)[]) =>
  stage.run('inventory/client', 'ada', port, identity!.fingerprint, ...words)

test('inventory: a method of each kind answers between two processes, and errors have their details', async () => {
  const watching = client('watch')
  await service.seen(/^inventory\.watch for /mu)
  assert.deepEqual(await client('fill', 'nails', 2, 'screws', 20).finished(), { code: 0, stdout: '22\n', stderr: '' })
  assert.equal((await client('find', 'screws').finished()).stdout, '20\n')
  const lost = await client('find', 'nothing').finished()
  assert.deepEqual([lost.code, lost.stderr], [1, 'there is no nothing; did you mean "nails"?\n'])
  const taken = await client('take', 'nails', 'nails', 'nails', 'screws').finished()
  assert.deepEqual([taken.code, taken.stdout], [1, '1\n0\n'])
  await watching.seen(/^nails 2\nscrews 20\nnails 1\nnails 0\n/mu)
  assert.match(service.stdout, new RegExp(`^inventory\\.fill for ${ada!.fingerprint}$`, 'mu'))
})

test('inventory: a client that is killed in the middle of its calls leaves a service that goes on', async () => {
  const watching = client('watch')
  await watching.seen(/^nails 0$/mu)
  const begun = service.stdout.split('inventory.watch').length
  watching.child.kill('SIGKILL')
  await watching.ended
  assert.equal((await client('find', 'screws').finished()).stdout, '20\n')
  assert.equal(service.stdout.split('inventory.watch').length, begun)
  assert.equal(service.stderr, '')
})

test('inventory: a service that is killed fails all calls in flight at once, with CONNECTION_LOST', async () => {
  const connection = await connect('127.0.0.1', port, { identity: ada!, serverIdentity: identity! })
  const inventory = rpc(connection, Inventory)
  const watch = inventory.watch(null)
  for (let count = 0; count < 2; count += 1) await watch.next()
  async function* never(): AsyncGenerator<never> {
    yield await new Promise<never>(() => undefined)
  }
  const calls = [watch.next(), inventory.fill(never()), inventory.take(never()).next()]
  const outcomes = Promise.allSettled(calls)
  await until('the calls', () => (service.stdout.split('fill for').at(-1) ?? '').includes('take for'))
  service.child.kill('SIGKILL')
  for (const outcome of await outcomes) {
    assert.equal(outcome.status === 'rejected' && (outcome.reason as { code: string }).code, 'CONNECTION_LOST')
  }
  await assert.rejects(inventory.find({ name: 'screws' }), { code: 'CONNECTION_LOST' })
})
