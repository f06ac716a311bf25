import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { StalkError } from '#src/errors.js'
import { connect } from '#src/net/connect.js'
import { debugHandler } from '#src/net/debug-handler.js'
import { listen } from '#src/net/listen.js'
import { code } from '../support/errors.js'
import {
  aliceConnects,
  bobListens,
  eventually,
  gone,
  host,
  pause,
  plainServer,
  plainSocket,
  talk,
} from '../support/network.js'
import { alice, bob, carol, small } from '../support/people.js'
import { initiator, output, text } from '../support/sessions.js'

test('a listener knows its port, identity, protocol and connections', async (t) => {
  const { listener, client, server } = await talk(t)
  assert.ok(listener.port > 0)
  assert.equal(listener.host, host)
  assert.equal(listener.protocol, 'stalk/1')
  assert.ok(listener.identity.equals(bob))
  assert.deepEqual([...listener.connections], [server])
  await Promise.all([client.close(), server.close()])
  assert.equal(listener.connections.size, 0)
})

test('a port in use is LISTEN_FAILED', async (t) => {
  const server = await plainServer(t, () => undefined)
  await assert.rejects(
    listen(host, server.port, () => undefined, { identity: bob, protocol: 'stalk/1' }),
    code('LISTEN_FAILED'),
  )
})

test('arguments that make no sense are a TypeError or a RangeError', async () => {
  const options = { identity: bob, protocol: 'stalk/1' } as const
  await assert.rejects(listen(host, 0, undefined as never, options), TypeError)
  await assert.rejects(
    listen(host, 65_536, () => undefined, options),
    RangeError,
  )
  await assert.rejects(
    listen(host, 0, () => undefined, { ...options, handshakeTimeoutMs: 0 }),
    RangeError,
  )
  await assert.rejects(
    listen(host, 0, () => undefined, { ...options, authorize: () => true }),
    /authorize is an option of stalk\/2/u,
  )
})

test('without an identity the default one is loaded', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  const before = process.env['STALK_HOME']
  process.env['STALK_HOME'] = directory
  t.after(async () => {
    if (before === undefined) delete process.env['STALK_HOME']
    else process.env['STALK_HOME'] = before
    await rm(directory, { recursive: true })
  })
  await carol.save(directory)
  const listener = await listen(host, 0, () => undefined, { protocol: 'stalk/1' })
  t.after(() => listener.close())
  assert.ok(listener.identity.equals(carol))
})

test('the connection lives as long as the promise of its handler', async (t) => {
  const listener = await bobListens(t, async (connection) => {
    const message = await connection.receive()
    if (message !== null) connection.send(message)
  })
  const connection = await aliceConnects(t, listener)
  connection.send(text('echo'))
  assert.deepEqual((await connection.receive())?.values(), ['echo'])
  assert.equal(await connection.receive(), null)
  await connection.close()
})

test('without a promise the connection stays open until the peer has sent its last', async (t) => {
  const listener = await bobListens(t, (connection) => {
    void connection.receive().then((message) => message !== null && connection.send(message))
  })
  const connection = await aliceConnects(t, listener)
  connection.send(text('echo'))
  assert.deepEqual((await connection.receive())?.values(), ['echo'])
  assert.equal(listener.connections.size, 1)
  await connection.end()
  assert.equal(await connection.receive(), null)
  await connection.closed
  await eventually(() => listener.connections.size === 0, 'the listener forgot the connection')
})

test('a handler that throws closes its own connection only, and onError is told', async (t) => {
  const thrown = new Error('handler bug')
  const errors: unknown[] = []
  const listener = await bobListens(
    t,
    async (connection) => {
      for await (const message of connection) {
        if (message.values()[0] === 'throw') throw thrown
        connection.send(message)
      }
    },
    { onError: (error, info) => errors.push([error, info.connection === null, info.peer?.startsWith(host)]) },
  )
  const [first, second] = [await aliceConnects(t, listener), await aliceConnects(t, listener)]
  first.send(text('throw'))
  await assert.rejects(first.receive(), code('CONNECTION_LOST'))
  second.send(text('unharmed'))
  assert.deepEqual((await second.receive())?.values(), ['unharmed'])
  assert.deepEqual(errors, [[thrown, false, true]])
})

test('a synchronous handler that throws is treated alike', async (t) => {
  const errors: unknown[] = []
  const listener = await bobListens(
    t,
    () => {
      throw new Error('at once')
    },
    { onError: (error) => errors.push((error as Error).message) },
  )
  const connection = await aliceConnects(t, listener)
  await assert.rejects(connection.receive(), code('CONNECTION_LOST'))
  assert.deepEqual(errors, ['at once'])
})

test('without onError a handler’s error becomes a process warning', async (t) => {
  const warning = once(process, 'warning')
  const listener = await bobListens(t, () => Promise.reject(new Error('nobody is told')))
  await aliceConnects(t, listener)
  const [{ name, message }] = (await warning) as [Error]
  assert.equal(name, 'StalkWarning')
  assert.match(message, /nobody is told/u)
})

test('who refuses a message tells the peer by a reset, and without onError its developer by a warning', async (t) => {
  const warning = once(process, 'warning')
  const receiveAll = async (connection: { receive(): Promise<unknown> }): Promise<void> => {
    while ((await connection.receive()) !== null);
  }
  const listener = await bobListens(t, receiveAll, { limits: { maxMessageBytes: 1000 } })
  const connection = await aliceConnects(t, listener)
  connection.send(text('x'.repeat(2000)))
  await assert.rejects(connection.receive(), code('CONNECTION_LOST'))
  const [{ message }] = (await warning) as [Error]
  assert.match(message, /exceeds|limit/u)
})

test('a peer that vanishes is no news: no warning', async (t) => {
  const warnings: unknown[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const settled: Promise<unknown>[] = []
  const listener = await bobListens(t, (connection) => {
    const receiving = connection.receive()
    settled.push(receiving.catch((error: unknown) => error))
    return receiving
  })
  const connection = await aliceConnects(t, listener)
  await eventually(() => settled.length === 1, 'the handler runs')
  connection.abort()
  assert.ok(code('CONNECTION_LOST')(await settled[0]))
  await pause(50)
  assert.deepEqual(warnings, [])
})

test('an onError that throws becomes a warning and harms nothing', async (t) => {
  const warning = once(process, 'warning')
  const listener = await bobListens(t, () => undefined, {
    onError: () => {
      throw new Error('in onError')
    },
  })
  const socket = await plainSocket(t, listener.port)
  socket.resume().write(new Uint8Array(34))
  await gone(socket)
  const [{ message }] = (await warning) as [Error]
  assert.equal(message, 'onError failed: in onError')
  await aliceConnects(t, listener)
})

test('an onError whose promise rejects does not take the process down', async (t) => {
  const onError = (): Promise<never> => Promise.reject(new Error('later'))
  const listener = await bobListens(t, debugHandler, { onError })
  const warning = once(process, 'warning')
  const socket = await plainSocket(t, listener.port)
  socket.resume().write(new Uint8Array(34))
  await gone(socket)
  const [{ message }] = (await warning) as [Error]
  assert.equal(message, 'onError failed: later')
  await aliceConnects(t, listener)
})

test('garbage, connect and close, and strangers’ protocols end their own socket only, and onError has the reason', async (t) => {
  const codes: string[] = []
  const onError = (error: unknown): void => void codes.push((error as StalkError).code)
  const listener = await bobListens(t, debugHandler, { onError, handshakeTimeoutMs: 300 })
  // The second could still become a packet for all that its first bytes say.
  const garbage = [new Uint8Array(34), 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', new Uint8Array(8192).fill(0xff)]
  for (const bytes of garbage) {
    const socket = await plainSocket(t, listener.port)
    socket.resume().write(bytes)
    await gone(socket)
  }
  assert.deepEqual(codes, ['STALK1_PACKET_INVALID', 'HANDSHAKE_TIMEOUT', 'STALK1_PACKET_INVALID'])
  const left = await plainSocket(t, listener.port)
  left.resume().end()
  await gone(left)
  assert.equal(codes[3], 'HANDSHAKE_TRUNCATED')
  await aliceConnects(t, listener)
})

test('silent sockets are cut at the handshake deadline', async (t) => {
  const codes: string[] = []
  const onError = (error: unknown): void => void codes.push((error as StalkError).code)
  const listener = await bobListens(t, () => undefined, { handshakeTimeoutMs: 100, onError })
  const sockets = await Promise.all(Array.from({ length: 50 }, () => plainSocket(t, listener.port)))
  sockets[0]?.write(output(initiator()))
  await Promise.all(sockets.map((socket) => gone(socket.resume())))
  assert.deepEqual(codes, Array<string>(50).fill('HANDSHAKE_TIMEOUT'))
  await aliceConnects(t, listener)
})

test('a key under 2,048 bits is refused', async (t) => {
  const codes: string[] = []
  const listener = await bobListens(t, () => undefined, { onError: (error) => codes.push((error as StalkError).code) })
  const attempt = connect(host, listener.port, { identity: small, serverIdentity: bob, protocol: 'stalk/1' })
  await assert.rejects(attempt, code('HANDSHAKE_TRUNCATED'))
  assert.deepEqual(codes, ['RSA_MODULUS_TOO_SMALL'])
})

test('closing a listener sends what is queued, tells the handlers, and frees the port', async (t) => {
  const { client, server, listener } = await talk(t)
  for (let index = 0; index < 100; index += 1) server.send(text(`last words ${index}`))
  const reading = (async () => {
    let count = 0
    for await (const message of client) count += message.length
    await client.close()
    return count
  })()
  const handlerSees = server.receive()
  await listener.close()
  assert.equal(await reading, 100)
  assert.equal(await handlerSees, null)
  const again = await listen(host, listener.port, () => undefined, { identity: bob, protocol: 'stalk/1' })
  await again.close()
})

test('closing a listener gives up handshakes, and cuts who does not let go at the deadline', async (t) => {
  const { listener, client } = await talk(t)
  const silent = await plainSocket(t, listener.port)
  await eventually(() => silent.readyState === 'open', 'the silent socket is open')
  const cut = gone(silent.resume())
  await listener.close({ timeoutMs: 100 })
  await cut
  // The client did not let go: its line was cut after what it had to be told.
  assert.equal(await client.receive(), null)
})

test('the debug handler prints who connects and every object as it arrives', async (t) => {
  const printed: string[] = []
  t.mock.method(console, 'log', (line: string) => printed.push(line))
  const listener = await bobListens(t, debugHandler)
  const connection = await aliceConnects(t, listener)
  connection.send(text('look').integer(-3).bytes(Uint8Array.of(1, 255)))
  const peer = `${host}:${connection.socket.localPort ?? 0}`
  await connection.close()
  assert.deepEqual(printed, [
    `${peer} connected: ${alice.fingerprint}`,
    `${peer} string "look", integer -3, byte[2] 01ff`,
    `${peer} closed`,
  ])
})
