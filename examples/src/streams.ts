// Streams of requests, and a server that ends: both sides of clientStream and bothWays, and a stream without an end.
import { setTimeout as pause } from 'node:timers/promises'
import { connect, Identity, listen } from '@stalk/core'
import { bothWays, clientStream, implement, rpc, serve, serverStream, service } from '@stalk/rpc'
import { integer, nothing, string } from '@stalk/spack/schema'

const Text = service('text', {
  length: clientStream({ request: string, response: integer }),
  shout: bothWays({ request: string, response: string }),
  ticks: serverStream({ request: nothing, response: integer }),
})

const text = implement(Text, {
  async length(parts) {
    let length = 0
    for await (const part of parts) length += part.length
    return length
  },
  async *shout(words) {
    for await (const word of words) yield word.toUpperCase()
  },
  async *ticks(_, { signal, ending }) {
    // nobody listens any more, or this side ends: whichever comes first
    const over = AbortSignal.any([signal, ending])
    for (let tick = 1; !over.aborted; tick += 1) {
      yield tick
      await pause(10, undefined, { signal: over }).catch(() => undefined)
    }
  },
})

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })
const listener = await listen('127.0.0.1', 0, (connection) => serve(connection, [text]), { identity: server })
const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
const remote = rpc(connection, Text)

console.log(await remote.length(['one', 'two', 'three'], { timeoutMs: 1_000 }))

async function* words(): AsyncGenerator<string> {
  yield 'hello'
  await pause(10) // whenever there is one
  yield 'world'
}
for await (const word of remote.shout(words())) console.log(word)

for await (const tick of remote.ticks(null)) {
  if (tick === 3) void listener.close() // the handler hears of it, and ends its stream
}
console.log('the ticks have ended in good order')
await connection.close()
