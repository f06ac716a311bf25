// Asks inventory/service.ts.
//
//   npx stalk keygen                                                        once: your identity, in ~/.stalk
//   npx tsx examples/src/inventory/client.ts PORT FINGERPRINT fill nails 100 screws 20
//   npx tsx examples/src/inventory/client.ts PORT FINGERPRINT find nails
//   npx tsx examples/src/inventory/client.ts PORT FINGERPRINT take nails nails screws
//   npx tsx examples/src/inventory/client.ts PORT FINGERPRINT watch         until Ctrl-C
//
// FINGERPRINT is the service's, which it prints.
import { connect, escapeControls, StalkError } from '@stalk/core'
import { isErrorOf, rpc, RpcError } from '@stalk/rpc'
import { Inventory } from './contract.js'

const [port, serverIdentity = '', verb = '', ...words] = process.argv.slice(2)

function* pairs(): Generator<{ name: string; count: number }> {
  for (let index = 0; index < words.length; index += 2)
    yield { name: words[index] ?? '', count: Number(words[index + 1]) }
}

try {
  await using connection = await connect('127.0.0.1', Number(port), { serverIdentity })
  const inventory = rpc(connection, Inventory, { retry: true })
  switch (verb) {
    case 'find':
      console.log((await inventory.find({ name: words[0] ?? '' }, { timeoutMs: 5_000 })).count)
      break
    case 'fill':
      console.log(await inventory.fill(pairs()))
      break
    case 'take':
      for await (const left of inventory.take(words)) console.log(left)
      break
    case 'watch':
      for await (const { name, count } of inventory.watch(null)) console.log(`${escapeControls(name)} ${count}`)
      break
    default:
      console.error('usage: client.ts PORT FINGERPRINT find NAME | fill NAME COUNT … | take NAME … | watch')
      process.exitCode = 2
  }
} catch (error) {
  if (isErrorOf(Inventory.methods.find, error) && error.code === 'NOT_FOUND') {
    console.error(`${escapeControls(error.message)}; did you mean ${JSON.stringify(error.details.similar)}?`)
  } else if (error instanceof RpcError || error instanceof StalkError) {
    console.error(`${escapeControls(error.message)} (${error.code})`)
  } else throw error
  process.exitCode = 1
}
