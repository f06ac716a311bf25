import { Identity, listen, Spack } from '@stalk/core'

const identity = await Identity.load('keys/server')
const listener = await listen(
  '127.0.0.1',
  Number(process.env['PORT'] ?? 4000),
  async (connection) => {
    console.log('connected', connection.peerIdentity?.fingerprint)
    for await (const message of connection) {
      connection.send(new Spack().string(`thank you for "${String(message.values()[0])}"`))
    }
  },
  { identity, onError: (error, { peer }) => console.error(peer, error) },
)
process.once('SIGINT', () => void listener.close())
console.log(`listening on port ${listener.port}`)
