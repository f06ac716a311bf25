import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { connect } from '#src/net/connect.js'
import { eventually, host } from '../support/network.js'
import { bobListens2 } from '../support/network2.js'
import { ed25519Alice, ed25519Bob } from '../support/stalk2.js'

test('ten thousand connections, eight at a time, leave no listeners, timers or sockets behind', async (t) => {
  const listener = await bobListens2(t, () => undefined, { handshakeRate: false })
  const controller = new AbortController()
  const options = { identity: ed25519Alice, serverIdentity: ed25519Bob, signal: controller.signal }
  const resources = (): number => process.getActiveResourcesInfo().length
  const connectAndClose = async (): Promise<void> => {
    const connection = await connect(host, listener.port, options)
    await connection.close()
  }
  await connectAndClose()
  const before = resources()
  let made = 0
  // as many as a slow machine makes in the time that a test has
  const until = performance.now() + 40_000
  for (; made < 10_000 && performance.now() < until; made += 8) {
    await Promise.all(Array.from({ length: 8 }, connectAndClose))
  }
  assert.ok(made >= 1000, `${made} were made`)
  await eventually(() => listener.connections.size === 0, 'all are gone')
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  assert.ok(resources() <= before + 5, `${resources()} after, ${before} before`)
})
