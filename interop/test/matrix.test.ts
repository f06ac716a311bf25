// Both implementations with each other: every role, identity, suite and end, and whether both saw the same.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { differences, run, type Cell, type Role, type Who } from '../matrix.js'
import { makeKeys } from '../support/keys.js'
import { Peers } from '../support/peer.js'

const { keys, remove } = await makeKeys()
const peers = new Peers()
after(async () => {
  await peers.close()
  await remove()
})

const roles: readonly Role[] = ['client', 'server']
const leaders = ['ours', 'theirs'] as const
const clients: readonly Who[] = ['ed25519', 'rsa', 'anonymous']
const servers = ['ed25519', 'rsa'] as const
const plain = { ours: 'client', leads: 'ours', client: 'ed25519', server: 'ed25519', suite: 1, ending: 'end' } as const
const MEBIBYTE = 2 ** 20

async function agree(cell: Cell): Promise<void> {
  assert.deepEqual(differences(await run(cell, keys, peers)), [])
}

// three at a time: much of it is waiting for a process to start
describe('matrix', { concurrency: 3 }, () => {
  for (const ours of roles) {
    for (const client of clients) {
      for (const server of servers) {
        for (const suite of [1, 2] as const) {
          for (const leads of leaders) {
            test(`we are the ${ours}: ${client} calls ${server}, suite ${suite}, ${leads} lead`, () =>
              agree({ ...plain, ours, client, server, suite, leads, large: 100_000 }))
          }
        }
      }
    }
    for (const leads of leaders) {
      for (const ending of ['end', 'they-end-first', 'reason', 'their-reason'] as const) {
        for (const channels of [true, false]) {
          test(`we are the ${ours}, ${leads} lead, it ends with "${ending}", ${channels ? 'with' : 'without'} channels`, () =>
            agree({ ...plain, ours, leads, ending, channels }))
        }
      }
      test(`we are the ${ours}, ${leads} lead: a message of almost 16 MiB, on the connection and on a channel`, () =>
        agree({ ...plain, ours, leads, large: 16 * MEBIBYTE - 64, suite: leads === 'ours' ? 1 : 2 }))
    }
    test(`we are the ${ours}: the first application protocol of the client that the server has`, () =>
      agree({ ...plain, ours, protocols: { ours: ['c/1', 'b/1', 'a/1'], theirs: ['x/1', 'a/1', 'b/1'] } }))
    test(`we are the ${ours}: small credit and large messages`, () =>
      agree({ ...plain, ours, large: MEBIBYTE, peerArguments: ['--credit', '1024'] }))
    test(`we are the ${ours}: records of 100 bytes`, () =>
      agree({ ...plain, ours, leads: 'theirs', large: 100_000, peerArguments: ['--record-bytes', '100'] }))
    test(`we are the ${ours}: the longest records`, () =>
      agree({ ...plain, ours, leads: 'theirs', large: MEBIBYTE, peerArguments: ['--record-bytes', '65518'] }))
    test(`we are the ${ours}: the beginning of everything comes byte by byte`, () =>
      agree({ ...plain, ours, leads: 'theirs', channels: false, peerArguments: ['--dribble'] }))
  }
  for (const suite of [1, 2] as const) {
    test(`we are the server and ask for suite ${suite}, as the first that the client offers is unknown`, () =>
      agree({ ...plain, ours: 'server', suite, peerArguments: ['--suite', `257,${suite}`] }))
  }
})

// the matrix can be red: each of these is wrong in one way, and exactly that is found
describe('negative controls', { concurrency: 3 }, () => {
  const wrong = (name: string, cell: Partial<Cell>, expected: RegExp): void => {
    test(`red: ${name}`, async () => {
      const found = differences(await run({ ...plain, ...cell }, keys, peers))
      assert.ok(found.length > 0 && found.some((line) => expected.test(line)), found.join('\n'))
    })
  }

  for (const ours of roles) {
    wrong(
      `the peer derives another channel binding, we are the ${ours}`,
      { ours, peerArguments: ['--bug', 'wrong-binding'] },
      /^channel binding/u,
    )
    wrong(
      `the peer expects another suite, we are the ${ours}`,
      { ours, peerArguments: ['--expect-suite', '2'] },
      /UNEXPECTED_SUITE/u,
    )
    wrong(
      `the peer alters its messages, we are the ${ours}`,
      { ours, peerArguments: ['--bug', 'wrong-message'] },
      /^received on connection/u,
    )
    wrong(
      `the peer has no channels, we are the ${ours}`,
      { ours, peerArguments: ['--no-channels'] },
      /^channels of the cell/u,
    )
  }
  wrong(
    'the peer pins somebody else',
    { ours: 'server', pin: keys.ours.rsa.identity.fingerprint },
    /their error.*PIN_MISMATCH/u,
  )
  wrong(
    'the peer is somebody else',
    { ours: 'server', peerArguments: ['--identity', keys.theirs.rsa.file] },
    /^who they are/u,
  )
  wrong('another suite is agreed upon', { ours: 'server', peerArguments: ['--suite', '2,1'] }, /^suite of the cell/u)
})
