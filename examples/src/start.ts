// `npm start`: a listener with the debug handler, a connection to it with the identity pinned, one message of every type.
// Then it stays, so that another terminal can connect with the line that it prints.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, debugHandler, Identity, listen, Spack } from '@stalk/core'

const directory = await mkdtemp(path.join(tmpdir(), 'stalk-start-'))
const [server, client] = await Promise.all(
  ['server', 'client'].map(async (name) => {
    const identity = await Identity.generate({ type: 'ed25519' })
    await identity.save(path.join(directory, name), {})
    return identity
  }),
)
if (server === undefined || client === undefined) throw new Error('two identities are needed')

const listener = await listen('127.0.0.1', 0, debugHandler, { identity: server })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
console.log(`listening on 127.0.0.1:${listener.port} (${listener.protocol})`)
console.log(`fingerprint ${server.fingerprint}\n`)

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
const messages = [
  new Spack().integer(1234567890),
  new Spack().integer(2n ** 100n),
  new Spack().float32(0.5),
  new Spack().float64(Math.PI),
  new Spack().byte(255),
  new Spack().string('hello, grüß dich, 你好'),
  new Spack().integers([1, -2, 3n ** 50n]),
  new Spack().float32s([0.25, 0.5, 0.75]),
  new Spack().float64s([Math.E, Math.SQRT2]),
  new Spack().bytes(new TextEncoder().encode('bytes')),
  new Spack().integer(1).string('several in one message').byte(2),
]
for (const message of messages) connection.send(message)
await connection.close()

console.log(`
Talk to it from another terminal, in this directory; each line you type is a message:

  npx stalk connect 127.0.0.1 ${listener.port} --text --identity ${directory}/client --server-identity ${directory}/server

Ctrl-C ends it.`)

async function stop(): Promise<void> {
  await listener.close()
  await rm(directory, { recursive: true, force: true })
}
