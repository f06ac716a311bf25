// A service with a method of each kind. In memory, to stay small.
//
//   npx stalk keygen                                        once: your identity, in ~/.stalk
//   npx tsx examples/src/inventory/service.ts [PORT]
//   stalk describe 127.0.0.1 PORT                           what it offers
//
// SIGTERM (or Ctrl-C) ends it in good order: calls that are made are answered first.
import { EventEmitter, on } from 'node:events'
import { listen } from '@stalk/core'
import { implement, serve, type Middleware } from '@stalk/rpc'
import type { Infer } from '@stalk/spack/schema'
import { Inventory, type item } from './contract.js'

type Item = Infer<typeof item>

const items = new Map<string, number>()
const changes = new EventEmitter<{ change: [Item] }>()

function put(name: string, count: number): void {
  items.set(name, count)
  changes.emit('change', { name, count })
}

function similarTo(name: string): string {
  return [...items.keys()].find((known) => known.startsWith(name.charAt(0))) ?? ''
}

const inventory = implement(Inventory, {
  find({ name }, context) {
    const count = items.get(name)
    if (count === undefined) throw context.error('NOT_FOUND', `there is no ${name}`, { similar: similarTo(name) })
    return { name, count }
  },
  async *watch(_, { signal, ending }) {
    const later = on(changes, 'change', { signal: AbortSignal.any([signal, ending]) })
    for (const [name, count] of items) yield { name, count }
    try {
      for await (const [change] of later) yield change as Item
    } catch (error) {
      // the service is shutting down: there are no more changes
      if (!ending.aborted) throw error
    }
  },
  async fill(given) {
    let total = 0
    for await (const { name, count } of given) {
      put(name, (items.get(name) ?? 0) + count)
      total += count
    }
    return total
  },
  async *take(names, context) {
    for await (const name of names) {
      const count = items.get(name) ?? 0
      if (count === 0) throw context.error('NOT_FOUND', `there is no ${name}`, { similar: similarTo(name) })
      put(name, count - 1)
      yield count - 1
    }
  },
})

const log: Middleware = async ({ method, peerIdentity }, next) => {
  console.log(`${method} for ${peerIdentity?.fingerprint ?? 'somebody'}`)
  await next()
}

const [port = '4000'] = process.argv.slice(2)
const listener = await listen('127.0.0.1', Number(port), (connection) =>
  serve(connection, [inventory], { middleware: [log] }),
)
console.log(`fingerprint ${listener.identity.fingerprint}`)
console.log(`listening on ${listener.host} port ${listener.port}`)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void listener.close())
