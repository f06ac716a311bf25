import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { Spack } from '@stalk/spack'
import { SigningQueue } from '#src/connection/signing-queue.js'
import { generateX25519 } from '#src/crypto/x25519.js'
import type { StalkError } from '#src/errors.js'
import { Identity } from '#src/identity/identity.js'
import { connect } from '#src/net/connect.js'
import { listen, type ListenOptions } from '#src/net/listen.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { encodePreamble } from '#src/stalk2/preamble.js'
import { code } from '../support/errors.js'
import { capture, eventually, gone, host, pause, plainServer, plainSocket } from '../support/network.js'
import { aliceConnects2, bobListens2, talk2 } from '../support/network2.js'
import { output, text } from '../support/sessions.js'
import { answer, ed25519Alice, ed25519Bob, end, initiator2, rsaAlice, rsaBob } from '../support/stalk2.js'

/** A listener that keeps what it was told. */
async function listensAndTells(
  t: TestContext,
  options: Partial<ListenOptions> = {},
): Promise<{ listener: Awaited<ReturnType<typeof bobListens2>>; errors: StalkError[] }> {
  const errors: StalkError[] = []
  const onError = (error: unknown): void => void errors.push(error as StalkError)
  const listener = await bobListens2(t, (connection) => connection.closed, { onError, ...options })
  return { listener, errors }
}

async function rejectedWith(
  t: TestContext,
  options: Partial<ListenOptions>,
  expected: [string, string],
): Promise<void> {
  const { listener, errors } = await listensAndTells(t, options)
  const failure = (await aliceConnects2(t, listener).catch((error: unknown) => error)) as StalkError
  assert.equal(failure.code, expected[0])
  await eventually(() => errors.length === 1, 'the listener has the reason')
  assert.equal(errors[0]?.code, expected[1])
  assert.equal(listener.connections.size, 0)
}

test('stalk/2 is what listen and connect speak, for Ed25519 and RSA identities on either side', async (t) => {
  for (const [mine, theirs] of [
    [ed25519Alice, ed25519Bob],
    [rsaAlice, rsaBob],
    [ed25519Alice, rsaBob],
    [rsaAlice, ed25519Bob],
  ] as const) {
    const { client, server, listener } = await talk2(t, { listen: { identity: theirs }, connect: { identity: mine } })
    assert.equal(listener.protocol, 'stalk/2')
    assert.equal(client.protocol, 'stalk/2')
    assert.deepEqual(client.cipher, { name: 'aes-256-gcm', keyBits: 256 })
    assert.ok(client.peerIdentity?.equals(theirs) && server.peerIdentity?.equals(mine))
    assert.deepEqual(client.channelBinding, server.channelBinding)
    const exported = client.exportSecret('test', new Uint8Array(), 32)
    assert.deepEqual(exported, server.exportSecret('test', new Uint8Array(), 32))
    client.send(text('hello'))
    assert.deepEqual((await server.receive())?.values(), ['hello'])
    server.send(new Spack().bytes(new Uint8Array(1_000_000).fill(1)))
    assert.deepEqual((await client.receive())?.values(), [new Uint8Array(1_000_000).fill(1)])
    await Promise.all([client.close(), server.close()])
    assert.deepEqual([client.error, server.error], [null, null])
    for (const side of [client, server]) {
      // the keys are wiped, so nothing can be derived from them
      assert.throws(() => side.exportSecret('test', new Uint8Array(), 32), code('CONNECTION_CLOSED'))
    }
  }
})

test('both sides may talk at once', async (t) => {
  const { client, server } = await talk2(t)
  for (let count = 0; count < 1000; count += 1) {
    client.send(new Spack().integer(count))
    server.send(new Spack().integer(count))
  }
  for (const side of [client, server]) {
    for (let count = 0; count < 1000; count += 1) assert.deepEqual((await side.receive())?.values(), [count])
  }
})

test('end ends one direction; the reason of the end is the peer’s to read', async (t) => {
  const { client, server } = await talk2(t)
  client.send(text('last'))
  await client.end()
  assert.equal((await server.receive())?.length, 1)
  assert.equal(await server.receive(), null)
  assert.deepEqual(server.peerStatement, { code: 0, reason: '' })
  assert.throws(() => client.send(text('more')), code('CONNECTION_CLOSED'))
  server.send(text('still here'))
  assert.deepEqual((await client.receive())?.values(), ['still here'])
  await Promise.all([server.close({ reason: 'bye' }), client.closed])
  assert.deepEqual(client.peerStatement, { code: 0, reason: 'bye' })
  assert.equal(client.error, null)
})

test('close with a code is CLOSED_BY_PEER with code and reason on the other side', async (t) => {
  const { client, server } = await talk2(t)
  client.send(text('before'))
  void client.close({ code: 0x4001, reason: 'go away\u001b[2J' })
  assert.equal((await server.receive())?.length, 1)
  const failure = (await server.receive().catch((error: unknown) => error)) as StalkError
  assert.ok(code('CLOSED_BY_PEER')(failure))
  assert.deepEqual(failure.peer, { code: 0x4001, reason: 'go away\u001b[2J' })
  assert.ok(!failure.message.includes('\u001b'))
  await client.closed
})

test('close refuses codes and reasons that cannot be said', async (t) => {
  const { client } = await talk2(t)
  assert.throws(() => void client.close({ code: 2 }), RangeError)
  assert.throws(() => void client.close({ reason: 'x'.repeat(256) }), RangeError)
  assert.throws(() => void client.close({ reason: 7 as never }), TypeError)
})

test('abort tells the peer: CLOSED_BY_PEER, and CONNECTION_CLOSED here', async (t) => {
  const { client, server } = await talk2(t)
  client.abort()
  await assert.rejects(client.receive(), code('CONNECTION_CLOSED'))
  await assert.rejects(server.receive(), code('CLOSED_BY_PEER'))
  await Promise.all([client.closed, server.closed])
})

test('a line that is cut is CONNECTION_TRUNCATED or CONNECTION_LOST, never an end', async (t) => {
  const { client, server } = await talk2(t)
  client.socket.end()
  await assert.rejects(server.receive(), code('CONNECTION_TRUNCATED'))
})

test('an anonymous client comes in where that is allowed; elsewhere REJECTED_IDENTITY_REQUIRED', async (t) => {
  const { client, server } = await talk2(t, { listen: { allowAnonymous: true }, connect: { anonymous: true } })
  assert.equal(server.peerIdentity, null)
  assert.equal(client.identity, null)
  assert.ok(client.peerIdentity?.equals(ed25519Bob))
  const { listener, errors } = await listensAndTells(t)
  await assert.rejects(aliceConnects2(t, listener, { anonymous: true }), code('REJECTED_IDENTITY_REQUIRED'))
  await eventually(() => errors.length === 1, 'the listener has the reason')
  assert.ok(code('ANONYMOUS_REFUSED')(errors[0]))
  const both = { identity: ed25519Alice, serverIdentity: ed25519Bob, anonymous: true }
  await assert.rejects(connect(host, 9, both), TypeError)
})

test('authorize lets in, turns away with a reason, and is a no when it throws or makes no sense', async (t) => {
  const asked: unknown[] = []
  await talk2(t, {
    listen: {
      authorize: (peer, info) => {
        asked.push(peer?.equals(ed25519Alice), info.host)
        return Promise.resolve(true)
      },
    },
  })
  assert.deepEqual(asked, [true, '127.0.0.1'])
  await rejectedWith(t, { authorize: () => false }, ['REJECTED_NOT_ALLOWED', 'NOT_AUTHORIZED'])
  const broken = (): boolean => {
    throw new Error('broken')
  }
  await rejectedWith(t, { authorize: broken }, ['REJECTED_NOT_ALLOWED', 'AUTHORIZATION_FAILED'])
  await rejectedWith(t, { authorize: () => 1 as never }, ['REJECTED_NOT_ALLOWED', 'AUTHORIZATION_FAILED'])
  const wordy = (): { allowed: false; reason: string } => ({ allowed: false, reason: 'x'.repeat(256) })
  await rejectedWith(t, { authorize: wordy }, ['REJECTED_NOT_ALLOWED', 'AUTHORIZATION_FAILED'])

  const { listener } = await listensAndTells(t, { authorize: () => ({ allowed: false, reason: 'not on Sundays' }) })
  await assert.rejects(aliceConnects2(t, listener), /not on Sundays/u)
})

test('an authorize that does not answer is AUTHORIZATION_TIMEOUT, and the client is told', async (t) => {
  const authorize = (): Promise<boolean> => new Promise(() => undefined)
  await rejectedWith(t, { authorize, authorizeTimeoutMs: 50 }, ['CLOSED_BY_PEER', 'AUTHORIZATION_TIMEOUT'])
})

test('a verdict that does not come in time is HANDSHAKE_TIMEOUT at the client, and the listener hears of it', async (t) => {
  const authorize = (): Promise<boolean> => new Promise(() => undefined)
  const { listener, errors } = await listensAndTells(t, { authorize })
  await assert.rejects(aliceConnects2(t, listener, { timeoutMs: 300 }), code('HANDSHAKE_TIMEOUT'))
  await eventually(() => errors.length === 1, 'the listener hears of it')
  assert.ok(code('CLOSED_BY_PEER')(errors[0]))
})

test('application protocols: the client’s preference counts; none in common is REJECTED_NO_PROTOCOL', async (t) => {
  const { client, server } = await talk2(t, {
    listen: { applicationProtocols: ['chat/1', 'chat/2'] },
    connect: { applicationProtocols: ['chat/3', 'chat/2', 'chat/1'] },
  })
  assert.deepEqual([client.applicationProtocol, server.applicationProtocol], ['chat/2', 'chat/2'])
  await rejectedWith(t, { applicationProtocols: ['chat/1'] }, ['REJECTED_NO_PROTOCOL', 'NO_APPLICATION_PROTOCOL'])
  const { listener } = await listensAndTells(t)
  const applicationProtocols = ['chat/1']
  await assert.rejects(aliceConnects2(t, listener, { applicationProtocols }), code('REJECTED_NO_PROTOCOL'))
  await assert.rejects(aliceConnects2(t, listener, { applicationProtocols: ['a b'] }), RangeError)
  await assert.rejects(aliceConnects2(t, listener, { applicationProtocols: 'chat' as never }), TypeError)
})

test('there is no way from stalk/2 to stalk/1: either side alone ends the line, and nobody falls back', async (t) => {
  const { listener, errors } = await listensAndTells(t)
  const { alice, bob } = await import('../support/people.js')
  const old = { identity: alice, serverIdentity: bob, protocol: 'stalk/1' } as const
  await assert.rejects(connect(host, listener.port, old), code('HANDSHAKE_TRUNCATED'))
  await eventually(() => errors.length === 1, 'the listener says what it saw')
  assert.match(errors[0]?.message ?? '', /looks like a stalk\/1 hello/u)

  let received = new Uint8Array()
  const server = await plainServer(t, (socket) => {
    socket.on('data', (chunk) => {
      received = Uint8Array.from([...received, ...chunk])
      socket.end()
    })
  })
  const modern = { identity: ed25519Alice, serverIdentity: ed25519Bob }
  await assert.rejects(connect(host, server.port, modern), code('HANDSHAKE_TRUNCATED'))
  assert.equal(Buffer.from(received.subarray(0, 8)).toString(), 'stalk/2\n')

  const heard: StalkError[] = []
  const onError = (error: unknown): void => void heard.push(error as StalkError)
  const seed = await listen(host, 0, () => undefined, { identity: bob, protocol: 'stalk/1', onError })
  t.after(() => seed.close({ timeoutMs: 100 }))
  await assert.rejects(connect(host, seed.port, { ...modern, timeoutMs: 500 }), /another protocol than stalk\/2/u)
  await eventually(() => heard.length === 1, 'the listener of stalk/1 says what it saw, too')
  assert.equal(heard[0]!.code, 'FOREIGN_PROTOCOL')
  assert.match(heard[0]!.message, /speaks stalk\/2, and this side stalk\/1/u)
})

test('what speaks another protocol is named on either side', async (t) => {
  const { listener, errors } = await listensAndTells(t)
  const greetings: readonly [Uint8Array, RegExp][] = [
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /HTTP/u],
    [Uint8Array.of(0x16, 3, 1, 2, 0), /TLS/u],
    [Buffer.from('SSH-2.0-x\r\n'), /SSH/u],
    [Buffer.from('\x13/multistream/1.0.0\n'), /libp2p/u],
    [Buffer.concat([Buffer.of(0, 32), Buffer.alloc(32, 9)]), /bare Noise message/u],
    [Buffer.from('what is this'), /begins with 77 68 61 74/u],
  ]
  for (const [greeting, expected] of greetings) {
    const socket = await plainSocket(t, listener.port)
    const isGone = gone(socket)
    socket.resume().end(greeting)
    await isGone
    await eventually(() => errors.length === 1, 'the listener says what it saw')
    assert.match(errors.pop()?.message ?? '', expected)
  }
  const web = await plainServer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const options = { identity: ed25519Alice, unverified: true } as const
  await assert.rejects(connect(host, web.port, options), /this looks like HTTP/u)
})

test('a silent peer that answers PINGs lives, one that does not is PEER_DEAD', async (t) => {
  const keepalive = { pingAfterMs: 50, deadAfterMs: 150 }
  const { client, server } = await talk2(t, { connect: { keepalive }, listen: { keepalive: false } })
  await pause(400)
  client.send(text('alive'))
  assert.equal((await server.receive())?.length, 1)
  // a peer that is stopped: nothing of what arrives is read
  server.socket.pause()
  await assert.rejects(client.receive(), code('PEER_DEAD'))
})

test('without channels a PING that finds no answer, since either side has ended its direction, is CONNECTION_CLOSED', async (t) => {
  const limits = { maxChannels: 0 }
  const { client, server } = await talk2(t, { connect: { limits }, listen: { limits } })
  await client.ping()
  // not within 750 ms of the last
  const late = client.ping()
  await Promise.all([client.end(), assert.rejects(late, code('CONNECTION_CLOSED'))])

  await assert.rejects(server.confirm(), code('CONNECTION_CLOSED'))
  await assert.rejects(server.ping(), code('CONNECTION_CLOSED'))
  server.send(text('still goes'))
  assert.deepEqual((await client.receive())?.values(), ['still goes'])
})

test('a reader that pauses for longer than the peer waits is not dead, and misses nothing', async (t) => {
  const keepalive = { pingAfterMs: 100, deadAfterMs: 400 }
  // with channels nobody stops reading
  const listen = { keepalive, limits: { maxChannels: 0 } }
  const { client, server } = await talk2(t, { connect: { keepalive }, listen })
  for (let count = 0; count < 40; count += 1) client.send(new Spack().integer(count).bytes(new Uint8Array(65_536)))
  await pause(1000)
  for (let count = 0; count < 40; count += 1) assert.equal((await server.receive())?.values()[0], count)
  assert.deepEqual([client.error, server.error], [null, null])
})

test('too many unfinished handshakes: the oldest of the busiest address goes, HANDSHAKE_EVICTED, and others come in', async (t) => {
  const { listener, errors } = await listensAndTells(t, { maxHandshakes: 3 })
  const sockets = []
  for (let count = 0; count < 5; count += 1) sockets.push(await plainSocket(t, listener.port))
  await eventually(() => errors.length === 2, 'two are given up')
  assert.ok(errors.every((error) => error.code === 'HANDSHAKE_EVICTED'))
  const client = await aliceConnects2(t, listener)
  assert.equal(client.error, null)
  await assert.rejects(
    listen(host, 0, () => undefined, { identity: ed25519Bob, maxHandshakes: 0 }),
    RangeError,
  )
})

test('whoever is refused and does not hang up takes a place among the unfinished until it is gone', async (t) => {
  const { listener, errors } = await listensAndTells(t, { maxHandshakes: 3 })
  const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length
  const before = sockets()
  for (let count = 0; count < 10; count += 1) {
    const socket = createConnection({ port: listener.port, host, allowHalfOpen: true })
    t.after(() => socket.destroy())
    socket.on('error', () => undefined).write(Buffer.from('stalk/2\n\0\0'))
    await eventually(() => errors.length > count, 'it is refused')
  }
  assert.ok(errors.every(({ code: found }) => found === 'STALK2_PREAMBLE_INVALID'))
  await pause(200)
  // the ten of this side, and three of the listener
  assert.ok(sockets() - before <= 10 + 3, `${sockets() - before} sockets`)
  await aliceConnects2(t, listener)
})

test('one byte after the other does not hold a handshake open: HANDSHAKE_TIMEOUT', async (t) => {
  const { listener, errors } = await listensAndTells(t, { handshakeTimeoutMs: 300 })
  const socket = await plainSocket(t, listener.port)
  const opening = Buffer.concat([encodePreamble([1]), Buffer.from([0x0f, 0xff]), Buffer.alloc(2000)])
  let sent = 0
  const drip = setInterval(() => socket.write(opening.subarray(sent, (sent += 1))), 20)
  t.after(() => {
    clearInterval(drip)
  })
  await eventually(() => errors.length === 1, 'the listener gives up')
  assert.equal(errors[0]?.code, 'HANDSHAKE_TIMEOUT')
  assert.ok(sent < opening.length)
})

test('ten thousand half-open sockets from many addresses: the rest is given up, and a client comes in', async (t) => {
  const [waves, each, kept] = [50, 200, 150]
  const { listener, errors } = await listensAndTells(t, { maxHandshakes: kept })
  for (let wave = 1; wave <= waves; wave += 1) {
    // an address has only so many ports
    await Promise.all(Array.from({ length: each }, (_, index) => halfOpen(listener.port, `127.0.1.${index % 10}`)))
    await eventually(() => errors.length === wave * each - kept, `all but ${kept} are given up`)
  }
  assert.ok(errors.every((error) => error.code === 'HANDSHAKE_EVICTED'))
  const client = await aliceConnects2(t, listener)
  assert.equal(client.error, null)
})

/** A socket that says nothing and may be cut whenever the other side likes; resolves once it is open. */
function halfOpen(port: number, localAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host, localAddress }, resolve)
    socket.unref().on('error', reject)
  })
}

test('ping measures a round trip; calls at once share one, and a flood is spread out', async (t) => {
  const { client, server } = await talk2(t)
  const started = performance.now()
  const [one, other] = await Promise.all([client.ping(), client.ping()])
  assert.equal(one, other)
  assert.ok(one > 0 && one <= performance.now() - started)
  const again = performance.now()
  await client.ping()
  await client.ping()
  assert.ok(performance.now() - again > 1400)
  assert.ok((await server.ping()) > 0)
  const pending = client.ping()
  server.abort()
  await assert.rejects(pending, code('CLOSED_BY_PEER'))
  await assert.rejects(client.ping(), code('CLOSED_BY_PEER'))
})

test('a port in use says so; misspelt options of close are a TypeError and close nothing', async (t) => {
  const { client, listener } = await talk2(t)
  const again = listen(host, listener.port, () => undefined, { identity: ed25519Bob })
  await assert.rejects(again, /cannot listen on 127\.0\.0\.1 port \d+: another program listens there/u)
  assert.throws(() => client.close({ reson: 'x' } as object), /close has no option reson/u)
  assert.throws(() => listener.close({ timeout: 5 } as object), /close has no option timeout/u)
  assert.equal(client.socket.destroyed, false)
})

test('a message that only the peer finds too large says whose limit it is', async (t) => {
  const { client } = await talk2(t, { listen: { limits: { maxMessageBytes: 1024 } } })
  assert.throws(() => client.send(text('x'.repeat(2000))), /MESSAGE_TOO_LARGE|the peer takes 1024 bytes/u)
  assert.throws(() => client.exportSecret('a', undefined as never, 8), /context must be a Uint8Array/u)
})

test('a handler that throws ends its connection: HANDLER_FAILED here, CLOSED_BY_PEER there', async (t) => {
  const told: unknown[] = []
  const handler = (): never => {
    throw new Error('broken')
  }
  const onError = (_error: unknown, { connection }: { connection: unknown }): void => void told.push(connection)
  const listener = await bobListens2(t, handler, { onError })
  const client = await aliceConnects2(t, listener)
  const failure = (await client.receive().catch((error: unknown) => error)) as StalkError
  assert.equal(failure.peer?.code, 6)
  assert.equal((told[0] as { error: StalkError }).error.code, 'HANDLER_FAILED')
})

test('STALKKEYLOG makes a key log of mode 0600, the same secrets from both sides; without it there is none', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  const file = path.join(directory, 'keys.log')
  t.after(async () => {
    delete process.env['STALKKEYLOG']
    await rm(directory, { recursive: true })
  })
  process.env['STALKKEYLOG'] = file
  await talk2(t)
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  assert.equal(lines.length, 12)
  assert.equal(new Set(lines).size, 6)
  for (const line of lines) assert.match(line, /^STALK2_[A-Z_]+(?:_[123])? [0-9a-f]{64} [0-9a-f]{64}$/u)
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
  process.env['STALKKEYLOG'] = directory
  await assert.rejects(connect(host, 9, { identity: ed25519Alice, unverified: true }), code('KEY_LOG_FAILED'))
})

test('a listener asks for its key log once, when it begins to listen; one that others may read is refused', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  const file = path.join(directory, 'keys.log')
  t.after(async () => {
    delete process.env['STALKKEYLOG']
    await rm(directory, { recursive: true })
  })
  process.env['STALKKEYLOG'] = file
  const listener = await bobListens2(t, (connection) => connection.closed)
  delete process.env['STALKKEYLOG']
  await aliceConnects2(t, listener)
  assert.match(await readFile(file, 'utf8'), /STALK2_EXPORTER_SECRET/u)
  if (process.platform === 'win32') return
  process.env['STALKKEYLOG'] = file
  await chmod(file, 0o644)
  await assert.rejects(aliceConnects2(t, listener), /KEY_LOG_FAILED|others may read or write it: `chmod 600/u)
})

test('a handler that answers under a flood reads no more than it can keep', async (t) => {
  let heard = 0
  const listener = await bobListens2(t, async (connection) => {
    for await (const message of connection) {
      heard += message.length
      await pause(5)
      if (!connection.send(text('reply'))) await connection.flush()
    }
  })
  const client = await aliceConnects2(t, listener, { limits: { maxQueuedBytes: 1_000_000 } })
  const message = text('x'.repeat(100))
  let sent = 0
  const flood = async (): Promise<void> => {
    for (const started = performance.now(); performance.now() - started < 10_000;) {
      for (let count = 0; count < 2000; count += 1, sent += 1) client.send(message)
      await Promise.race([client.flush(), pause(50)])
    }
  }
  // 256 KiB of credit and what the kernel holds: nowhere near all that would be sent
  await assert.rejects(flood(), code('SEND_QUEUE_FULL'))
  assert.ok(sent - heard > 10_000, `${heard} of ${sent} messages were heard`)
  client.abort()
})

test('a peer that has said CLOSE and keeps the line is cut', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { handler, next } = capture()
  const listener = await bobListens2(t, handler)
  const [client, server] = await Promise.all([aliceConnects2(t, listener), next()])
  const stays = client.socket
  stays.end = () => stays
  server.endWithPeer()
  await client.end()
  for (let round = 0; round < 50 && !server.socket.writableEnded; round += 1) await immediate()
  assert.equal(server.socket.writableEnded, true)
  assert.equal(server.socket.destroyed, false)
  t.mock.timers.tick(5000)
  assert.equal(server.socket.destroyed, true)
  assert.equal(server.error, null)
  t.mock.timers.reset()
})

/** A peer that has sent C, over a socket that it ends only when it likes. */
async function rawPeer(t: TestContext, port: number): Promise<{ socket: Socket; session: Stalk2Session }> {
  const socket = createConnection({ port, host, allowHalfOpen: true })
  t.after(() => socket.destroy())
  const peer = end(initiator2(), ed25519Alice)
  socket.write(output(peer.session))
  const [messageB] = (await once(socket, 'data')) as [Uint8Array]
  peer.session.receive(new Uint8Array(messageB), 0)
  await answer(peer)
  return { socket, session: peer.session }
}

test('closing a listener cuts at its deadline also who has failed and stays', async (t) => {
  const { listener } = await listensAndTells(t)
  const { socket, session } = await rawPeer(t, listener.port)
  socket.on('error', () => undefined).resume()
  socket.write(output(session))
  await eventually(() => listener.connections.size === 1, 'it comes in')
  socket.write(Buffer.alloc(64))
  await eventually(() => [...listener.connections].every(({ error }) => error !== null), 'the record is refused')
  const started = performance.now()
  await listener.close({ timeoutMs: 200 })
  assert.ok(performance.now() - started < 3000)
})

test('nobody is asked to authorize a peer that has already broken the protocol', async (t) => {
  let asked = 0
  const { listener, errors } = await listensAndTells(t, { authorize: () => (asked += 1) > 0 })
  const { socket, session } = await rawPeer(t, listener.port)
  socket.write(Buffer.concat([output(session), Buffer.alloc(40)]))
  await eventually(() => errors.length === 1, 'it is refused')
  assert.match(errors[0]!.code, /^RECORD_/u)
  assert.equal(asked, 0)
})

test('a flood of strangers has a few signatures made at a time, and none for those who are gone', async () => {
  const queue = new SigningQueue(2)
  const running: (() => void)[] = []
  let made = 0
  const make = () => {
    made += 1
    return new Promise<Uint8Array>((resolve) => running.push(() => resolve(new Uint8Array([made]))))
  }
  const wanted = [queue.run(make), queue.run(make), queue.run(make), queue.run(() => null), queue.run(make)]
  assert.equal(made, 2)
  running.shift()!()
  assert.deepEqual([...(await wanted[0]!)!], [2])
  assert.equal(made, 3)
  running.shift()!()
  await wanted[1]
  assert.equal(await wanted[3], null)
  assert.equal(made, 4)
  for (const finish of running) finish()
  await Promise.all(wanted)
  await assert.rejects(
    queue.run(() => Promise.reject(new Error('no'))),
    /no/u,
  )
  assert.ok(await queue.run(() => Promise.resolve(new Uint8Array(1))))
})

test('a listener of a large RSA key lets clients in soon after a flood of strangers that hang up', async (t) => {
  const identity = await Identity.generate({ type: 'rsa', protocol: 'stalk/2', bits: 4096 })
  const listener = await bobListens2(t, (connection) => connection.closed, { identity, handshakeRate: false })
  const opening = Buffer.concat([encodePreamble([1]), Buffer.from([0, 32]), generateX25519().publicKey])
  for (let wave = 0; wave < 20; wave += 1) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => plainSocket(t, listener.port)))
    for (const socket of sockets) socket.write(opening)
    await pause(5)
    for (const socket of sockets) socket.resetAndDestroy()
  }
  // two thousand signatures were asked for, and hardly any must have been made
  await aliceConnects2(t, listener, { timeoutMs: 5000 })
})

const deviceFull = { skip: process.platform === 'linux' ? false : 'no /dev/full here' }
test('a key log on a full disk is one warning, and the connection goes on', deviceFull, async (t) => {
  const warnings: string[] = []
  const onWarning = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`)
  process.on('warning', onWarning)
  t.after(() => {
    delete process.env['STALKKEYLOG']
    process.off('warning', onWarning)
  })
  process.env['STALKKEYLOG'] = '/dev/full'
  const { client, server } = await talk2(t)
  client.send(text('still here'))
  assert.deepEqual((await server.receive())?.values(), ['still here'])
  await eventually(() => warnings.length === 2, 'each side warns once')
  for (const warning of warnings) assert.match(warning, /^StalkWarning: STALKKEYLOG: \/dev\/full: .*ENOSPC/u)
})

test('options that make no sense are a TypeError or a RangeError', async () => {
  const options = { identity: ed25519Alice, unverified: true } as const
  const wrong: readonly [object, typeof TypeError | typeof RangeError][] = [
    [{ keepalive: 1 }, TypeError],
    [{ keepalive: { pingMs: 1 } }, TypeError],
    [{ keepalive: { pingAfterMs: 0 } }, RangeError],
    [{ limits: { maxFirstMessageBytes: 4095 } }, RangeError],
    [{ limits: { maxHandshakeMessageBytes: 65_536 } }, RangeError],
    [{ limits: { maxRecordBytes: 65_519 } }, RangeError],
  ]
  for (const [more, type] of wrong) await assert.rejects(connect(host, 9, { ...options, ...more }), type)
})
