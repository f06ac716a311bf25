// Asks notes/service.ts for one thing.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx tsx examples/src/notes/client.ts HOST PORT FINGERPRINT put milk 'two bottles'
//   npx tsx examples/src/notes/client.ts HOST PORT FINGERPRINT get milk
//   npx tsx examples/src/notes/client.ts HOST PORT FINGERPRINT list
//
// FINGERPRINT is the service's, which it prints.
import { connect, escapeControls, Spack, StalkError } from '@stalk/core'

const [host, port, serverIdentity, ...request] = process.argv.slice(2)
if (host === undefined || serverIdentity === undefined || request.length === 0) {
  console.error('usage: client.ts HOST PORT FINGERPRINT put NAME TEXT | get NAME | list')
  process.exit(2)
}
try {
  const connection = await connect(host, Number(port), { serverIdentity, applicationProtocols: ['notes/1'] })
  connection.send(Spack.of(...request.map((word) => ['string', word] as const)))
  const [outcome, ...values] = (await connection.receive())?.values() ?? ['error', 'the service has gone']
  for (const value of values) console.log(escapeControls(String(value)))
  if (outcome !== 'ok') process.exitCode = 1
  await connection.close()
} catch (error) {
  if (!(error instanceof StalkError)) throw error
  console.error(`${error.message} (${error.code})`)
  process.exitCode = 1
}
