// One side does not let the other in, for each reason that there is; and signs of life.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect, listen, type ConnectSettings, type ListenOptions } from '@stalk/core'
import { makeKeys } from '../support/keys.js'
import { Peers } from '../support/peer.js'

const { keys, remove } = await makeKeys()
const peers = new Peers()
after(async () => {
  await peers.close()
  await remove()
})

/** What the peer says of our listener. */
async function calls(options: ListenOptions, ...more: readonly string[]) {
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const listener = await listen('127.0.0.1', 0, () => undefined, {
    identity: keys.ours.rsa.identity,
    onError,
    ...options,
  })
  const peer = peers.start(['connect', '127.0.0.1', `${listener.port}`, '--identity', keys.theirs.rsa.file, ...more])
  await peer.ended()
  await listener.close()
  return { error: peer.find('error'), ours: errors.map((error) => (error as { code: string }).code) }
}

/** What we say of the peer’s. */
async function called(options: ConnectSettings, ...more: readonly string[]): Promise<unknown> {
  const peer = peers.start(['listen', '--identity', keys.theirs.ed25519.file, ...more])
  const port = await peer.port('listening')
  try {
    const connection = await connect('127.0.0.1', port, { ...options, serverIdentity: keys.theirs.ed25519.identity })
    await connection.close()
    return null
  } catch (error) {
    return error
  } finally {
    await peer.ended()
  }
}

test('our listener does not let the peer in, and it hears the reason', async () => {
  const { error, ours } = await calls({ authorize: () => ({ allowed: false, reason: 'not today' }) })
  assert.equal(error?.code, 'REJECTED_NOT_ALLOWED')
  assert.deepEqual(error.peer, { code: 3, reason: 'not today' })
  assert.deepEqual(ours, ['NOT_AUTHORIZED'])
})

test('our listener and the peer have no application protocol in common', async () => {
  for (const [options, names] of [
    [{ applicationProtocols: ['a/1'] }, ['--protocol', 'b/1', '--protocol', 'c/1']],
    [{ applicationProtocols: ['a/1'] }, []],
    [{}, ['--protocol', 'a/1']],
  ] as const) {
    const { error, ours } = await calls(options, ...names)
    assert.equal(error?.code, 'REJECTED_NO_PROTOCOL')
    assert.deepEqual(ours, ['NO_APPLICATION_PROTOCOL'])
  }
})

test('our listener takes no suite that the peer has', async () => {
  const { error } = await calls({}, '--suite', '257')
  assert.equal(error?.code, 'STALK2_REFUSED')
  assert.deepEqual(error.peer, { code: 1, reason: '' })
})

test('our listener is busy', async () => {
  const identity = keys.ours.rsa.identity
  const listener = await listen('127.0.0.1', 0, () => undefined, { identity, maxConnections: 1, allowAnonymous: true })
  const first = await connect('127.0.0.1', listener.port, { anonymous: true, serverIdentity: identity })
  const peer = peers.start(['connect', '127.0.0.1', `${listener.port}`])
  await peer.ended()
  assert.deepEqual(peer.find('error')?.peer, { code: 2, reason: '' })
  await first.close()
  await listener.close()
})

test('the peer does not let us in, for each reason', async () => {
  const { identity } = keys.ours.ed25519
  const code = async (options: ConnectSettings, ...more: readonly string[]) => {
    const { code, peer } = (await called(options, ...more)) as { code: string; peer: { code: number; reason: string } }
    return [code, peer.code, peer.reason]
  }
  assert.deepEqual(await code({ identity }, '--refuse'), ['REJECTED_NOT_ALLOWED', 3, 'not allowed'])
  assert.deepEqual(await code({ anonymous: true }, '--identified'), ['REJECTED_IDENTITY_REQUIRED', 1, ''])
  assert.deepEqual(await code({ identity, applicationProtocols: ['a/1'] }, '--protocol', 'b/1'), [
    'REJECTED_NO_PROTOCOL',
    5,
    '',
  ])
  assert.deepEqual(await code({ identity }, '--suite', '257'), ['STALK2_REFUSED', 1, ''])
})

test('the peer answers our PING, and says what it has taken', async () => {
  const peer = peers.start(['listen', '--identity', keys.theirs.ed25519.file])
  const port = await peer.port('listening')
  const connection = await connect('127.0.0.1', port, {
    identity: keys.ours.ed25519.identity,
    serverIdentity: keys.theirs.ed25519.identity,
  })
  assert.ok((await connection.ping()) >= 0)
  await connection.confirm()
  await connection.close()
  await peer.ended()
  assert.ok(peer.find('over'), peer.lastWords)
})
