// Messages as they are: any JSON-like value, with dates, bytes and bigints, and what cannot be sent is refused by name.
import { connect, Identity, listen, Spack } from '@stalk/core'

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })
const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    for await (const message of connection) console.log(message.toValue())
  },
  { identity: server },
)

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
connection.send(
  Spack.from({
    id: 9_007_199_254_740_993n, // a bigint stays one
    at: new Date('2001-02-03T04:05:06.007Z'),
    tags: ['a', null, true],
    place: { lat: 54.1, lon: -0 },
    image: Uint8Array.of(1, 2, 3),
    note: undefined, // is left out, as in JSON
  }),
)
try {
  Spack.from({ users: [{ name: 'ada', roles: new Set(['admin']) }] })
} catch (error) {
  console.log(String(error))
}
await connection.close()
await listener.close()
