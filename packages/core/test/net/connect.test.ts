import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Identity } from '#src/identity/identity.js'
import { connect, type ConnectOptions } from '#src/net/connect.js'
import { code } from '../support/errors.js'
import { aliceConnects, bobListens, capture, host, plainServer, talk } from '../support/network.js'
import { alice, bob, mallory } from '../support/people.js'
import { text } from '../support/sessions.js'

const base = { identity: alice, protocol: 'stalk/1' } as const

test('both ends know host, port, identities, socket, cipher and protocol', async (t) => {
  const { client, server, listener } = await talk(t)
  assert.equal(client.host, host)
  assert.equal(client.port, listener.port)
  assert.equal(server.host, host)
  assert.equal(server.port, client.socket.localPort)
  assert.ok(client.identity!.equals(alice) && client.peerIdentity!.equals(bob))
  assert.ok(server.identity!.equals(bob) && server.peerIdentity!.equals(alice))
  assert.equal(client.peerIdentity!.privateKey, undefined)
  for (const connection of [client, server]) {
    assert.deepEqual(connection.cipher, { name: 'aes-256-ofb', keyBits: 256 })
    assert.equal(connection.protocol, 'stalk/1')
    assert.equal(connection.unverified, false)
    assert.equal(connection.error, null)
  }
  client.send(text('hello'))
  await client.flush()
  assert.deepEqual((await server.receive())?.values(), ['hello'])
  server.send(text('and to you'))
  assert.deepEqual((await client.receive())?.values(), ['and to you'])
})

test('a server that is not the pinned one is PIN_MISMATCH with both fingerprints, and goes on serving others', async (t) => {
  const { handler } = capture()
  const listener = await bobListens(t, handler)
  await assert.rejects(
    connect(host, listener.port, { ...base, serverIdentity: mallory }),
    (error: Error) =>
      code('PIN_MISMATCH')(error) &&
      error.message.includes(bob.fingerprint) &&
      error.message.includes(mallory.fingerprint),
  )
  await aliceConnects(t, listener)
})

test('connect without a pin is a TypeError that names the choices', async () => {
  await assert.rejects(
    connect(host, 9, base as unknown as ConnectOptions),
    (error) =>
      error instanceof TypeError &&
      error.message.includes('serverIdentity') &&
      error.message.includes('unverified: true'),
  )
})

test('a pin and unverified: true exclude one another, and a pin must be one', async () => {
  await assert.rejects(
    connect(host, 9, { ...base, serverIdentity: bob, unverified: true as unknown as false }),
    TypeError,
  )
  for (const wrong of [7, null, {}, [7]] as unknown as Identity[]) {
    await assert.rejects(
      connect(host, 9, { ...base, serverIdentity: wrong }),
      /serverIdentity takes an Identity, its text/u,
    )
  }
  await assert.rejects(connect(host, 9, { ...base, serverIdentity: [] }), /would let nobody be the server/u)
  await assert.rejects(connect(host, 9, { ...base, serverIdentity: 'bob' }), code('IDENTITY_TEXT_INVALID'))
})

test('unverified: true connects to whoever answers, and the connection says so', async (t) => {
  const listener = await bobListens(t, () => undefined)
  const connection = await connect(host, listener.port, { ...base, unverified: true })
  assert.equal(connection.unverified, true)
  assert.ok(connection.peerIdentity!.equals(bob))
  await connection.close()
})

test('stalk/1 must be asked for by name: without it, or with another, it is not spoken', async () => {
  const options = { identity: alice, serverIdentity: bob }
  await assert.rejects(connect(host, 9, options), code('IDENTITY_PROTOCOL'))
  await assert.rejects(connect(host, 9, { ...options, protocol: 'stalk/2' }), code('IDENTITY_PROTOCOL'))
  await assert.rejects(connect(host, 9, { ...options, protocol: 'tls' as never }), TypeError)
})

test('an identity for stalk/2 is refused on either side of the pin: IDENTITY_PROTOCOL', async () => {
  const modern = await Identity.generate({ type: 'ed25519' })
  await assert.rejects(connect(host, 9, { ...base, identity: modern, serverIdentity: bob }), code('IDENTITY_PROTOCOL'))
  await assert.rejects(connect(host, 9, { ...base, serverIdentity: modern }), code('IDENTITY_PROTOCOL'))
})

test('an identity without its private key cannot be one’s own: IDENTITY_PRIVATE_MISSING', async () => {
  const options = { ...base, identity: alice.public, serverIdentity: bob }
  await assert.rejects(connect(host, 9, options), code('IDENTITY_PRIVATE_MISSING'))
})

test('arguments that make no sense are a TypeError or a RangeError, before anything happens', async () => {
  const options = { ...base, serverIdentity: bob }
  await assert.rejects(connect('', 9, options), TypeError)
  await assert.rejects(connect(host, '9' as unknown as number, options), TypeError)
  for (const port of [0, -1, 1.5, 65_536, Number.NaN]) await assert.rejects(connect(host, port, options), RangeError)
  for (const timeoutMs of [0, -1, Number.POSITIVE_INFINITY, 2 ** 31]) {
    await assert.rejects(connect(host, 9, { ...options, timeoutMs }), RangeError)
  }
  await assert.rejects(connect(host, 9, { ...options, limits: { maxMessageBytes: -1 } }), RangeError)
  await assert.rejects(connect(host, 9, { ...options, limits: { maxModulusBits: 8200 } }), /at most 8192/u)
  await assert.rejects(connect(host, 9, { ...options, limits: { toString: 5 } as never }), /is not a limit/u)
  await assert.rejects(connect(host, 9, undefined as never), /options are missing/u)
  await assert.rejects(connect(host, 9, { ...options, serverIdentiy: bob } as never), /no option serverIdentiy/u)
  await assert.rejects(connect(host, 9, { ...options, limits: { nonsense: 1 } as never }), RangeError)
  await assert.rejects(connect(host, 9, { ...options, identity: 'me' as unknown as Identity }), TypeError)
})

test('nobody listening is CONNECT_FAILED with the system’s error', async (t) => {
  const server = await plainServer(t, () => undefined)
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(
    connect(host, server.port, { ...base, serverIdentity: bob }),
    (error: Error) => code('CONNECT_FAILED')(error) && (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  )
})

test('a server that says nothing is HANDSHAKE_TIMEOUT after timeoutMs', async (t) => {
  const server = await plainServer(t, (socket) => socket.resume())
  const options: ConnectOptions = { ...base, serverIdentity: bob, timeoutMs: 100 }
  await assert.rejects(connect(host, server.port, options), code('HANDSHAKE_TIMEOUT'))
})

test('a server that hangs up is HANDSHAKE_TRUNCATED, one that talks nonsense STALK1_PACKET_INVALID', async (t) => {
  const silent = await plainServer(t, (socket) => socket.end())
  await assert.rejects(connect(host, silent.port, { ...base, serverIdentity: bob }), code('HANDSHAKE_TRUNCATED'))
  const http = await plainServer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  await assert.rejects(connect(host, http.port, { ...base, serverIdentity: bob }), code('STALK1_PACKET_INVALID'))
})

test('an AbortSignal gives up before, and in the middle of the handshake, with its reason', async (t) => {
  const reason = new Error('changed my mind')
  await assert.rejects(
    connect(host, 9, { ...base, serverIdentity: bob, signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  )
  const controller = new AbortController()
  const server = await plainServer(t, (socket) => {
    socket.resume()
    socket.once('data', () => controller.abort(reason))
  })
  await assert.rejects(
    connect(host, server.port, { ...base, serverIdentity: bob, signal: controller.signal }),
    (error) => error === reason,
  )
})

test('a signal that aborts later leaves the connection alone', async (t) => {
  const controller = new AbortController()
  const { client, server } = await talk(t, { connect: { signal: controller.signal } })
  controller.abort()
  client.send(text('still here'))
  assert.deepEqual((await server.receive())?.values(), ['still here'])
})

test('a failed connect leaves no socket behind', async (t) => {
  const closed: Promise<unknown>[] = []
  const server = await plainServer(t, (socket) => {
    socket.resume()
    closed.push(once(socket, 'end'))
    socket.write(new Uint8Array(80))
  })
  await assert.rejects(connect(host, server.port, { ...base, serverIdentity: bob }), code('STALK1_PACKET_INVALID'))
  await Promise.all(closed)
  assert.equal(closed.length, 1)
})
