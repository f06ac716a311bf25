import { connect, Identity, listen, Spack } from '@stalk/core'

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })

const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    for await (const message of connection) {
      const [number, text] = message.values()
      console.log('server heard', number, text)
      connection.send(new Spack().string(`thank you for "${String(text)}"`))
    }
  },
  { identity: server },
)

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
connection.send(new Spack().integer(1).string('hello'))
const reply = await connection.receive() // a Spack, or null when the peer has sent its last
console.log('client heard', reply?.values())

await connection.close()
await listener.close()
