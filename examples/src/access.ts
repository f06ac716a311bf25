// Who may come in, and whom to trust: a service behind a list of authorized peers, and a client that trusts on first use.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorizedPeers, connect, Identity, knownPeers, listen, Spack, StalkError } from '@stalk/core'

const directory = await mkdtemp(join(tmpdir(), 'stalk-access-'))
const service = await Identity.generate({ type: 'ed25519' })
const laptop = await Identity.generate({ type: 'ed25519' })
const stranger = await Identity.generate({ type: 'ed25519' })

// an identity or a fingerprint a line, like ssh’s authorized_keys; read again when it changes
const list = join(directory, 'authorized_peers')
await writeFile(list, `${laptop.fingerprint} my laptop\n`)

const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    connection.send(new Spack().string(`welcome to ${String(connection.applicationProtocol)}`))
    await connection.end()
  },
  { identity: service, authorize: await authorizedPeers(list), applicationProtocols: ['notes/2', 'notes/1'] },
)

// adds the service to the file the first time, and refuses any other identity there from then on
const serverIdentity = knownPeers(join(directory, 'known_peers'), { policy: 'accept-new' })
for (const identity of [laptop, stranger]) {
  try {
    const connection = await connect('127.0.0.1', listener.port, {
      identity,
      serverIdentity,
      applicationProtocols: ['notes/1'],
    })
    console.log((await connection.receive())?.values())
    await connection.close()
  } catch (error) {
    if (error instanceof StalkError) console.log(error.code, error.peer?.reason)
    else throw error
  }
}
await listener.close()
await rm(directory, { recursive: true })
