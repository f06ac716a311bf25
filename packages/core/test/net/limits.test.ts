import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import type { StalkError } from '#src/errors.js'
import { connect } from '#src/net/connect.js'
import { HalfOpenSockets } from '#src/net/half-open.js'
import { listen } from '#src/net/listen.js'
import { networkOf, RateLimiter } from '#src/net/rate-limiter.js'
import { code } from '../support/errors.js'
import { eventually, host, pause, plainSocket } from '../support/network.js'
import { aliceConnects2, bobListens2, talk2 } from '../support/network2.js'
import { text } from '../support/sessions.js'
import { alice, bob } from '../support/people.js'
import { ed25519Alice, ed25519Bob } from '../support/stalk2.js'

test('maxConnections: beyond, peers hear that the listener is busy; when one goes another comes in', async (t) => {
  const errors: StalkError[] = []
  const onError = (error: unknown): void => void errors.push(error as StalkError)
  const listener = await bobListens2(t, (connection) => connection.closed, { maxConnections: 2, onError })
  const first = await aliceConnects2(t, listener)
  await aliceConnects2(t, listener)
  const refused = (await aliceConnects2(t, listener).catch((error: unknown) => error)) as StalkError
  assert.equal(refused.code, 'STALK2_REFUSED')
  assert.equal(refused.peer?.code, 2)
  assert.deepEqual(
    errors.map((error) => error.code),
    ['LISTENER_BUSY'],
  )
  first.abort()
  await eventually(() => listener.connections.size === 1, 'the first is gone')
  await aliceConnects2(t, listener)
})

for (const protocol of ['stalk/2', 'stalk/1'] as const) {
  test(`maxConnections holds also for ${protocol} peers that shake hands at the same time, and authorize takes its time`, async (t) => {
    const errors: StalkError[] = []
    const onError = (error: unknown): void => void errors.push(error as StalkError)
    const [ours, theirs] = protocol === 'stalk/1' ? [alice, bob] : [ed25519Alice, ed25519Bob]
    // nobody is let in before all of them have shown who they are
    let asked = 0
    const authorize = async (): Promise<boolean> => {
      asked += 1
      await eventually(() => asked === 8, 'all are there')
      return true
    }
    const listener = await listen(host, 0, (connection) => connection.closed, {
      identity: theirs,
      protocol,
      maxConnections: 2,
      onError,
      ...(protocol === 'stalk/2' && { authorize }),
    })
    t.after(() => listener.close({ timeoutMs: 100 }))
    const options = { identity: ours, serverIdentity: theirs, protocol }
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => connect(host, listener.port, options)))
    await eventually(() => errors.length === 6, 'six are turned away')
    assert.equal(listener.connections.size, 2)
    assert.deepEqual([...new Set(errors.map((error) => error.code))], ['LISTENER_BUSY'])
    const refused = attempts.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    if (protocol === 'stalk/2') {
      assert.deepEqual(
        refused.map(({ reason }) => (reason as StalkError).code),
        Array(6).fill('REJECTED_BUSY'),
      )
    }
    for (const attempt of attempts) if (attempt.status === 'fulfilled') attempt.value.abort()
  })
}

test('half-open sockets of IPv6 are counted by their network', () => {
  const evicted: string[] = []
  const sockets = new HalfOpenSockets(3)
  for (const address of ['2001:db8:0:1::1', '2001:db8:0:1::2', '10.0.0.1', '10.0.0.2']) {
    sockets.add({ host: address, giveUp: () => void evicted.push(address) })
  }
  assert.deepEqual(evicted, ['2001:db8:0:1::1'])
})

test('handshakeRate: an address that connects too often is turned away without a handshake, others are not', async (t) => {
  const errors: StalkError[] = []
  const onError = (error: unknown): void => void errors.push(error as StalkError)
  const listener = await bobListens2(t, (connection) => connection.closed, {
    handshakeRate: { perSecond: 0.01, burst: 3 },
    onError,
  })
  for (let count = 0; count < 3; count += 1) await aliceConnects2(t, listener)
  const flood = await Promise.all(Array.from({ length: 50 }, () => plainSocket(t, listener.port)))
  const said = await Promise.all(flood.map(async (socket) => (await once(socket, 'data')) as [Buffer]))
  assert.ok(said.every(([bytes]) => bytes.toString('hex') === '000002'))
  await assert.rejects(aliceConnects2(t, listener), code('STALK2_REFUSED'))
  assert.equal(errors.length, 51)
  assert.match(errors[0]!.message, /127\.0\.0\.1 connects more often than it may/u)
  if (process.platform === 'linux') {
    const elsewhere = await listen('127.0.0.1', 0, (connection) => connection.closed, { identity: ed25519Bob })
    t.after(() => elsewhere.close({ timeoutMs: 100 }))
    await aliceConnects2(t, elsewhere)
  }
})

test('a token bucket gives what it has at once, then what comes in; addresses of IPv6 are counted by their network', () => {
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 })
  const taken = (now: number): number => {
    let count = 0
    while (limiter.take('a', now)) count += 1
    return count
  }
  assert.deepEqual([taken(0), taken(400), taken(500), taken(1500), taken(60_000)], [3, 0, 1, 2, 3])
  assert.equal(limiter.take('b', 0), true)
  // whoever comes from ever new addresses does not fill the memory
  for (let index = 0; index < 30_000; index += 1) limiter.take(`x${index}`, 0)
  assert.equal(limiter.take('a', 60_000), true)

  for (const [address, network] of [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const) {
    assert.equal(networkOf(address), network)
  }
})

test('a listener that is flooded from one address goes on serving those who are in', async (t) => {
  const listener = await bobListens2(
    t,
    async (connection) => {
      for await (const message of connection) connection.send(message)
    },
    { handshakeRate: { perSecond: 10, burst: 20 }, maxHandshakes: 50 },
  )
  const client = await aliceConnects2(t, listener)
  const done = new AbortController()
  const flood = (async () => {
    while (!done.signal.aborted) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => plainSocket(t, listener.port)))
      for (const socket of sockets) socket.destroy()
    }
  })()
  for (let count = 0; count < 100; count += 1) {
    client.send(text(`still here ${count}`))
    assert.deepEqual((await client.receive())?.values(), [`still here ${count}`])
  }
  done.abort()
  await flood
})

test('idleTimeoutMs: a connection over which nobody says anything ends on both sides, one that is used does not', async (t) => {
  const { client, server } = await talk2(t, { listen: { idleTimeoutMs: 300 } })
  for (let count = 0; count < 5; count += 1) {
    await pause(100)
    client.send(text('tick'))
    await server.receive()
  }
  assert.equal(client.socket.destroyed, false)
  await client.closed
  const [ours, theirs] = [server, client].map(({ error }) => error)
  assert.equal(ours?.code, 'IDLE_TIMEOUT')
  assert.equal(theirs?.code, 'CLOSED_BY_PEER')
  assert.equal(theirs.peer?.code, 4)
})

test('idleTimeoutMs: a connection that is used for long gathers no listeners', async (t) => {
  const { client, server } = await talk2(t, { connect: { idleTimeoutMs: 300 } })
  const before = client.socket.listenerCount('close')
  for (const until = performance.now() + 1000; performance.now() < until;) {
    await pause(5)
    server.send(text('x'))
    await client.receive()
  }
  assert.equal(client.error, null)
  assert.equal(client.socket.listenerCount('close'), before)
})

test('limits.maxQueuedMessages and maxQueuedBytes: send refuses what a peer does not take, and harms nothing', async (t) => {
  for (const limits of [{ maxQueuedMessages: 10 }, { maxQueuedBytes: 2000 }]) {
    const { client, server } = await talk2(t, { connect: { limits } })
    let sent = 0
    const fill = (): void => {
      for (; sent < 1000; sent += 1) client.send(text('x'.repeat(300)))
    }
    assert.throws(fill, code('SEND_QUEUE_FULL'))
    assert.ok(sent >= 6 && sent <= 10, `${sent} were taken`)
    await client.flush()
    client.send(text('more'))
    for (let count = 0; count <= sent; count += 1) assert.notEqual(await server.receive(), null)
  }
})

test('limits.maxUnreadMessages and maxUnreadBytes: without channels a side that does not receive stops reading', async (t) => {
  for (const unread of [{ maxUnreadMessages: 5 }, { maxUnreadBytes: 500 }]) {
    const limits = { ...unread, maxChannels: 0 }
    const { client, server } = await talk2(t, { listen: { limits } })
    for (let count = 0; count < 50; count += 1) client.send(text(`${count}`.padEnd(100, 'x')))
    await client.flush()
    await eventually(() => server.socket.isPaused(), 'it stops')
    for (let count = 0; count < 50; count += 1) {
      assert.match(String((await server.receive())?.values()[0]), new RegExp(`^${count}x`, 'u'))
    }
    await eventually(() => !server.socket.isPaused(), 'it reads again')
  }
})

test('limits that make no sense are a TypeError or a RangeError', async () => {
  const handler = (): void => undefined
  for (const wrong of [
    { maxConnections: 0 },
    { maxConnections: 1.5 },
    { handshakeRate: { perSecond: 0 } },
    { handshakeRate: { burst: Infinity } },
    { idleTimeoutMs: 0 },
    { limits: { maxQueuedBytes: -1 } },
  ]) {
    await assert.rejects(listen(host, 0, handler, { identity: ed25519Bob, ...(wrong as object) }), RangeError)
  }
  for (const wrong of [{ handshakeRate: { perMinute: 1 } }, { handshakeRate: 7 }, { handshakeRate: null }]) {
    await assert.rejects(listen(host, 0, handler, { identity: ed25519Bob, ...(wrong as object) }), TypeError)
  }
})

test('await using closes connections and listeners', async (t) => {
  const { client, server, listener } = await talk2(t)
  await Promise.all([client[Symbol.asyncDispose](), server.close()])
  assert.equal(client.socket.destroyed, true)
  await listener[Symbol.asyncDispose]()
  await assert.rejects(aliceConnects2(t, listener), code('CONNECT_FAILED'))
})

test('a signal gives up on receive and flush without losing anything, and closes a listener', async (t) => {
  const { client, server } = await talk2(t)
  const reason = new Error('enough')
  const controller = new AbortController()
  const waiting = server.receive({ signal: controller.signal })
  const next = server.receive()
  controller.abort(reason)
  await assert.rejects(waiting, reason)
  await assert.rejects(server.receive({ signal: controller.signal }), reason)
  client.send(text('kept'))
  assert.deepEqual((await next)?.values(), ['kept'])
  await assert.rejects(client.flush({ signal: controller.signal }), reason)

  // a signal that outlives many calls has no listener left of them
  const long = new AbortController()
  for (let count = 0; count < 20; count += 1) {
    const received = server.receive({ signal: long.signal })
    client.send(text('again'))
    await received
    await client.flush({ signal: long.signal })
  }
  assert.equal(getEventListeners(long.signal, 'abort').length, 0)

  const stop = new AbortController()
  const listener = await bobListens2(t, (connection) => connection.closed, { signal: stop.signal })
  stop.abort()
  await immediate()
  await assert.rejects(aliceConnects2(t, listener), code('CONNECT_FAILED'))
  await assert.rejects(
    listen(host, 0, () => undefined, { identity: ed25519Bob, signal: AbortSignal.abort(reason) }),
    reason,
  )
})

test('a peer that hangs up while authorize decides takes no place of those that are let in', async (t) => {
  let decide: (verdict: boolean) => void = () => undefined
  let asked = 0
  const listener = await bobListens2(t, (connection) => connection.closed, {
    maxConnections: 1,
    authorize: () => {
      asked += 1
      return asked > 1 || new Promise<boolean>((resolve) => (decide = resolve))
    },
  })
  const cancel = new AbortController()
  const hungUp = aliceConnects2(t, listener, { signal: cancel.signal }).catch(() => undefined)
  await eventually(() => asked === 1, 'it is asked')
  cancel.abort()
  await hungUp
  await eventually(() => listener.metrics().handshakes === 0, 'its socket is gone')
  decide(true)
  await immediate()
  await aliceConnects2(t, listener)
})

test('whatever authorize throws is a no', async (t) => {
  const errors: StalkError[] = []
  const listener = await bobListens2(t, (connection) => connection.closed, {
    onError: (error) => void errors.push(error as StalkError),
    authorize: () => {
      throw Object.create(null)
    },
  })
  await assert.rejects(aliceConnects2(t, listener), code('REJECTED_NOT_ALLOWED'))
  assert.deepEqual(
    errors.map((error) => error.code),
    ['AUTHORIZATION_FAILED'],
  )
})
