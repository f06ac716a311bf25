import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Spack } from '@stalk/spack'
import type { Connection } from '#src/connection/connection.js'
import { code } from '../support/errors.js'
import { bobListens, aliceConnects, capture, eventually, pause, plainServer, talk } from '../support/network.js'
import { talk2 } from '../support/network2.js'
import { text } from '../support/sessions.js'
import { connect as connectSocket, type Socket } from 'node:net'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('what is sent in one tick leaves by itself at its end', async (t) => {
  const { client, server } = await talk(t)
  const before = client.socket.bytesWritten
  client.send(text('one'))
  client.send(text('two'))
  assert.equal(client.socket.bytesWritten, before)
  assert.deepEqual((await server.receive())?.values(), ['one'])
  assert.deepEqual((await server.receive())?.values(), ['two'])
})

test('with autoFlush: false nothing leaves before flush(), also not when something arrives', async (t) => {
  const { client, server } = await talk(t, { connect: { autoFlush: false } })
  const before = client.socket.bytesWritten
  server.send(text('anything?'))
  await client.receive()
  client.send(text('held'))
  await pause(20)
  assert.equal(client.socket.bytesWritten, before)
  await client.flush()
  assert.ok(client.socket.bytesWritten > before)
  assert.deepEqual((await server.receive())?.values(), ['held'])
})

test('receive() answers calls made at once in their order', async (t) => {
  const { client, server } = await talk(t)
  const replies = Promise.all([server.receive(), server.receive(), server.receive()])
  for (const word of ['a', 'b', 'c']) client.send(text(word))
  assert.deepEqual(
    (await replies).map((message) => message?.values()[0]),
    ['a', 'b', 'c'],
  )
})

test('leaving a for await loop leaves the connection open', async (t) => {
  const { client, server } = await talk(t)
  client.send(text('first'))
  client.send(text('second'))
  for await (const message of server) {
    assert.deepEqual(message.values(), ['first'])
    break
  }
  assert.deepEqual((await server.receive())?.values(), ['second'])
})

test('end() is a half-close: the peer’s receive() gives null, ours goes on', async (t) => {
  const { client, server } = await talk(t)
  client.send(text('that was all'))
  await client.end()
  assert.deepEqual((await server.receive())?.values(), ['that was all'])
  assert.equal(await server.receive(), null)
  assert.equal(await server.receive(), null)
  server.send(text('a late answer'))
  assert.deepEqual((await client.receive())?.values(), ['a late answer'])
  assert.throws(() => client.send(text('too late')), code('CONNECTION_CLOSED'))
  await assert.rejects(client.end(), code('CONNECTION_CLOSED'))
  await Promise.all([server.close(), client.close()])
})

test('close() delivers what was queued, then everything is over on both sides', async (t) => {
  const { client, server } = await talk(t)
  client.send(text('goodbye'))
  const closing = client.close()
  assert.deepEqual((await server.receive())?.values(), ['goodbye'])
  assert.equal(await server.receive(), null)
  await server.close()
  await closing
  assert.equal(client.close(), client.close())
  assert.equal(await client.receive(), null)
  assert.throws(() => client.send(text('x')), code('CONNECTION_CLOSED'))
  assert.deepEqual([client.error, server.error], [null, null])
})

test('close() and end() of a connection that has ended in good order have nothing left to do', async (t) => {
  for (const { client, server } of [await talk(t), await talk2(t)]) {
    server.send(text('goodbye'))
    await server.end()
    assert.deepEqual((await client.receive())?.values(), ['goodbye'])
    assert.equal(await client.receive(), null)
    await client.end()
    await Promise.all([client.closed, server.closed])
    await Promise.all([client.close(), server.close()])
    await client[Symbol.asyncDispose]()
    assert.deepEqual([client.error, server.error], [null, null])
    assert.throws(() => client.send(text('too late')), code('CONNECTION_CLOSED'))
  }
})

test('close() answers a waiting receive() with null', async (t) => {
  const { client, server } = await talk(t)
  const waiting = client.receive()
  const closing = client.close()
  assert.equal(await waiting, null)
  await Promise.all([server.close(), closing])
})

test('close() cuts a peer that never closes at the deadline, without an error if it has everything', async (t) => {
  const { client, server } = await talk(t)
  client.send(text('you have this'))
  await client.close({ timeoutMs: 50 })
  assert.equal(client.error, null)
  assert.deepEqual((await server.receive())?.values(), ['you have this'])
})

test('close() is CLOSE_TIMEOUT if the peer does not take what was queued', async (t) => {
  const { client } = await talk(t)
  client.send(new Spack().bytes(new Uint8Array(12 * 1024 * 1024)))
  client.send(new Spack().bytes(new Uint8Array(12 * 1024 * 1024)))
  await assert.rejects(client.close({ timeoutMs: 100 }), code('CLOSE_TIMEOUT'))
})

test('abort() cuts the line at once: both sides say so', async (t) => {
  const { client, server } = await talk(t)
  const [mine, theirs] = [client.receive(), server.receive()]
  client.abort()
  await assert.rejects(mine, code('CONNECTION_CLOSED'))
  await assert.rejects(theirs, code('CONNECTION_LOST'))
  assert.throws(() => client.send(text('x')), code('CONNECTION_CLOSED'))
  await assert.rejects(client.flush(), code('CONNECTION_CLOSED'))
})

test('a reset is CONNECTION_LOST with the system’s error, after what had arrived', async (t) => {
  const { client, server } = await talk(t)
  client.send(text('arrived'))
  await client.flush()
  await eventually(() => server.socket.bytesRead === client.socket.bytesWritten, 'everything was read')
  client.socket.resetAndDestroy()
  await server.closed
  assert.deepEqual((await server.receive())?.values(), ['arrived'])
  await assert.rejects(server.receive(), code('CONNECTION_LOST'))
  await assert.rejects(server.receive(), code('CONNECTION_LOST'))
  assert.equal(server.error?.code, 'CONNECTION_LOST')
  await assert.rejects(client.receive(), code('CONNECTION_LOST'))
})

test('a message that cannot be sent harms nothing', async (t) => {
  const { client, server } = await talk(t)
  assert.throws(() => client.send('text' as unknown as Spack), TypeError)
  assert.throws(() => client.send(new Spack().integers([])), code('MESSAGE_INVALID'))
  assert.throws(() => client.send(new Spack().bytes(new Uint8Array(16 * 1024 * 1024))), code('MESSAGE_TOO_LARGE'))
  client.send(text('fine'))
  assert.deepEqual((await server.receive())?.values(), ['fine'])
})

/** A relay between the two sides that hands on `bytes` bytes of what the client says after its handshake, then ends the line. */
async function throughRelay(
  t: Parameters<typeof talk>[0],
  port: number,
  onClientBytes: (chunk: Buffer, toServer: Socket, fromClient: Socket) => void,
): Promise<number> {
  const relay = await plainServer(t, (fromClient) => {
    const toServer = connectSocket({ host: '127.0.0.1', port, allowHalfOpen: true })
    toServer.on('error', () => undefined)
    t.after(() => toServer.destroy())
    toServer.pipe(fromClient)
    fromClient.on('data', (chunk: Buffer) => {
      onClientBytes(chunk, toServer, fromClient)
    })
  })
  return relay.port
}

test('a line that is cut within a message is CONNECTION_TRUNCATED, never a shorter message', async (t) => {
  const { handler, next } = capture()
  const listener = await bobListens(t, handler)
  let cut = false
  const port = await throughRelay(t, listener.port, (chunk, toServer) => {
    if (cut) toServer.end(chunk.subarray(0, chunk.length - 1))
    else toServer.write(chunk)
  })
  const [client, server] = await Promise.all([aliceConnects(t, { port }), next()])
  cut = true
  client.send(text('cut off'))
  await assert.rejects(server.receive(), code('CONNECTION_TRUNCATED'))
  assert.equal(server.error?.code, 'CONNECTION_TRUNCATED')
})

test('a bit flipped on the line ends the connection and is never delivered', async (t) => {
  const { handler, next } = capture()
  const listener = await bobListens(t, handler)
  let flip = false
  const port = await throughRelay(t, listener.port, (chunk, toServer) => {
    if (flip) chunk[chunk.length - 1]! ^= 1
    toServer.write(chunk)
  })
  const [client, server] = await Promise.all([aliceConnects(t, { port }), next()])
  flip = true
  client.send(text('flip me'))
  await assert.rejects(server.receive(), code('STALK1_PACKET_INVALID'))
  assert.throws(() => server.send(text('anyone?')), code('STALK1_PACKET_INVALID'))
})

/** Sends until the line has been full for a while; gives how many messages were accepted. */
async function fill(connection: Connection<Socket>, message: Spack, most: number): Promise<number> {
  for (let sent = 1; sent <= most; sent += 1) {
    if (connection.send(message)) continue
    const flushed = await Promise.race([connection.flush().then(() => true), pause(300).then(() => false)])
    if (!flushed) return sent
  }
  return most
}

test('backpressure: a receiver that does not read stops the sender with memory flat, and nothing is lost', async (t) => {
  const { client, server } = await talk(t)
  const message = new Spack().bytes(new Uint8Array(64 * 1024))
  const sent = await fill(client, message, 4000)
  assert.ok(sent < 4000, 'the sender was stopped')
  // What is between the two: the kernel's buffers (up to some MB), and our own high-water marks.
  assert.ok(client.socket.writableLength < 512 * 1024, `${client.socket.writableLength} bytes wait at the sender`)
  assert.ok(server.socket.isPaused(), 'the receiver stopped reading')
  const taken = client.socket.bytesWritten - client.socket.writableLength
  const buffered = server.socket.bytesRead
  assert.ok(buffered < 2 * 1024 * 1024, `${buffered} of ${taken} bytes were read without a receive()`)
  for (let index = 0; index < sent; index += 1) assert.equal((await server.receive())?.length, 1)
  await client.flush()
})

test('a reader that is always a little behind holds what is unread, not what was ever received', async (t) => {
  const { client, server } = await talk(t)
  const payload = new Spack().bytes(new Uint8Array(4096))
  const references: WeakRef<Spack>[] = []
  const sending = (async () => {
    for (let sent = 0; sent < 3000; sent += 1) if (!client.send(payload)) await client.flush()
    await client.end()
  })()
  // The inbox is not empty before the last message: there is always one more.
  for (let received = 0; received < 2000; received += 1) {
    const message = await server.receive()
    if (message !== null && received < 1500) references.push(new WeakRef(message))
    if (received % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (let round = 0; round < 3; round += 1) {
    await pause(20)
    collectGarbage()
  }
  const held = references.filter((reference) => reference.deref() !== undefined).length
  assert.ok(held < 100, `${held} of ${references.length} received messages are still held`)
  while ((await server.receive()) !== null);
  await sending
})

test('many small values fill the inbox by the memory that they take, not by their bytes on the line', async (t) => {
  const { client, server } = await talk(t)
  const many = new Spack()
  for (let index = 0; index < 60_000; index += 1) many.bytes(new Uint8Array(0))
  client.send(many)
  await eventually(() => server.socket.isPaused(), 'the receiver stops reading after 180 KB')
  assert.equal((await server.receive())?.length, 60_000)
  assert.ok(!server.socket.isPaused())
})

test('our messages that wait for the end of a packet make us read on, however much is unread', async (t) => {
  const { client, server } = await talk(t)
  for (let index = 0; index < 40; index += 1) client.send(new Spack().bytes(new Uint8Array(30_000)))
  for (let index = 0; index < 5; index += 1) {
    assert.ok((await server.receive()) !== null)
    server.send(text('an answer'))
    await server.flush()
  }
})

test('a large unread message does not keep our answer from waiting for the rest of a packet', async (t) => {
  const { client, server } = await talk(t)
  client.send(new Spack().bytes(new Uint8Array(8 * 1024 * 1024)))
  client.send(new Spack().bytes(new Uint8Array(4 * 1024 * 1024)))
  await eventually(() => server.socket.isPaused(), 'the receiver stops reading')
  server.send(text('an answer'))
  await server.flush()
  assert.equal((await server.receive())?.length, 1)
  assert.equal((await server.receive())?.length, 1)
  assert.deepEqual((await client.receive())?.values(), ['an answer'])
})

test('a peer that goes on talking while our messages wait ends the connection: nothing waits for ever', async (t) => {
  const { client, server } = await talk(t)
  const sending = (async () => {
    for (;;) if (!client.send(new Spack().bytes(new Uint8Array(300_000)))) await client.flush()
  })()
  sending.catch(() => undefined)
  await server.receive()
  await assert.rejects(
    (async () => {
      for (;;) {
        server.send(text('let me speak'))
        await server.flush()
      }
    })(),
  )
  await assert.rejects(sending)
})

test('a time limit that no timer can wait for is a RangeError and closes nothing', async (t) => {
  const { client, server } = await talk(t)
  for (const timeoutMs of [0, -1, Number.POSITIVE_INFINITY, Number.NaN, 2 ** 31]) {
    assert.throws(() => client.close({ timeoutMs }), RangeError)
  }
  client.send(text('still open'))
  assert.deepEqual((await server.receive())?.values(), ['still open'])
})

test('inspecting a connection shows who and how, and nothing of its inside', async (t) => {
  const { client } = await talk(t)
  assert.match(inspect(client), /^Connection\(stalk\/1 127\.0\.0\.1:\d+ open, peer [\w-]{43}\)$/u)
  client.abort()
  assert.match(inspect(client), /CONNECTION_CLOSED/u)
})

test('many messages both ways in turns: all arrive, in order, once', async (t) => {
  const { client, server } = await talk(t)
  for (let turn = 0; turn < 20; turn += 1) {
    const [speaker, hearer] = turn % 2 === 0 ? [client, server] : [server, client]
    for (let index = 0; index < 200; index += 1) speaker.send(new Spack().integer(turn).integer(index))
    for (let index = 0; index < 200; index += 1) {
      assert.deepEqual((await hearer.receive())?.values(), [turn, index])
    }
  }
})
