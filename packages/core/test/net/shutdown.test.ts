import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spack, StalkError } from '#src/index.js'
import { code } from '../support/errors.js'
import { eventually, pause } from '../support/network.js'
import { aliceConnects2, bobListens2, talk2 } from '../support/network2.js'
import { text } from '../support/sessions.js'

test('a listener that closes lets its handlers answer what has arrived, and nothing that comes later is taken for arrived', async (t) => {
  let goOn = (): void => undefined
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve))
  const listener = await bobListens2(t, async (connection) => {
    for await (const message of connection) {
      await mayGoOn
      connection.send(message)
    }
  })
  const client = await aliceConnects2(t, listener)
  const [server] = listener.connections
  for (const word of ['1', '2', '3']) client.send(text(word))
  await client.confirm()
  const closed = listener.close()
  client.send(text('too late'))
  let isConfirmed = false
  const late = client.confirm().then(() => (isConfirmed = true))
  await eventually(() => server!.metrics().messagesReceived === 4, 'it has come')
  // the answer to its PING would have to come by now
  await Promise.race([pause(600), late.catch(() => undefined)])
  assert.equal(isConfirmed, false)
  goOn()
  for (const word of ['1', '2', '3']) assert.deepEqual((await client.receive())?.values(), [word])
  assert.equal(await client.receive(), null)
  const refused = assert.rejects(late, code('CONNECTION_CLOSED'))
  await client.close()
  await refused
  await closed
  assert.equal(listener.connections.size, 0)
})

test('what comes after close() is discarded and not taken for arrived; the peer that closes lives on', async (t) => {
  const keepalive = { pingAfterMs: 200, deadAfterMs: 500 }
  const { client, server } = await talk2(t, { connect: { keepalive }, listen: { keepalive: false } })
  // more than may wait unread, so that the end does not get through
  for (let count = 0; count < 40; count += 1) server.send(Spack.of(['byte[]', new Uint8Array(100_000)]))
  const closing = assert.rejects(server.close({ timeoutMs: 2_000 }), code('CLOSE_TIMEOUT'))
  client.send(text('too late'))
  let isConfirmed = false
  const late = client.confirm().then(
    () => (isConfirmed = true),
    () => undefined,
  )
  await eventually(() => server.metrics().messagesReceived === 1, 'it has come')
  await pause(1_500)
  assert.equal(client.error, null)
  await closing
  await late
  assert.equal(isConfirmed, false)
})

test('a handler that does not finish is cut when the time of the listener is over', async (t) => {
  const handled: unknown[] = []
  const listener = await bobListens2(t, async (connection) => {
    for await (const message of connection) handled.push(message.values()[0])
    handled.push('end')
    await new Promise(() => undefined)
  })
  const client = await aliceConnects2(t, listener)
  client.send(text('1'))
  await client.confirm()
  await eventually(() => handled.length === 1, 'it has been received')
  const began = performance.now()
  await listener.close({ timeoutMs: 100 })
  assert.ok(performance.now() - began >= 99)
  assert.deepEqual(handled, ['1', 'end'])
  assert.equal(await client.receive(), null)
})

test('connections from which nobody receives do not hold up a listener that closes', async (t) => {
  const listener = await bobListens2(t, (connection) => connection.closed)
  const client = await aliceConnects2(t, listener)
  const closed = listener.close({ timeoutMs: 60_000 })
  assert.equal(await client.receive(), null)
  await client.close()
  await closed
})

test(
  'the time of a listener that closes is the longest that any of its connections takes, also one that is closing by itself',
  { timeout: 20_000 },
  async (t) => {
    let hasReturned = false
    const listener = await bobListens2(t, async (connection) => {
      if (hasReturned) return
      hasReturned = true
      await connection.close({ timeoutMs: 600_000 })
    })
    // both stay: one is waited for by its handler, the other by the listener, which closes it when its handler is done
    const clients = [await aliceConnects2(t, listener), await aliceConnects2(t, listener)]
    for (const client of clients) assert.equal(await client.receive(), null)
    await listener.close({ timeoutMs: 100 })
    assert.equal(listener.connections.size, 0)
    assert.equal(listener.metrics().handshakes, 0)
  },
)

test('closing again takes the shorter of the times', { timeout: 20_000 }, async (t) => {
  const listener = await bobListens2(t, (connection) => connection.closed)
  const client = await aliceConnects2(t, listener)
  const closed = client.close({ timeoutMs: 600_000 })
  const again = client.close({ timeoutMs: 100 })
  void client.close({ timeoutMs: 600_000 })
  assert.equal(again, closed)
  await closed
})

test(
  'a handler learns from `ending` that its listener closes, and ends what would go on for ever',
  { timeout: 20_000 },
  async (t) => {
    const reasons: unknown[] = []
    const listener = await bobListens2(t, async (connection) => {
      const { ending } = connection
      assert.equal(ending.aborted, false)
      await Promise.all([
        connection.receive(),
        new Promise((resolve) => ending.addEventListener('abort', resolve, { once: true })),
      ])
      reasons.push(ending.reason)
      connection.send(new Spack().string('goodbye'))
    })
    const client = await aliceConnects2(t, listener)
    client.send(new Spack().integer(1))
    await client.confirm()
    const closed = listener.close({ timeoutMs: 60_000 })
    assert.deepEqual((await client.receive())?.values(), ['goodbye'])
    assert.equal(await client.receive(), null)
    assert.equal(client.ending.aborted, false)
    const closing = client.close()
    assert.equal(client.ending.aborted, true)
    await closing
    await closed
    assert.deepEqual(
      reasons.map((reason) => reason instanceof StalkError && reason.code),
      ['CONNECTION_CLOSED'],
    )
  },
)

test(
  '`ending` is aborted also if it is asked for late, with what ended the connection',
  { timeout: 20_000 },
  async (t) => {
    const listener = await bobListens2(t, (connection) => connection.closed)
    const client = await aliceConnects2(t, listener)
    client.abort()
    assert.equal(client.ending.aborted, true)
    assert.equal(client.ending.reason, client.error)
  },
)

test(
  'a handler that loops over messages late still gets those that were confirmed when its listener closes',
  { timeout: 20_000 },
  async (t) => {
    let begin = (): void => undefined
    const mayBegin = new Promise<void>((resolve) => (begin = resolve))
    const got: unknown[] = []
    const listener = await bobListens2(t, async (connection) => {
      await mayBegin
      for await (const message of connection) {
        got.push(message.values()[0])
        if (got.length === 2) void listener.close({ timeoutMs: 5_000 })
      }
    })
    const client = await aliceConnects2(t, listener)
    for (let count = 0; count < 10; count += 1) client.send(new Spack().integer(count))
    await client.confirm()
    begin()
    assert.equal(await client.receive(), null)
    await client.close()
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  },
)
