import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test, type TestContext } from 'node:test'
import { decode, encode, Spack, SpackError } from '@stalk/spack'
import { bytes, integer, schema, string } from '@stalk/spack/schema'
import type { Channel } from '#src/connection/channel.js'
import type { Connection } from '#src/connection/connection.js'
import { yieldToLoop } from '#src/connection/turns.js'
import { StalkError, type StalkErrorCode } from '#src/errors.js'
import { code } from '../support/errors.js'
import { eventually, pause, talk } from '../support/network.js'
import { talk2 } from '../support/network2.js'
import { text } from '../support/sessions.js'

function of(message: Spack | null): unknown {
  return message?.values()[0] ?? null
}

/** A channel that one side has opened, from both sides. */
async function channelOf(
  t: TestContext,
  options: Parameters<typeof talk2>[1] = {},
): Promise<{ client: Connection; server: Connection; here: Channel; there: Channel }> {
  const { client, server } = await talk2(t, options)
  const here = client.openChannel('test')
  const there = await server.acceptChannel()
  return { client, server, here, there: there! }
}

async function errorOf(promise: Promise<unknown>): Promise<StalkError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof StalkError) return error
    throw error
  }
  throw new Error('it did not reject')
}

test('either side opens channels with a name and a priority; messages both ways, in order, until both have ended', async (t) => {
  const { client, server } = await talk2(t)
  assert.ok(client.hasChannels && server.hasChannels)
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    const here = one.openChannel('naïve name', { priority: 'bulk' })
    for (let count = 0; count < 100; count += 1) here.send(new Spack().integer(count))
    await here.end()
    const there = (await other.acceptChannel())!
    assert.deepEqual([there.name, there.priority], ['naïve name', 'bulk'])
    let count = 0
    for await (const message of there) {
      assert.equal(of(message), count)
      count += 1
    }
    assert.equal(count, 100)
    there.send(text('thanks'))
    await there.end()
    assert.equal(of(await here.receive()), 'thanks')
    assert.equal(await here.receive(), null)
    await Promise.all([here.closed, there.closed])
    assert.deepEqual([here.error, there.error], [null, null])
    await assert.rejects(here.end(), code('CHANNEL_CLOSED'))
    assert.throws(() => here.send(text('late')), code('CHANNEL_CLOSED'))
    here.abort()
    assert.equal(here.error, null)
  }
  client.send(text('beside'))
  assert.equal(of(await server.receive()), 'beside')
})

test('for await takes the peer’s channels in their order, and ends when the peer has ended', async (t) => {
  const { client, server } = await talk2(t)
  for (const name of ['a', 'b', 'c']) client.openChannel(name)
  await client.end()
  const names: string[] = []
  for await (const channel of server.channels()) names.push(channel.name)
  assert.deepEqual(names, ['a', 'b', 'c'])
  assert.equal(await server.acceptChannel(), null)
})

test('a slow reader of one channel, and of the connection itself, never blocks another, and the line is not paused', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  const stuck = client.openChannel('stuck')
  const filler = new Spack().bytes(new Uint8Array(10_000))
  let roomLeft = true
  for (let count = 0; count < 200; count += 1) {
    roomLeft = stuck.send(filler)
    client.send(filler)
  }
  assert.equal(roomLeft, false)
  await server.acceptChannel()
  for (let count = 0; count < 300; count += 1) {
    assert.equal(here.send(new Spack().integer(count)), true)
    assert.equal(of(await there.receive()), count)
    there.send(filler)
    await here.receive()
  }
  assert.equal(server.socket.isPaused(), false)
  // what was stuck is there all the same
  for (let count = 0; count < 200; count += 1) assert.notEqual(await server.receive(), null)
})

test('64 MiB of bulk while requests on another channel go on: the bulk is whole, and no request waits for its end', async (t) => {
  const { client, server } = await talk2(t)
  const bulk = client.openChannel('bulk', { priority: 'bulk' })
  const requests = client.openChannel('requests', { priority: 'interactive' })
  const [bulkThere, requestsThere] = [(await server.acceptChannel())!, (await server.acceptChannel())!]
  const piece = new Spack().bytes(new Uint8Array(1024 * 1024 - 50))
  const sent = { all: false }
  const sending = (async () => {
    for (let count = 0; count < 64; count += 1) if (!bulk.send(piece)) await bulk.flush()
    await bulk.end()
    sent.all = true
  })()
  const echo = (async () => {
    for await (const message of requestsThere) requestsThere.send(message)
  })()
  let pieces = 0
  const reading = (async () => {
    for await (const message of bulkThere) pieces += message.length
  })()
  let answered = 0
  while (!sent.all) {
    requests.send(new Spack().integer(answered))
    assert.equal(of(await requests.receive()), answered)
    answered += 1
  }
  await requests.end()
  await Promise.all([sending, echo, reading])
  assert.equal(pieces, 64)
  assert.ok(answered > 20, `${answered} requests were answered meanwhile`)
})

test('a message that is larger than the window gets through, on a channel and on the connection', async (t) => {
  const limits = { channelCreditBytes: 1024, channelWindowBytes: 2048, maxChannelBytes: 2048 }
  const { client, server, here, there } = await channelOf(t, { listen: { limits }, connect: { limits } })
  const large = new Spack().bytes(new Uint8Array(5_000_000).fill(7))
  here.send(large)
  client.send(large)
  for (const message of [await there.receive(), await server.receive()]) {
    assert.equal((of(message) as Uint8Array).length, 5_000_000)
  }
})

test('flush waits for its own channel: resolves with what the kernel has, gives up with its signal', async (t) => {
  const limits = { channelCreditBytes: 1024, channelWindowBytes: 1024 }
  const { here, there, client } = await channelOf(t, { listen: { limits } })
  here.send(new Spack().bytes(new Uint8Array(500)))
  await here.flush()
  here.send(new Spack().bytes(new Uint8Array(5000)))
  here.send(new Spack().bytes(new Uint8Array(5000)))
  await client.flush()
  const controller = new AbortController()
  const flushed = here.flush({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(flushed, /enough/u)
  const again = here.flush()
  for (let count = 0; count < 3; count += 1) await there.receive()
  await again
})

test('a queue that is full is that channel’s alone: SEND_QUEUE_FULL', async (t) => {
  const limits = { maxQueuedBytes: 200_000 }
  const { client, here } = await channelOf(t, { connect: { limits } })
  const fill = (): void => {
    for (;;) here.send(new Spack().bytes(new Uint8Array(10_000)))
  }
  assert.throws(fill, code('SEND_QUEUE_FULL'))
  assert.throws(fill, code('SEND_QUEUE_FULL'))
  client.openChannel('other').send(text('there is room'))
  client.send(text('and here'))
  const { here: counted } = await channelOf(t, { connect: { limits: { maxQueuedMessages: 3 } } })
  for (let count = 0; count < 3; count += 1) counted.send(text('x'))
  assert.throws(() => counted.send(text('x')), code('SEND_QUEUE_FULL'))
})

test('abort tells the peer code and reason: CHANNEL_RESET there, CHANNEL_CLOSED here, and the connection goes on', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  there.send(text('unread'))
  const [waiting, flushing] = [here.receive(), there.receive()]
  await waiting
  const pending = here.receive()
  here.abort({ code: 0x4001, reason: 'changed my mind' })
  here.abort()
  await assert.rejects(pending, code('CHANNEL_CLOSED'))
  await assert.rejects(here.receive(), code('CHANNEL_CLOSED'))
  await assert.rejects(here.flush(), code('CHANNEL_CLOSED'))
  const error = await errorOf(flushing)
  assert.deepEqual([error.code, error.peer], ['CHANNEL_RESET', { code: 0x4001, reason: 'changed my mind' }])
  assert.equal(there.error, error)
  assert.throws(() => there.send(text('x')), code('CHANNEL_RESET'))
  await assert.rejects(there.receive(), code('CHANNEL_RESET'))
  await Promise.all([here.closed, there.closed, there.close(), here.close()])
  client.send(text('goes on'))
  assert.equal(of(await server.receive()), 'goes on')
})

test('a signal gives a channel up with its reason, and leaves no listener behind', async (t) => {
  const { client, server } = await talk2(t)
  const controller = new AbortController()
  const { signal } = controller
  for (let count = 0; count < 50; count += 1) {
    const channel = client.openChannel('short', { signal })
    await Promise.all([channel.end(), server.acceptChannel().then((there) => there!.end())])
    await channel.closed
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const channel = client.openChannel('long', { signal })
  const there = (await server.acceptChannel())!
  there.send(text('x'))
  await channel.receive({ signal: new AbortController().signal })
  const [receiving, flushing] = [channel.receive(), there.receive()]
  controller.abort(new Error('too long'))
  await assert.rejects(receiving, /too long/u)
  assert.match(String(channel.error), /too long/u)
  await assert.rejects(flushing, code('CHANNEL_RESET'))
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  assert.throws(() => client.openChannel('none', { signal }), /too long/u)
})

test('receive and acceptChannel give up with a signal; nothing is lost by that, and no listener stays', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  for (const wait of [
    (signal: AbortSignal) => there.receive({ signal }),
    (signal: AbortSignal) => server.acceptChannel({ signal }),
  ]) {
    const controller = new AbortController()
    const waiting = wait(controller.signal)
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/u)
    await assert.rejects(wait(controller.signal), /enough/u)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  }
  here.send(text('kept'))
  client.openChannel('kept, too')
  const later = new AbortController()
  assert.equal(of(await there.receive({ signal: later.signal })), 'kept')
  assert.equal((await server.acceptChannel({ signal: later.signal }))?.name, 'kept, too')
  assert.equal(getEventListeners(later.signal, 'abort').length, 0)
})

test('channels that nobody asks for wait, some of them; the rest is refused, which looked at nothing', async (t) => {
  const { client, server } = await talk2(t, { listen: { limits: { maxPendingChannels: 2 } } })
  const opened = ['a', 'b', 'c'].map((name) => client.openChannel(name))
  const error = await errorOf(opened[2]!.receive())
  assert.deepEqual([error.code, error.peer?.code], ['CHANNEL_RESET', 1])
  // one that is given up makes room
  opened[0]!.abort()
  await client.ping()
  assert.equal((await server.acceptChannel())?.name, 'b')
})

test('a loop over channels() takes as many as come at once; after it some wait and the rest is refused, as without it', async (t) => {
  const { client, server } = await talk2(t, { listen: { limits: { maxPendingChannels: 2 } } })
  const open = (count: number): Channel[] => Array.from({ length: count }, (_, index) => client.openChannel(`${index}`))
  const taken: Channel[] = []
  const taking = (async () => {
    for await (const channel of server.channels()) {
      taken.push(channel)
      if (taken.length === 500) return
    }
  })()
  const opened = open(500)
  await taking
  assert.deepEqual(
    taken.map(({ name }) => name),
    opened.map(({ name }) => name),
  )
  assert.ok(opened.every(({ error }) => error === null))
  const [, , refused] = open(3)
  assert.equal((await errorOf(refused!.receive())).peer?.code, 1)
})

test('isDiscarding tells the null of our own close(), of the channel or of the connection, from the peer’s end', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  const other = client.openChannel('other')
  const otherThere = (await server.acceptChannel())!
  await there.end()
  assert.equal(await here.receive(), null)
  assert.equal(here.isDiscarding, false)
  const waiting = other.receive()
  const closing = other.close()
  assert.equal(await waiting, null)
  assert.equal(other.isDiscarding, true)
  await otherThere.end()
  await closing
  const last = client.openChannel('last')
  const receiving = last.receive()
  const closed = client.close({ timeoutMs: 100 })
  assert.equal(await receiving, null)
  assert.equal(last.isDiscarding, true)
  await closed
})

test('as many channels as the peer takes: TOO_MANY_CHANNELS, until one has ended', async (t) => {
  const { client, server } = await talk2(t, { listen: { limits: { maxChannels: 1 } } })
  const one = client.openChannel('one')
  assert.throws(() => client.openChannel('two'), code('TOO_MANY_CHANNELS'))
  const there = (await server.acceptChannel())!
  await Promise.all([one.end(), there.end()])
  await one.closed
  client.openChannel('two')
})

test('a peer without channels is talked to as before: CHANNELS_UNAVAILABLE, over stalk/1 a TypeError', async (t) => {
  for (const options of [{ connect: { limits: { maxChannels: 0 } } }, { listen: { limits: { maxChannels: 0 } } }]) {
    const { client, server } = await talk2(t, options)
    assert.deepEqual([client.hasChannels, server.hasChannels], [false, false])
    for (const side of [client, server]) {
      assert.throws(() => side.openChannel('x'), code('CHANNELS_UNAVAILABLE'))
      await assert.rejects(side.acceptChannel(), code('CHANNELS_UNAVAILABLE'))
    }
    client.send(text('plain'))
    assert.equal(of(await server.receive()), 'plain')
    await Promise.all([client.close(), server.close()])
  }
  const { client } = await talk(t)
  assert.throws(() => client.openChannel('x'), TypeError)
  await assert.rejects(client.acceptChannel(), TypeError)
})

test('the end of a connection’s direction ends its channels: those that were not ended are CHANNEL_TRUNCATED', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  const ended = client.openChannel('ended')
  ended.send(text('whole'))
  await ended.end()
  here.send(text('and then'))
  await client.end()
  const endedThere = (await server.acceptChannel())!
  assert.deepEqual([of(await endedThere.receive()), await endedThere.receive()], ['whole', null])
  assert.equal(of(await there.receive()), 'and then')
  await assert.rejects(there.receive(), code('CHANNEL_TRUNCATED'))
  assert.throws(() => here.send(text('x')), code('CONNECTION_CLOSED'))
  assert.throws(() => client.openChannel('late'), code('CONNECTION_CLOSED'))
  // the other direction goes on, with credit for as much as one likes
  for (let count = 0; count < 100; count += 1) {
    there.send(new Spack().bytes(new Uint8Array(20_000)))
    server.send(new Spack().bytes(new Uint8Array(20_000)))
  }
  for (let count = 0; count < 100; count += 1) {
    assert.notEqual(await here.receive(), null)
    assert.notEqual(await client.receive(), null)
  }
  await server.close({ reason: 'bye' })
  await client.closed
  assert.deepEqual([client.error, server.error], [null, null])
  assert.equal(client.peerStatement?.reason, 'bye')
})

test('close sends what is queued on all channels, discards what comes, and both sides end without an error', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  for (let count = 0; count < 100; count += 1) {
    here.send(new Spack().bytes(new Uint8Array(20_000)))
    there.send(new Spack().bytes(new Uint8Array(20_000)))
  }
  const waiting = here.receive()
  const closing = client.close()
  assert.notEqual(await waiting, undefined)
  assert.equal(await here.receive(), null)
  for (let count = 0; count < 100; count += 1) assert.notEqual(await there.receive(), null)
  await assert.rejects(there.receive(), code('CHANNEL_TRUNCATED'))
  assert.equal(await server.receive(), null)
  await server.close()
  await closing
  await Promise.all([here.closed, there.closed])
  assert.deepEqual([client.error, server.error], [null, null])
})

test('a connection that fails takes its channels along; what had arrived whole can still be received', async (t) => {
  const fail: Record<string, (side: Connection) => unknown> = {
    CLOSED_BY_PEER: (side) => side.abort(),
    CONNECTION_LOST: (side) => (side.socket as unknown as { resetAndDestroy(): void }).resetAndDestroy(),
  }
  for (const [expected, cut] of Object.entries(fail)) {
    const { client, server, here, there } = await channelOf(t)
    client.openChannel('waits')
    here.send(text('whole'))
    await eventually(() => here.send(text('x')), 'it is sent')
    assert.equal(of(await there.receive()), 'whole')
    const pending = server.openChannel('mine').receive()
    const accepting = [server.acceptChannel(), server.acceptChannel()]
    cut(client)
    await assert.rejects(pending, code(expected as StalkErrorCode))
    assert.equal((await accepting[0])?.name, 'waits')
    await assert.rejects(accepting[1]!, code(expected as StalkErrorCode))
    assert.equal(of(await there.receive()), 'x')
    await assert.rejects(there.receive(), code(expected as StalkErrorCode))
    assert.throws(() => there.send(text('x')), code(expected as StalkErrorCode))
    assert.throws(() => server.openChannel('x'), code(expected as StalkErrorCode))
    await Promise.all([here.closed, there.closed])
  }
})

test('close with a code waits for the credit that its last messages need', async (t) => {
  const limits = { channelCreditBytes: 1024, channelWindowBytes: 1024 }
  const { client, server, here, there } = await channelOf(t, { listen: { limits } })
  for (let count = 0; count < 10; count += 1) here.send(new Spack().bytes(new Uint8Array(900)))
  const closing = client.close({ code: 0x4000, reason: 'over' })
  for (let count = 0; count < 10; count += 1) assert.notEqual(await there.receive(), null)
  const error = await errorOf(there.receive())
  assert.deepEqual([error.code, error.peer?.reason], ['CLOSED_BY_PEER', 'over'])
  await Promise.all([closing, server.closed])
})

test('closing a channel waits for the peer to end it, discards meanwhile, and gives it up in the end', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  {
    await using channel = here
    channel.send(text('last'))
    for (let count = 0; count < 100; count += 1) there.send(new Spack().bytes(new Uint8Array(20_000)))
    there.end().catch(() => undefined)
  }
  assert.equal(await here.receive(), null)
  assert.deepEqual([of(await there.receive()), await there.receive(), here.error], ['last', null, null])

  const silent = client.openChannel('silent')
  const silentThere = (await server.acceptChannel())!
  await silent.close({ timeoutMs: 50 })
  await silentThere.closed
  await assert.rejects(silentThere.receive(), code('CHANNEL_RESET'))

  const stuck = client.openChannel('stuck')
  stuck.send(new Spack().bytes(new Uint8Array(1_000_000)))
  stuck.send(new Spack().bytes(new Uint8Array(1_000_000)))
  await assert.rejects(stuck.close({ timeoutMs: 50 }), code('CLOSE_TIMEOUT'))
})

test('without autoFlush channels wait for flush as well', async (t) => {
  const { client, server } = await talk2(t, { connect: { autoFlush: false } })
  const channel = client.openChannel('later')
  channel.send(text('now'))
  const there = (await server.acceptChannel())!
  const received = there.receive()
  assert.equal(await Promise.race([received, pause(50)]), undefined)
  await channel.flush()
  assert.equal(of(await received), 'now')
})

test('a thousand calls at once, then a thousand more: nothing of them is left', async (t) => {
  const { client, server } = await talk2(t, { listen: { limits: { maxPendingChannels: 1000 } } })
  const serving = (async () => {
    for await (const channel of server.channels()) {
      void (async () => {
        channel.send((await channel.receive())!)
        await channel.end()
      })()
    }
  })()
  for (let round = 0; round < 2; round += 1) {
    const answers = Array.from({ length: 1000 }, async (_, index) => {
      const call = client.openChannel('echo', { priority: 'interactive' })
      call.send(new Spack().integer(index))
      const ended = call.end()
      assert.equal(of(await call.receive()), index)
      assert.equal(await call.receive(), null)
      await ended
      await call.closed
    })
    await Promise.all(answers)
  }
  await client.close()
  await serving
})

test('what makes no sense is a TypeError or a RangeError, and opens nothing', async (t) => {
  const { client, server, here } = await channelOf(t)
  for (const [error, misuse] of [
    [RangeError, () => client.openChannel('')],
    [RangeError, () => client.openChannel('é'.repeat(128))],
    [TypeError, () => client.openChannel(7 as unknown as string)],
    [TypeError, () => client.openChannel('x', { priority: 'urgent' as 'bulk' })],
    [TypeError, () => client.openChannel('x', { prioriy: 'bulk' } as object)],
    [TypeError, () => here.send('text' as unknown as Spack)],
    [RangeError, () => here.abort({ code: 3 })],
    [RangeError, () => here.abort({ code: 0x1_0000 })],
    [RangeError, () => here.abort({ reason: 'x'.repeat(256) })],
    [TypeError, () => here.abort({ reasn: 'x' } as object)],
    [RangeError, () => here.close({ timeoutMs: 0 })],
    [TypeError, () => here.close({ timeout: 1 } as object)],
  ] as const) {
    assert.throws(misuse, error)
  }
  client.openChannel('next')
  assert.equal((await server.acceptChannel())?.name, 'next')
  assert.throws(() => here.send(new Spack().bytes(new Uint8Array(20_000_000))), code('MESSAGE_TOO_LARGE'))
})

const Reading = schema({ seq: integer, name: string })

test('typed messages are those of their schema, both ways; one that is none of it costs itself alone', async (t) => {
  const { server, here, there } = await channelOf(t)
  assert.equal(here.sendTyped(Reading, { seq: 1, name: 'one' }), true)
  here.send(Reading.toSpack({ seq: 2, name: 'two' }))
  here.sendTyped(Reading, { seq: 3, name: 'three' })
  here.send(text('no reading'))
  here.sendTyped(Reading, { seq: 5, name: 'five' })
  await here.end()
  assert.deepEqual(await there.receiveTyped(Reading), { seq: 1, name: 'one' })
  assert.deepEqual(await there.receiveTyped(Reading), { seq: 2, name: 'two' })
  assert.deepEqual((await there.receive())?.values(), [3, 'three'])
  const failure = await there.receiveTyped(Reading).catch((error: unknown) => error)
  assert(failure instanceof SpackError && failure.code === 'SPACK_SCHEMA_MISMATCH')
  assert.deepEqual(await there.receiveTyped(Reading), { seq: 5, name: 'five' })
  assert.equal(await there.receiveTyped(Reading), null)
  assert.equal(server.error, null)
  assert.throws(() => there.sendTyped(Reading, { seq: 1 } as never), /^TypeError: name: /u)
  const waiting = here.receiveTyped(Reading)
  there.sendTyped(Reading, { seq: 6, name: 'six' })
  assert.deepEqual(await waiting, { seq: 6, name: 'six' })
  assert.deepEqual([server.metrics().messagesReceived, server.metrics().messagesSent], [4, 1])
})

test('a typed message that is no packet at all ends the connection, one that is too large is not sent', async (t) => {
  const { server, here, there } = await channelOf(t, { listen: { limits: { maxMessageBytes: 1000 } } })
  const large = { seq: 1, name: 'x'.repeat(1000) }
  assert.throws(() => here.sendTyped(Reading, large), code('MESSAGE_TOO_LARGE'))
  here.sendTyped({ encode: () => Uint8Array.of(5, 1) }, null)
  await assert.rejects(there.receiveTyped(Reading), code('PEER_MESSAGE_INVALID'))
  assert.equal(server.error?.code, 'PEER_MESSAGE_INVALID')
})

test('the connection itself has typed messages as well: sent, received, looped over; over stalk/1 too', async (t) => {
  const { client, server } = await talk2(t)
  client.sendTyped(Reading, { seq: 1, name: 'one' })
  client.send(text('no reading'))
  client.sendTyped(Reading, { seq: 2, name: 'two' })
  await client.end()
  assert.deepEqual(await server.receiveTyped(Reading), { seq: 1, name: 'one' })
  await assert.rejects(server.receiveTyped(Reading), (error) => error instanceof SpackError)
  const seen: unknown[] = []
  for await (const reading of server.typed(Reading)) seen.push(reading)
  assert.deepEqual(seen, [{ seq: 2, name: 'two' }])
  const waiting = client.receiveTyped(Reading)
  server.sendTyped(Reading, { seq: 3, name: 'three' })
  assert.deepEqual(await waiting, { seq: 3, name: 'three' })
  const old = await talk(t)
  old.client.sendTyped(Reading, { seq: 4, name: 'four' })
  assert.deepEqual(await old.server.receiveTyped(Reading), { seq: 4, name: 'four' })
})

test('typedBatches gives all that is here, in order and at most so many, whatever is no reading after what came before it; over stalk/1 too', async (t) => {
  for (const { client, server } of [await talk2(t), await talk(t)]) {
    for (let seq = 0; seq < 600; seq += 1) client.sendTyped(Reading, { seq, name: 'n' })
    await client.flush()
    await eventually(() => server.metrics().unreadMessages === 600, 'all are here')
    const sizes: number[] = []
    let next = 0
    for await (const readings of server.typedBatches(Reading, { max: 140 })) {
      for (const { seq } of readings) assert.equal(seq, next++)
      sizes.push(readings.length)
      if (next === 600) break
    }
    assert.deepEqual(sizes, [140, 140, 140, 140, 40])
    client.sendTyped(Reading, { seq: 1, name: 'one' })
    client.send(text('no reading'))
    client.sendTyped(Reading, { seq: 2, name: 'two' })
    await client.end()
    const seen: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const batch of server.typedBatches(Reading)) seen.push(...batch)
    }
    await assert.rejects(read, (error) => error instanceof SpackError)
    assert.deepEqual(seen, [{ seq: 1, name: 'one' }])
    await read()
    assert.deepEqual(seen, [
      { seq: 1, name: 'one' },
      { seq: 2, name: 'two' },
    ])
    assert.deepEqual([server.metrics().messagesReceived, server.metrics().unreadMessages], [603, 0])
    for (const max of [0, 1.5, -1]) assert.throws(() => server.typedBatches(Reading, { max }), RangeError)
    assert.throws(() => server.typedBatches(Reading, { most: 1 } as never), TypeError)
  }
})

test('batches gives messages as typedBatches gives values; what is no message ends the connection, after what came before it', async (t) => {
  for (const { client, server } of [await talk2(t), await talk(t)]) {
    for (let seq = 0; seq < 600; seq += 1) client.send(new Spack().integer(seq))
    await client.flush()
    await eventually(() => server.metrics().unreadMessages === 600, 'all are here')
    const sizes: number[] = []
    let next = 0
    for await (const messages of server.batches({ max: 140 })) {
      for (const message of messages) assert.equal(of(message), next++)
      sizes.push(messages.length)
      if (next === 600) break
    }
    assert.deepEqual(sizes, [140, 140, 140, 140, 40])
    assert.throws(() => server.batches({ max: 0 }), RangeError)
    assert.throws(() => server.batches({ copy: 1 } as never), TypeError)
    assert.throws(() => server.batches({ most: 1 } as never), TypeError)
    await client.end()
    for await (const messages of server.batches()) assert.fail(`${messages.length} more`)
  }
  const { client, server } = await talk2(t)
  client.send(text('one'))
  client.sendTyped({ encode: () => Uint8Array.of(1, 0x77) }, null)
  client.send(text('two'))
  await eventually(() => server.metrics().unreadMessages === 3, 'all are here')
  const seen: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const messages of server.batches()) seen.push(...messages.map(of))
  }
  await assert.rejects(read, code('PEER_MESSAGE_INVALID'))
  assert.deepEqual([seen, server.error?.code], [['one'], 'PEER_MESSAGE_INVALID'])
})

test('byte arrays of a batch are copies, unless views are asked for: these have all that came with them in their memory', async (t) => {
  const { client, server } = await talk2(t)
  const Blob = schema({ blob: bytes })
  for (const copy of [undefined, true, false]) {
    const options = copy === undefined ? {} : { copy }
    for (let count = 0; count < 8; count += 1) client.sendTyped(Blob, { blob: new Uint8Array(100).fill(count) })
    await client.flush()
    await eventually(() => server.metrics().unreadMessages === 8, 'all are here')
    for await (const batch of server.typedBatches(Blob, { max: 4, ...options })) {
      const memory = new Set(batch.map(({ blob }) => blob.buffer))
      assert.deepEqual([memory.size, batch.length], [copy === false ? 1 : 4, 4])
      for (const [index, { blob }] of batch.entries()) assert.deepEqual(blob, new Uint8Array(100).fill(index))
      // whoever does so all the same takes nothing from those that come after it
      if (copy === false) structuredClone(null, { transfer: [batch[0]!.blob.buffer as ArrayBuffer] })
      break
    }
    for await (const batch of server.batches(options)) {
      const blobs = batch.map((message) => of(message) as Uint8Array)
      assert.deepEqual([new Set(blobs.map(({ buffer }) => buffer)).size, blobs.length], [copy === false ? 1 : 4, 4])
      for (const [index, blob] of blobs.entries()) assert.deepEqual(blob, new Uint8Array(100).fill(4 + index))
      break
    }
  }
})

test('a decoder of one’s own that receives in the middle of a batch loses nothing and repeats nothing', async (t) => {
  const { client, server } = await talk2(t)
  for (let count = 0; count < 20; count += 1) client.send(text(`${count}`))
  await client.end()
  await server.peerEnded
  const seen: string[] = []
  const inside: Promise<Spack | null>[] = []
  const own = {
    decode: (bytes: Uint8Array): string => {
      if (seen.length + inside.length === 3) inside.push(server.receive())
      return String(of(decode(bytes, { form: 'compact' })))
    },
  }
  for await (const batch of server.typedBatches(own, { max: 5 })) seen.push(...batch)
  const others = (await Promise.all(inside)).map((message) => String(of(message)))
  assert.deepEqual(
    [...seen, ...others].map(Number).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index),
  )
})

test('values of any size go by a schema, those as well for which there is no room where small ones wait', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  const names = [1, 1000, 4000, 9000, 70_000, 300_000, 2].map((length) => 'n'.repeat(length))
  for (const [seq, name] of names.entries()) {
    client.sendTyped(Reading, { seq, name })
    here.sendTyped(Reading, { seq, name })
  }
  const ended = Promise.all([here.end(), client.end()])
  const seen: string[] = []
  const readConnection = async (): Promise<void> => {
    for await (const batch of server.typedBatches(Reading)) seen.push(...batch.map(({ name }) => name))
  }
  const read = readConnection()
  for (const name of names) assert.equal((await there.receiveTyped(Reading))?.name, name)
  await Promise.all([read, ended])
  assert.deepEqual(seen, names)
})

test('a value whose member sends while it is encoded comes after what that sent', async (t) => {
  const { client, server } = await talk2(t)
  client.sendTyped(Reading, {
    seq: 1,
    get name() {
      client.sendTyped(Reading, { seq: 2, name: 'within' })
      client.send(new Spack().integer(3).string('spack'))
      return 'without'
    },
  })
  client.sendTyped(Reading, { seq: 4, name: 'after' })
  await client.end()
  const names: string[] = []
  for await (const { name } of server.typed(Reading)) names.push(name)
  assert.deepEqual(names, ['within', 'spack', 'without', 'after'])
})

test('a message of the connection that is no packet ends it when it is received, not before', async (t) => {
  const { client, server } = await talk2(t)
  client.send(text('good'))
  client.sendTyped({ encode: () => Uint8Array.of(5, 1) }, null)
  client.send(text('never seen'))
  assert.equal(of(await server.receive()), 'good')
  await assert.rejects(server.receive(), code('PEER_MESSAGE_INVALID'))
  assert.equal(server.error?.code, 'PEER_MESSAGE_INVALID')
  await assert.rejects(client.receive(), code('CLOSED_BY_PEER'))
})

test('a loop that sends and flushes lets others have their turn, also while the kernel takes all of it at once', async (t) => {
  const { client, here, server, there } = await channelOf(t)
  const reading = Promise.all([
    (async () => {
      for await (const message of server) assert.equal(message.length, 1)
    })(),
    (async () => {
      for await (const message of there) assert.equal(message.length, 1)
    })(),
  ])
  for (const sender of [client, here]) {
    const loop = { hasTurned: false }
    setTimeout(() => (loop.hasTurned = true), 1)
    for (let count = 0; count < 1_000_000; count += 1) {
      if (loop.hasTurned) break
      sender.send(text('x'))
      await sender.flush()
    }
    assert(loop.hasTurned)
  }
  await here.end()
  await client.close()
  await reading
})

test('peek says how large the next message is, and leaves it where it is', async (t) => {
  const { here, there } = await channelOf(t)
  const peeking = there.peek()
  here.send(text('hello'))
  const bytes = await peeking
  assert.equal(bytes, encode(text('hello'), { form: 'compact' }).length)
  assert.equal(await there.peek(), bytes)
  assert.equal(of(await there.receive()), 'hello')
  const next = there.peek()
  await here.end()
  assert.equal(await next, null)
  const { here: one, there: other } = await channelOf(t)
  const failing = assert.rejects(other.peek(), code('CHANNEL_RESET'))
  one.abort()
  await failing
  await assert.rejects(other.peek({ signal: AbortSignal.abort(new Error('no')) }), /^Error: no$/u)
})

test('a channel may be closed after the connection was ended: the peer goes on', async (t) => {
  const { client, server, here, there } = await channelOf(t)
  here.send(text('hello'))
  await client.end()
  const closing = here.close()
  assert.equal(of(await there.receive()), 'hello')
  await assert.rejects(there.receive(), code('CHANNEL_TRUNCATED'))
  there.send(text('bye'))
  await there.end()
  await closing
  server.send(text('beside'))
  assert.equal(of(await client.receive()), 'beside')
  assert.deepEqual([client.error, server.error], [null, null])
})

test('channels are given up no faster than the peer allows: the others count as open until their turn comes', async (t) => {
  const { client, server } = await talk2(t, { listen: { limits: { maxChannels: 1500 } } })
  let [taken, given] = [0, 0]
  const serving = (async () => {
    for await (const channel of server.channels()) {
      taken += 1
      void channel.closed.then(() => (given += 1))
    }
  })()
  const channels = Array.from({ length: 1500 }, () => client.openChannel('x'))
  await eventually(() => taken === 1500, 'all are open')
  const startedAt = performance.now()
  for (const channel of channels) channel.abort()
  await eventually(() => given === 1500, 'all are given up')
  // 1,000 at once, and 500 a second
  assert(performance.now() - startedAt > 700)
  client.openChannel('y')
  await client.close()
  await serving
  assert.deepEqual([client.error, server.error], [null, null])
})

test('a loop over what is here already lets others have their turn', async () => {
  const loop = { hasTurned: false }
  setTimeout(() => (loop.hasTurned = true), 1)
  for (let count = 0; count < 50_000_000; count += 1) {
    if (loop.hasTurned) break
    const turn = yieldToLoop()
    if (turn !== null) await turn
  }
  assert(loop.hasTurned)
})

test('a channel that is over and given up all the same has nothing left that is unread', async (t) => {
  const { client, here, there } = await channelOf(t, { connect: { limits: { maxChannelBytes: 10_000 } } })
  for (let count = 0; count < 20; count += 1) {
    const channel = count === 0 ? here : client.openChannel('x')
    await channel.end()
    const other = count === 0 ? there : null
    other?.send(new Spack().bytes(new Uint8Array(5000)))
    await other?.end()
    if (other !== null) await channel.closed
    channel.abort()
    assert.equal(await channel.receive().catch(() => null), null)
  }
})

test('a channel that is opened after the peer has sent its last goes one way, and is over when that is', async (t) => {
  const { client, server } = await talk2(t, { connect: { limits: { maxChannels: 5 } } })
  await client.end()
  assert.equal(await server.receive(), null)
  for (let count = 0; count < 20; count += 1) {
    const channel = server.openChannel('late')
    channel.send(text('still'))
    await channel.end()
    await assert.rejects(channel.receive(), code('CHANNEL_TRUNCATED'))
    await channel.closed
  }
  await server.end()
  const names: string[] = []
  for await (const channel of client.channels()) {
    names.push(String(of(await channel.receive())))
    await channel.end().catch(() => undefined)
  }
  assert.equal(names.length > 0, true)
})
