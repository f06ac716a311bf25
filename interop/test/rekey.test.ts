// A key changes after 2^20 records, and there is no way to make it change before: so many are sent, by either side.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { differences, run } from '../matrix.js'
import { makeKeys } from '../support/keys.js'
import { Peers } from '../support/peer.js'

const { keys, remove } = await makeKeys()
const peers = new Peers()
after(async () => {
  await peers.close()
  await remove()
})

describe('a change of keys', { concurrency: 2 }, () => {
  for (const leads of ['ours', 'theirs'] as const) {
    for (const [ours, suite] of [
      ['client', 1],
      ['server', 2],
    ] as const) {
      test(`we are the ${ours}, suite ${suite}: the key of ${leads} changes`, async () => {
        const cell = { ours, leads, suite, client: 'ed25519', server: 'ed25519', ending: 'end', rekey: true, seconds: 150 } as const
        assert.deepEqual(differences(await run(cell, keys, peers)), [])
      })
    }
  }
})
