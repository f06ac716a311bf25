// A service for those on a list: each keeps notes of its own in it, by name. In memory, to stay small.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx stalk id --only fingerprint >> authorized_peers        who may come in: a fingerprint a line (here your own, for a try)
//   npx tsx examples/src/notes/service.ts authorized_peers [HOST [PORT [METRICS_PORT]]]
//
// The list may change while it runs. SIGTERM (or Ctrl-C) ends it in good order: what has arrived is answered first. Prometheus finds the
// counters at http://127.0.0.1:METRICS_PORT/metrics.
//
// notes/1: strings both ways. `put NAME TEXT`, `get NAME`, `list`; the answer is `ok` and what there is, or `error` and a reason.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authorizedPeers, listen, Spack, type Connection } from '@stalk/core'
import { Registry } from 'prom-client'
import { registerStalkMetrics } from './prometheus.js'

const MAX_NOTES = 100 // so that a list of them is a message within the limit

const notes = new Map<string, Map<string, string>>() // of each peer, by its fingerprint

const [list = 'authorized_peers', host = '127.0.0.1', port = '4000', metricsPort = '9464'] = process.argv.slice(2)
const listener = await listen(host, Number(port), serve, {
  authorize: await authorizedPeers(list),
  applicationProtocols: ['notes/1'],
  maxConnections: 100,
  maxHandshakes: 20,
  handshakeRate: { perSecond: 10, burst: 50 },
  idleTimeoutMs: 10 * 60_000,
  limits: { maxMessageBytes: 64 * 1024, maxQueuedBytes: 1024 * 1024 },
  onError: (error, { peer }) => console.error(peer, error instanceof Error ? error.message : error),
})

const registry = new Registry()
registerStalkMetrics(listener, registry)
const metrics = createServer((request, response) => {
  if (request.url === '/metrics') void showMetrics(response)
  else response.writeHead(404).end()
})
metrics.listen(Number(metricsPort), '127.0.0.1')
await once(metrics, 'listening')

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
console.log(`metrics on http://127.0.0.1:${(metrics.address() as AddressInfo).port}/metrics`)
console.log(`fingerprint ${listener.identity.fingerprint}`)
console.log(`listening on ${host} port ${listener.port}`)

async function serve(connection: Connection): Promise<void> {
  const peer = connection.peerIdentity?.fingerprint ?? ''
  const own = notes.get(peer) ?? new Map<string, string>()
  notes.set(peer, own)
  for await (const request of connection) {
    // somebody who asks faster than it reads the answers waits here
    if (!connection.send(strings(answer(own, request.values())))) await connection.flush()
  }
}

function answer(own: Map<string, string>, [verb, name, text]: readonly unknown[]): readonly string[] {
  if (verb === 'list') return ['ok', ...own.keys()]
  if (verb === 'get' && typeof name === 'string') {
    const note = own.get(name)
    return note === undefined ? ['error', 'there is no such note'] : ['ok', note]
  }
  if (verb === 'put' && typeof name === 'string' && typeof text === 'string') {
    if (name.length > 100) return ['error', 'a name has 100 characters at most']
    if (own.size >= MAX_NOTES && !own.has(name)) return ['error', `there are ${MAX_NOTES} notes already`]
    own.set(name, text)
    return ['ok']
  }
  return ['error', 'put NAME TEXT, get NAME or list']
}

function strings(values: readonly string[]): Spack {
  return Spack.of(...values.map((value) => ['string', value] as const))
}

async function showMetrics(response: ServerResponse): Promise<void> {
  try {
    const text = await registry.metrics()
    response.writeHead(200, { 'content-type': registry.contentType }).end(text)
  } catch (error) {
    console.error(error)
    response.writeHead(500).end()
  }
}

/** Lets the handlers answer what has arrived, then lets go of Prometheus. */
async function stop(): Promise<void> {
  await listener.close({ timeoutMs: 10_000 })
  metrics.close()
  metrics.closeAllConnections()
}
