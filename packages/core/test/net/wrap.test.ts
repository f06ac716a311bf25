import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { duplexPair } from '../support/duplex-pair.js'
import { Duplex, PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import Hyperdht from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import type { Connection } from '#src/connection/connection.js'
import type { StalkError } from '#src/errors.js'
import { knownPeers } from '#src/net/known-peers.js'
import { wrap, type WrapOptions } from '#src/net/wrap.js'
import { code } from '../support/errors.js'
import { eventually, host } from '../support/network.js'
import { text } from '../support/sessions.js'
import { ed25519Alice, ed25519Bob } from '../support/stalk2.js'

const asAlice = { role: 'initiator', identity: ed25519Alice, serverIdentity: ed25519Bob } as const
const asBob = { role: 'responder', identity: ed25519Bob } as const

/** Wraps both ends, says something small and something large each way, and closes. */
async function converse(one: Duplex, other: Duplex): Promise<void> {
  const [client, server] = await Promise.all([wrap(one, asAlice), wrap(other, asBob)])
  assert.ok(server.peerIdentity?.equals(ed25519Alice))
  assert.deepEqual(client.channelBinding, server.channelBinding)
  const large = 'x'.repeat(300_000)
  const echo = (async () => {
    for await (const message of server) server.send(message)
    await server.close()
  })()
  for (const said of ['hello', large, 'bye']) {
    client.send(text(said))
    assert.deepEqual((await client.receive())?.values(), [said])
  }
  await client.end()
  assert.equal(await client.receive(), null)
  await Promise.all([echo, client.closed])
  assert.deepEqual([client.error, server.error], [null, null])
}

test('wrap: TCP, with the names of the sockets', async (t) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const one = connectSocket({ port, host, allowHalfOpen: true })
  const [[other]] = (await Promise.all([once(server, 'connection'), once(one, 'connect')])) as [[Duplex], unknown]
  const [client, accepted] = await Promise.all([
    wrap(one, asAlice),
    wrap(other, { ...asBob, host: 'somebody', port: 7 }),
  ])
  assert.deepEqual([client.host, client.port], [host, port])
  assert.deepEqual([accepted.host, accepted.port], ['somebody', 7])
  assert.equal(client.socket, one)
  await Promise.all([client.close(), accepted.close()])
})

/** Windows has no sockets among its files. */
const onPosix = { skip: process.platform === 'win32' }

test('wrap: Unix sockets', onPosix, async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  const file = path.join(directory, 'socket')
  const server = createServer({ allowHalfOpen: true }).listen(file)
  t.after(async () => {
    server.close()
    await rm(directory, { recursive: true })
  })
  await once(server, 'listening')
  const one = connectSocket({ path: file, allowHalfOpen: true })
  const [other] = (await once(server, 'connection')) as [Duplex]
  await converse(one, other)
})

test(
  'wrap: over a line that ends with its peer close() has nothing left to do, but tells of what never left',
  onPosix,
  async (t) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
    const file = path.join(directory, 'socket')
    const server = createServer().listen(file)
    t.after(async () => {
      server.close()
      await rm(directory, { recursive: true })
    })
    await once(server, 'listening')
    const left = async (autoFlush: boolean): Promise<Connection> => {
      const one = connectSocket({ path: file })
      const [other] = (await once(server, 'connection')) as [Duplex]
      const [client, accepted] = await Promise.all([wrap(one, { ...asAlice, autoFlush }), wrap(other, asBob)])
      if (!autoFlush) client.send(text('waits for a flush that never comes'))
      await Promise.all([accepted.close({ timeoutMs: 100 }), client.closed])
      return client
    }
    const client = await left(true)
    await client.end()
    await client.close()
    assert.equal((await left(false)).error?.code, 'CONNECTION_TRUNCATED')
  },
)

test('wrap: TLS, whose own keys say nothing about who is there', async (t) => {
  // a pre-shared key spares a certificate
  const psk = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
  const key = Buffer.alloc(16, 7)
  const server = createTlsServer({ ...psk, pskCallback: () => key, pskIdentityHint: 'test' }).listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const pskCallback = () => ({ psk: key, identity: 'test' })
  const one = connectTls({ ...psk, port, host, pskCallback, checkServerIdentity: () => undefined })
  const [[other]] = (await Promise.all([once(server, 'secureConnection'), once(one, 'secureConnect')])) as [
    [Duplex],
    unknown,
  ]
  await converse(one, other)
})

test('wrap: a WebSocket, whose messages mean nothing', async (t) => {
  const http = createHttpServer().listen(0, host)
  const server = new WebSocketServer({ server: http })
  t.after(() => {
    server.close()
    http.close()
  })
  await once(http, 'listening')
  const socket = new WebSocket(`ws://${host}:${(http.address() as AddressInfo).port}`)
  const [[other]] = (await Promise.all([once(server, 'connection'), once(socket, 'open')])) as [[WebSocket], unknown]
  await converse(createWebSocketStream(socket), createWebSocketStream(other))
})

test('wrap: a hole-punched stream of hyperdht, to a peer known by its public key alone', async (t) => {
  const testnet = await createTestnet(3, { host })
  t.after(() => testnet.destroy())
  const keys = Hyperdht.keyPair()
  const server = testnet.createNode().createServer()
  await server.listen(keys)
  const one = testnet.createNode().connect(keys.publicKey)
  const [other] = (await once(server, 'connection')) as [Duplex]
  await converse(one, other)
})

test('wrap: a pair of streams in this process, byte by byte', async () => {
  await converse(...duplexPair(1))
})

test('wrap: the wrong peer, a refusal and a cut are what they are over TCP, and the stream is gone', async () => {
  const failures = async (a: WrapOptions, b: WrapOptions): Promise<(string | undefined)[]> => {
    const [one, other] = duplexPair()
    const settled = await Promise.allSettled([wrap(one, a), wrap(other, b)])
    for (const stream of [one, other]) if (!stream.closed) await once(stream, 'close')
    return settled.map((end) => (end.status === 'rejected' ? (end.reason as StalkError).code : undefined))
  }
  const wrong = { ...asAlice, serverIdentity: ed25519Alice }
  assert.deepEqual(await failures(wrong, asBob), ['PIN_MISMATCH', 'HANDSHAKE_TRUNCATED'])
  const refusing = { ...asBob, authorize: () => false }
  assert.deepEqual(await failures(asAlice, refusing), ['REJECTED_NOT_ALLOWED', 'NOT_AUTHORIZED'])
  const anonymous = { role: 'initiator', anonymous: true, serverIdentity: ed25519Bob } as const
  assert.deepEqual(await failures(anonymous, asBob), ['REJECTED_IDENTITY_REQUIRED', 'ANONYMOUS_REFUSED'])

  const [one, other] = duplexPair()
  const attempt = wrap(one, asAlice)
  other.destroy()
  await assert.rejects(attempt, code('HANDSHAKE_TRUNCATED'))
  const late = wrap(duplexPair()[0], { ...asAlice, timeoutMs: 50 })
  await assert.rejects(late, code('HANDSHAKE_TIMEOUT'))
})

test('wrap: knownPeers works with the names that are given; there is no second stream to ask about', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'known_peers')
  const over = async (serverIdentity: ReturnType<typeof knownPeers>): Promise<Connection> => {
    const [one, other] = duplexPair()
    const peer = wrap(other, asBob).catch(() => null)
    const mine = wrap(one, { role: 'initiator', identity: ed25519Alice, serverIdentity, host: 'printer', port: 1 })
    await peer
    return mine
  }
  await assert.rejects(over(knownPeers(file, { ask: () => true })), code('PEER_UNKNOWN'))
  const connection = await over(knownPeers(file, { policy: 'accept-new' }))
  assert.equal(await readFile(file, 'utf8'), `printer:1 ${ed25519Bob.toString()}\n`)
  connection.abort()
  ;(await over(knownPeers(file))).abort()
})

test('wrap: knownPeers and a peer without an address is a TypeError before anything is sent, and the list stays as it is', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'known_peers')
  const serverIdentity = knownPeers(file, { policy: 'accept-new' })
  for (const name of [
    {},
    { host: 'printer' },
    { port: 1 },
    { host: '', port: 1 },
    { host: 'the printer', port: 1 },
    { host: '#printer', port: 1 },
    { host: '[::1]', port: 1 },
    { host: 'printer', port: 1.5 },
    { host: 'printer', port: -1 },
  ]) {
    const [one, other] = duplexPair()
    let arrived = 0
    other.on('data', (chunk: Buffer) => (arrived += chunk.length))
    const attempt = wrap(one, { role: 'initiator', identity: ed25519Alice, serverIdentity, ...name, timeoutMs: 100 })
    await assert.rejects(attempt, { name: 'TypeError', message: /name the peer with `host` .* and `port`/u })
    assert.equal(arrived, 0)
    assert.equal(one.destroyed, true)
  }
  await assert.rejects(readFile(file), /ENOENT/u)
})

test('wrap: a signal gives up; options that make no sense are a TypeError, and the stream is gone all the same', async (t: TestContext) => {
  const streams = (): Duplex => {
    const [one] = duplexPair()
    t.after(() => assert.ok(one.destroyed))
    return one
  }
  for (const own of [asAlice, asBob]) {
    const reason = new Error('enough')
    const controller = new AbortController()
    const attempt = wrap(streams(), { ...own, signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await assert.rejects(attempt, reason)
    await assert.rejects(wrap(streams(), { ...own, signal: AbortSignal.abort(reason) }), reason)
  }
  for (const wrong of [
    { ...asAlice, serverIdenity: 1 },
    { ...asBob, timeoutMs: 1 },
    { ...asBob, authorize: 7 },
    { role: 'initiator' },
  ]) {
    await assert.rejects(wrap(streams(), wrong as unknown as WrapOptions), TypeError)
  }
  await assert.rejects(wrap(new PassThrough(), {} as WrapOptions), /needs role/u)
  await assert.rejects(wrap(7 as never, asAlice), /takes a Duplex/u)
  await assert.rejects(wrap(new Duplex({ objectMode: true }), asAlice), /of bytes/u)
})

test('wrap: a stream that was paused is read all the same', async () => {
  const [one, other] = duplexPair()
  one.pause()
  other.pause()
  await converse(one, other)
})

test('wrap: a stream that cannot work is a TypeError that says why, at once', async () => {
  const made = (spoil: (stream: Duplex) => void): Duplex => {
    const [one] = duplexPair()
    spoil(one)
    return one
  }
  const ended = made((stream) => stream.resume().push(null))
  await once(ended, 'end')
  for (const [stream, why] of [
    [made((one) => one.destroy()), /was destroyed/u],
    [ended, /nothing more to read/u],
    [made((one) => one.end()), /cannot be written to/u],
    [made((one) => one.setEncoding('latin1')), /text, not bytes.*latin1/u],
  ] as const) {
    for (const own of [asAlice, asBob]) await assert.rejects(wrap(stream, own), { name: 'TypeError', message: why })
  }
})

test('wrap: a line that is lost while the options are looked at is CONNECTION_LOST, and ends no process', async () => {
  for (const cause of [new Error('reset'), undefined]) {
    const [one] = duplexPair()
    const expect = async (): Promise<{ check: () => void }> => {
      one.destroy(cause)
      await new Promise<void>((resolve) => one.once('close', () => resolve()))
      return { check: () => undefined }
    }
    const attempt = wrap(one, { role: 'initiator', identity: ed25519Alice, serverIdentity: { expect } })
    const failed = await attempt.then(
      () => assert.fail('it should not have worked'),
      (error: unknown) => error as StalkError,
    )
    assert.deepEqual([failed.code, failed.cause], ['CONNECTION_LOST', cause])
  }
})

test('wrap: clients that reset their line while the default identity is read end no process', async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(home, { recursive: true }))
  await ed25519Bob.save(home)
  const before = process.env['STALK_HOME']
  process.env['STALK_HOME'] = home
  t.after(() => {
    if (before === undefined) delete process.env['STALK_HOME']
    else process.env['STALK_HOME'] = before
  })
  const failures: Promise<StalkError>[] = []
  const server = createServer((socket) => {
    const failed = wrap(socket, { role: 'responder' }).then(
      () => assert.fail('nobody says anything'),
      (error: unknown) => error as StalkError,
    )
    failures.push(failed)
  }).listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (let count = 0; count < 20; count += 1) {
    const socket = connectSocket({ port, host })
    await once(socket, 'connect')
    socket.resetAndDestroy()
    await eventually(() => failures.length === count + 1, 'it was accepted')
  }
  for (const { code: found } of await Promise.all(failures)) assert.equal(found, 'CONNECTION_LOST')
})
