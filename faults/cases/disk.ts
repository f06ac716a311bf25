// A disk without room under the list of known peers: what is known can be used, what is new is refused, and nothing of the list is lost.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { TrustConfig } from '../programs/trust.js'
import { lasting } from './lasting.js'
import type { Fault } from './fault.js'

const expected = [
  ['full, no list', 'PEER_LIST_IO'],
  ['full, a list without the server', 'PEER_LIST_IO'],
  ['the list after it', 'unchanged'],
  ['room again', 'connected'],
  ['full, a list with the server', 'connected'],
] as const

export const diskFault: Fault = lasting({
  name: 'full-disk',
  what: 'another client of the host has its list of known peers on a full disk (tmpfs of 64 KiB)',
  during: async ({ hosts, addressOfReceiver }) => {
    const disk = path.join(hosts.directory, 'disk')
    mkdirSync(disk)
    const keys = (name: string): string => path.join(hosts.directory, name)
    const config: TrustConfig = { ...addressOfReceiver, identity: keys('neighbour'), server: keys('server'), disk }
    // seen by this program alone, and gone with it
    const client = hosts.start('near', 'trust', config, { prepare: `mount -t tmpfs -o size=64k tmpfs '${disk}'` })
    await client.next('done')
    const outcomes = new Map(client.all('attempt').map(({ what, outcome }) => [what, outcome]))
    const problems = expected.filter(([what, outcome]) => outcomes.get(what) !== outcome)
    return {
      seen: expected.map(([what, outcome]) => `${what}: \`${outcomes.get(what) ?? outcome}\``),
      problems: problems.map(([what, outcome]) => `${what}: ${outcomes.get(what) ?? 'nothing'}, not ${outcome}`),
    }
  },
})
