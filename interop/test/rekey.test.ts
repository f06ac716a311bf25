// A key changes after 2^20 records, and there is no way to make it change before: so many are sent, by either side.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { differences, run, type Cell } from '../matrix.js'
import { makeKeys } from '../support/keys.js'
import { Peers } from '../support/peer.js'

const { keys, remove } = await makeKeys()
const peers = new Peers()
after(async () => {
  await peers.close()
  await remove()
})

// without channels, as the credit of a channel would let our side send no more than a little at a time
const plain = {
  client: 'ed25519',
  server: 'ed25519',
  ending: 'end',
  channels: false,
  rekey: true,
  seconds: 150,
} as const
const cells: readonly Cell[] = [
  { ...plain, ours: 'client', leads: 'ours', suite: 1 },
  { ...plain, ours: 'server', leads: 'theirs', suite: 2 },
]

describe('a change of keys', { concurrency: 2 }, () => {
  for (const cell of cells) {
    test(`we are the ${cell.ours}, suite ${cell.suite}: the key of ${cell.leads} changes`, async () => {
      assert.deepEqual(differences(await run(cell, keys, peers)), [])
    })
  }
})
