// A client whose list of known peers is on a disk without room.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { addKnownPeer, connect, Identity, knownPeers } from '@stalk/core'
import { config, describeError, onCommand, report } from './reports.js'

export interface TrustConfig {
  readonly host: string
  readonly port: number
  readonly identity: string
  readonly server: string
  /** A disk of its own. */
  readonly disk: string
}

const { host, port, identity, server, disk } = config() as TrustConfig
const list = path.join(disk, 'known_peers')
const ballast = path.join(disk, 'ballast')
const own = await Identity.load(identity)
onCommand(() => undefined)

/** What comes of a connection that adds the server to the list if it can. */
async function attempt(): Promise<string> {
  try {
    const connection = await connect(host, port, {
      identity: own,
      serverIdentity: knownPeers(list, { policy: 'accept-new' }),
      applicationProtocols: ['faults-stream'],
    })
    await connection.close()
    return 'connected'
  } catch (error) {
    return describeError(error).code
  }
}

/** Leaves not a single byte. */
function fill(): void {
  for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

fill()
report('attempt', { what: 'full, no list', outcome: await attempt() })
rmSync(ballast)
// somebody else is known before the disk is full again
await addKnownPeer({ host: 'elsewhere', port }, await Identity.load(server), list)
const before = readFileSync(list, 'utf8')
fill()
report('attempt', { what: 'full, a list without the server', outcome: await attempt() })
report('attempt', {
  what: 'the list after it',
  outcome: readFileSync(list, 'utf8') === before ? 'unchanged' : 'changed',
})
rmSync(ballast)
report('attempt', { what: 'room again', outcome: await attempt() })
fill()
report('attempt', { what: 'full, a list with the server', outcome: await attempt() })
report('done')
