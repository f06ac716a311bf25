// A key changes after 2^20 records, and there is no way to make it change before: so many are sent. A file for each side, as
// each keeps a process busy.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { differences, run, type Cell } from '../matrix.js'
import { makeKeys } from './keys.js'
import { Peers } from './peer.js'

/** Declares the test that the key of whoever leads changes, and all goes on. */
export async function testRekey({ ours, leads, suite }: Pick<Cell, 'ours' | 'leads' | 'suite'>): Promise<void> {
  const { keys, remove } = await makeKeys()
  const peers = new Peers()
  after(async () => {
    await peers.close()
    await remove()
  })
  const cell: Cell = {
    ...{ ours, leads, suite, client: 'ed25519', server: 'ed25519', ending: 'end', rekey: true, seconds: 400 },
    // little credit would make our side wait for every few of its small records
    peerArguments: ['--credit', '1048576'],
  }
  void test(`we are the ${ours}, suite ${suite}: the key of ${leads} changes`, async () => {
    assert.deepEqual(differences(await run(cell, keys, peers)), [])
  })
}
