import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Spack } from '@stalk/spack'
import type { Connection } from '#src/connection/connection.js'
import { StalkError } from '#src/errors.js'
import type { Identity } from '#src/identity/identity.js'
import { backoffDelay, isWorthRetrying, resolveBackoff } from '#src/net/backoff.js'
import { knownPeers } from '#src/net/known-peers.js'
import { listen, type Handler, type Listener, type ListenOptions } from '#src/net/listen.js'
import { reconnecting, type ReconnectingConnection, type ReconnectingOptions } from '#src/net/reconnecting.js'
import { code } from '../support/errors.js'
import { capture, eventually, host, plainServer } from '../support/network.js'
import { text } from '../support/sessions.js'
import { ed25519Alice, ed25519Bob, rsaBob } from '../support/stalk2.js'

/** Fails the test if anything is unconfirmed, unless told otherwise. */
const options: ReconnectingOptions = {
  identity: ed25519Alice,
  serverIdentity: ed25519Bob,
  backoff: { firstMs: 20, maxMs: 50 },
  onUnconfirmed: (messages) => assert.fail(`${messages.length} are not confirmed`),
}

function reconnects(t: TestContext, port: number, more: Partial<ReconnectingOptions> = {}): ReconnectingConnection {
  const link = reconnecting(host, port, { ...options, ...more } as ReconnectingOptions)
  t.after(() => {
    link.abort()
  })
  return link
}

async function bobAt(port: number, handler: Handler, more: ListenOptions = {}): Promise<Listener> {
  return listen(host, port, handler, { identity: ed25519Bob, ...more })
}

const valuesOf = (message: Spack | null): unknown => message?.values()[0]
const echo: Handler = async (connection) => {
  for await (const message of connection) connection.send(message)
}

test('what is sent while there is no connection arrives when there is one again, in order, once', async (t) => {
  const first = await bobAt(0, echo)
  const { port } = first
  const seen: string[] = []
  const link = reconnects(t, port, {
    onConnect: () => seen.push('connect'),
    onDisconnect: (error) => seen.push(error instanceof StalkError ? error.code : String(error)),
  })
  link.send(text('1'))
  assert.equal(valuesOf(await link.receive()), '1')
  await link.flush()
  await first.close()
  await eventually(() => link.connection === null, 'the loss is noticed')
  assert.equal(link.send(text('2')), false)
  // what could never be sent does not wait for that
  assert.throws(() => link.send(new Spack().bytes(new Uint8Array(17 * 1024 * 1024))), code('MESSAGE_TOO_LARGE'))
  link.send(text('3'))
  assert.deepEqual(link.unsent.map(valuesOf), ['2', '3'])
  const second = await bobAt(port, echo)
  t.after(() => second.close())
  assert.deepEqual([valuesOf(await link.receive()), valuesOf(await link.receive())], ['2', '3'])
  await link.flush()
  assert.deepEqual([link.unsent, link.unconfirmed, link.error], [[], [], null])
  assert.equal(seen[0], 'connect')
  assert.ok(seen.includes('CONNECTION_CLOSED'))
  await link.close()
  assert.equal(await link.receive(), null)
  assert.throws(() => link.send(text('4')), code('CONNECTION_CLOSED'))
})

test('what left and was not confirmed goes to onUnconfirmed, and what that answers is sent again before all others', async (t) => {
  const { handler, next } = capture()
  // it does not read on, so nothing is confirmed once it has so much unread
  const listener = await bobAt(0, handler, { limits: { maxUnreadMessages: 1 } })
  t.after(() => listener.close({ timeoutMs: 100 }))
  const told: unknown[] = []
  const link = reconnects(t, listener.port, {
    onUnconfirmed: (messages, error) => {
      told.push(messages.map(valuesOf), error instanceof StalkError)
      link.send(text('new'))
      return messages.filter((message) => valuesOf(message) !== 'b')
    },
  })
  const server = await next()
  link.send(text('first'))
  await link.flush()
  link.send(text('second'))
  await eventually(() => server.metrics().unreadMessages === 2, 'it stops reading')
  for (const word of ['a', 'b', 'c']) link.send(text(word))
  await eventually(() => link.unsent.length === 0, 'all have left')
  server.abort()
  const again = await next()
  assert.deepEqual(told, [['second', 'a', 'b', 'c'], true])
  for (const word of ['second', 'a', 'c', 'new']) assert.equal(valuesOf(await again.receive()), word)
  await link.flush()
})

test('what arrives when the other side has closed is lost, and onUnconfirmed is asked about it', async (t) => {
  const got: unknown[] = []
  const listener = await bobAt(0, async (connection) => {
    got.push(valuesOf(await connection.receive()))
    // nobody reads this, so that the end waits behind it
    for (let count = 0; count < 40; count += 1) connection.send(Spack.of(['byte[]', new Uint8Array(100_000)]))
    void connection.close({ timeoutMs: 1_500 }).catch(() => undefined)
  })
  t.after(() => listener.close({ timeoutMs: 100 }))
  const asked: unknown[] = []
  const link = reconnects(t, listener.port, {
    onUnconfirmed: (messages) => {
      asked.push(...messages.map(valuesOf))
      return []
    },
  })
  link.send(text('first'))
  await link.flush()
  await eventually(() => (link.connection?.metrics().unreadMessages ?? 0) > 0, 'the other side has answered')
  for (const word of ['1', '2', '3']) link.send(text(word))
  await link.flush()
  assert.deepEqual([got, asked], [['first'], ['1', '2', '3']])
})

test('what has been confirmed is not told of again', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port)
  const server = await next()
  for (let count = 0; count < 1000; count += 1) link.send(text(`${count}`))
  await link.flush()
  assert.equal(server.metrics().messagesReceived, 1000)
  server.abort()
  await next()
})

test('what arrived over the old connection is received before what comes over the new one', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port)
  const [one, link1] = [await next(), link.connection]
  one.send(text('old 1'))
  one.send(text('old 2'))
  await eventually(() => link.connection?.metrics().unreadMessages === 2, 'both are here')
  await one.end()
  const two = await next()
  two.send(text('new'))
  await eventually(() => link.connection !== null && link.connection !== link1, 'there is another connection')
  const words = []
  for await (const message of link) {
    words.push(valuesOf(message))
    if (words.length === 3) break
  }
  assert.deepEqual(words, ['old 1', 'old 2', 'new'])
})

test('errors of authentication end it at once, with what was not sent', async (t) => {
  const listener = await bobAt(0, echo, { authorize: () => ({ allowed: false, reason: 'not today' }) })
  t.after(() => listener.close())
  for (const [more, expected] of [
    [{ serverIdentity: rsaBob }, 'PIN_MISMATCH'],
    [{}, 'REJECTED_NOT_ALLOWED'],
  ] as const) {
    const link = reconnects(t, listener.port, more)
    link.send(text('left over'))
    await assert.rejects(link.receive(), code(expected))
    await assert.rejects(link.flush(), code(expected))
    await link.closed
    assert.ok(code(expected)(link.error))
    assert.deepEqual(link.unsent.map(valuesOf), ['left over'])
    assert.throws(() => link.send(text('more')), code(expected))
    await assert.rejects(link.close(), code(expected))
  }
})

test('connected() gives the connection of this moment, or the next one; gives up with its signal, and when it is over for good', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port)
  const [first, server] = await Promise.all([link.connected(), next()])
  assert.equal(await link.connected(), first)
  server.abort()
  await first.closed
  const [second] = await Promise.all([link.connected(), next()])
  assert.notEqual(second, first)
  assert.equal(second, link.connection)
  const nobody = await plainServer(t, (socket) => socket.destroy())
  const lonely = reconnects(t, nobody.port)
  const controller = new AbortController()
  const waiting = lonely.connected({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/u)
  await assert.rejects(lonely.connected({ signal: controller.signal }), /enough/u)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  const last = lonely.connected()
  lonely.abort()
  await assert.rejects(last, code('CONNECTION_CLOSED'))
  await assert.rejects(lonely.connected(), code('CONNECTION_CLOSED'))
})

test('after maxAttempts failures in a row it is RECONNECT_GAVE_UP with the last of them', async (t) => {
  const server = await plainServer(t, (socket) => socket.destroy())
  const delays: number[] = []
  const link = reconnects(t, server.port, {
    backoff: { firstMs: 1, maxMs: 4, maxAttempts: 4 },
    onDisconnect: (_error, delayMs) => delays.push(delayMs),
  })
  await assert.rejects(link.receive(), (error: StalkError) => {
    assert.equal(error.code, 'RECONNECT_GAVE_UP')
    assert.ok(error.cause instanceof StalkError && error.cause.fault === 'transport')
    return true
  })
  assert.equal(delays.length, 3)
})

test('retry decides for itself; close codes of an application end it unless it says otherwise', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const asked: string[] = []
  const link = reconnects(t, listener.port, {
    retry: (error) => {
      asked.push(error.code)
      return asked.length === 1
    },
  })
  await (await next()).close({ code: 0x4001, reason: 'moved' })
  await (await next()).close({ code: 0x4001, reason: 'gone' })
  await assert.rejects(link.receive(), (error: StalkError) => error.peer?.reason === 'gone')
  assert.deepEqual(asked, ['CLOSED_BY_PEER', 'CLOSED_BY_PEER'])
  const closed = (peerCode: number): boolean =>
    isWorthRetrying(new StalkError('CLOSED_BY_PEER', '', undefined, { code: peerCode, reason: '' }))
  assert.deepEqual([0x4001, 2, 3, 1, 4, 5, 6].map(closed), [false, false, false, true, true, true, true])
  const refused = (peerCode: number): boolean =>
    isWorthRetrying(new StalkError('STALK2_REFUSED', '', undefined, { code: peerCode, reason: '' }))
  assert.deepEqual([1, 2, 3].map(refused), [false, true, false])
})

test('what the functions of the application throw ends it: nobody else could be told', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler, { limits: { maxUnreadMessages: 1 } })
  t.after(() => listener.close({ timeoutMs: 100 }))
  const boom = new TypeError('boom')
  const onConnect = reconnects(t, listener.port, {
    onConnect: () => {
      throw boom
    },
  })
  await assert.rejects(onConnect.receive(), boom)
  await next()
  const onUnconfirmed = reconnects(t, listener.port, { onUnconfirmed: () => 'none' as never })
  const server = await next()
  onUnconfirmed.send(text('first'))
  await onUnconfirmed.flush()
  onUnconfirmed.send(text('second'))
  await eventually(() => server.metrics().unreadMessages === 2, 'it stops reading')
  onUnconfirmed.send(text('third'))
  await eventually(() => onUnconfirmed.unsent.length === 0, 'it has left')
  server.abort()
  await assert.rejects(onUnconfirmed.receive(), TypeError)
  assert.deepEqual(onUnconfirmed.unconfirmed.map(valuesOf), ['second', 'third'])
})

test('a promise of the functions of the application that rejects ends it, too, and one where an answer is wanted is a TypeError', async (t) => {
  const { handler } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const boom = new TypeError('boom')
  const rejects = (): Promise<never> => Promise.reject(boom)
  await assert.rejects(reconnects(t, listener.port, { onConnect: rejects }).receive(), boom)
  const server = await plainServer(t, (socket) => socket.destroy())
  await assert.rejects(reconnects(t, server.port, { onDisconnect: rejects, retry: () => true }).receive(), boom)
  const retry = reconnects(t, server.port, { retry: rejects as never })
  await assert.rejects(retry.receive(), /retry answers true or false, not a promise/u)
})

test('a promise from onUnconfirmed is a TypeError, and its rejection no unhandled one', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port, { onUnconfirmed: (() => Promise.reject(new Error('late'))) as never })
  const server = await next()
  await eventually(() => link.connection !== null, 'it is there')
  link.send(text('1'))
  server.abort()
  await assert.rejects(link.receive(), /onUnconfirmed answers an array/u)
})

test('one that only sends keeps nothing of connections that are lost when nothing is unread', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port)
  const lost: WeakRef<object>[] = []
  for (let count = 0; count < 5; count += 1) {
    const server = await next()
    await eventually(() => link.connection !== null, 'it is there')
    const connection = link.connection!
    lost.push(new WeakRef(connection))
    server.abort()
    await eventually(() => link.connection !== connection, 'it is lost')
  }
  await next()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await eventually(() => {
    collect()
    return lost.slice(0, -1).every((one) => one.deref() === undefined)
  }, 'all but the last are collected')
})

test('while more is unread than one connection may have, no other connection is made', async (t) => {
  let served = 0
  const listener = await bobAt(0, (connection) => {
    served += 1
    for (let count = 0; count < 10; count += 1) connection.send(text(`${served}.${count}`))
    return connection.flush()
  })
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port, { limits: { maxUnreadMessages: 25 }, retry: () => true })
  await eventually(() => served === 3, 'the third fills it')
  await pause(300)
  assert.equal(served, 3)
  for (let count = 0; count < 10; count += 1) assert.equal(valuesOf(await link.receive()), `1.${count}`)
  await eventually(() => served === 4, 'there is room for another')
})

test('after the first connection a policy that trusts on first use trusts that server only', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stalk-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'known_peers')
  const first = await bobAt(0, echo)
  const { port } = first
  const link = reconnects(t, port, { serverIdentity: knownPeers(file, { policy: 'accept-new' }) })
  link.send(text('1'))
  assert.equal(valuesOf(await link.receive()), '1')
  // somebody empties the list, and the server comes back: it is the one that it was
  await rm(file)
  await first.close()
  const second = await bobAt(port, echo)
  link.send(text('2'))
  assert.equal(valuesOf(await link.receive()), '2')
  await second.close()
  const impostor = await bobAt(port, echo, { identity: rsaBob })
  t.after(() => impostor.close({ timeoutMs: 100 }))
  await assert.rejects(link.receive(), code('PIN_MISMATCH'))
})

test('a policy of one’s own decides at every attempt: whom it refuses by then is refused, whom it accepts by then is accepted', async (t) => {
  const first = await bobAt(0, echo)
  const { port } = first
  let allowed = ed25519Bob
  const remembered: string[] = []
  const serverIdentity = {
    expect: () =>
      Promise.resolve({
        check: (identity: Identity) => {
          if (!identity.equals(allowed)) throw new StalkError('PIN_MISMATCH', 'revoked')
        },
        remember: (identity: Identity) => {
          remembered.push(identity.fingerprint)
          return Promise.resolve()
        },
        ask: () => Promise.resolve(true),
      }),
  }
  const link = reconnects(t, port, { serverIdentity })
  link.send(text('1'))
  assert.equal(valuesOf(await link.receive()), '1')
  allowed = rsaBob
  await link.flush()
  await first.close()
  const second = await bobAt(port, echo, { identity: rsaBob })
  link.send(text('2'))
  assert.equal(valuesOf(await link.receive()), '2')
  assert.deepEqual(remembered, [ed25519Bob.fingerprint, rsaBob.fingerprint])
  allowed = ed25519Bob
  await link.flush()
  await second.close()
  const third = await bobAt(port, echo, { identity: rsaBob })
  t.after(() => third.close({ timeoutMs: 100 }))
  await assert.rejects(link.receive(), code('PIN_MISMATCH'))
})

test('a policy that asks is not asked again for the server that was met, and is not for another: that one is refused', async (t) => {
  const first = await bobAt(0, echo)
  const { port } = first
  let asked = 0
  const serverIdentity = {
    expect: () =>
      Promise.resolve({
        check: () => {
          throw new StalkError('PEER_UNKNOWN', 'never seen')
        },
        ask: () => {
          asked += 1
          return Promise.resolve(true)
        },
        remember: () => (asked === 1 ? Promise.resolve() : Promise.reject(new Error('it was remembered'))),
      }),
  }
  const link = reconnects(t, port, { serverIdentity })
  link.send(text('1'))
  assert.equal(valuesOf(await link.receive()), '1')
  await link.flush()
  await first.close()
  const second = await bobAt(port, echo)
  link.send(text('2'))
  assert.equal(valuesOf(await link.receive()), '2')
  await link.flush()
  await second.close()
  const impostor = await bobAt(port, echo, { identity: rsaBob })
  t.after(() => impostor.close({ timeoutMs: 100 }))
  await assert.rejects(link.receive(), code('PIN_MISMATCH'))
  assert.equal(asked, 1)
})

test('receive() answers calls made at once in their order, also those made before there was a connection', async (t) => {
  const listener = await bobAt(0, echo)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const later: Promise<Spack | null>[] = []
  const link = reconnects(t, listener.port, { onConnect: () => later.push(link.receive()) })
  const givenUp = link.receive({ signal: AbortSignal.abort(new Error('no patience')) })
  const early = [link.receive(), link.receive()]
  await assert.rejects(givenUp, /no patience/u)
  for (const word of ['a', 'b', 'c']) link.send(text(word))
  assert.deepEqual((await Promise.all(early)).map(valuesOf), ['a', 'b'])
  assert.deepEqual((await Promise.all(later)).map(valuesOf), ['c'])
})

test('an answer of onUnconfirmed that has anything but messages ends it with a word on that', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port, { onUnconfirmed: () => [1, 2] as unknown as Spack[] })
  const server = await next()
  await eventually(() => link.connection !== null, 'it is connected')
  link.send(text('one'))
  server.abort()
  await assert.rejects(link.flush(), { name: 'TypeError', message: 'onUnconfirmed answers an array of messages' })
})

test('a message that the peer does not take is told its sender, or ends it if it waited for the connection', async (t) => {
  const listener = await bobAt(0, echo, { limits: { maxMessageBytes: 1000 } })
  t.after(() => listener.close())
  const link = reconnects(t, listener.port)
  link.send(text('small'))
  await link.receive()
  assert.throws(() => link.send(text('x'.repeat(2000))), code('MESSAGE_TOO_LARGE'))
  link.send(text('small again'))
  assert.equal(valuesOf(await link.receive()), 'small again')
  await link.close()

  const early = reconnects(t, listener.port)
  early.send(text('x'.repeat(2000)))
  await assert.rejects(early.flush(), code('MESSAGE_TOO_LARGE'))
  assert.equal(early.unsent.length, 1)
})

test('without a connection messages wait up to the limits: SEND_QUEUE_FULL', async (t) => {
  const server = await plainServer(t, () => undefined)
  const link = reconnects(t, server.port, { limits: { maxQueuedMessages: 3 } })
  for (let count = 0; count < 3; count += 1) link.send(text('x'))
  assert.throws(() => link.send(text('x')), code('SEND_QUEUE_FULL'))
  const byBytes = reconnects(t, server.port, { limits: { maxQueuedBytes: 1000 } })
  byBytes.send(text('x'.repeat(2000)))
  assert.throws(() => byBytes.send(text('x')), code('SEND_QUEUE_FULL'))
})

test('a sender that heeds false gets a long row of messages across a lost connection: none missing, none twice', async (t) => {
  const got: number[] = []
  let connections = 0
  const handler: Handler = async (connection) => {
    connections += 1
    for await (const message of connection) {
      got.push(Number(message.values()[0]))
      // the last of the first connection: everything is confirmed or told of
      if (connections === 1 && got.length === 5000) connection.abort()
    }
  }
  const listener = await bobAt(0, handler, { onError: () => undefined })
  t.after(() => listener.close())
  const repeated = new Set<number>()
  const link = reconnects(t, listener.port, {
    onUnconfirmed: (messages) => {
      for (const message of messages) repeated.add(Number(valuesOf(message)))
      return messages
    },
  })
  for (let count = 0; count < 20_000; count += 1) if (!link.send(text(`${count}`))) await link.flush()
  await link.close()
  assert.deepEqual(
    [...new Set(got)].sort((a, b) => a - b),
    Array.from({ length: 20_000 }, (_, index) => index),
  )
  // one that came twice was told of as one of which nobody knows
  const twice = got.filter((value, index) => got.indexOf(value) !== index)
  assert.ok(twice.every((value) => repeated.has(value)))
  assert.ok(connections >= 2)
})

test('close waits for what is not confirmed, and says how much is left when the time is over', async (t) => {
  const server = await plainServer(t, (socket) => socket.destroy())
  const link = reconnects(t, server.port)
  link.send(text('x'))
  await assert.rejects(link.close({ timeoutMs: 60 }), (error: StalkError) => {
    assert.equal(error.code, 'CLOSE_TIMEOUT')
    assert.match(error.message, /1 messages were not sent, 0 not confirmed/u)
    return true
  })
  await link.closed
  const idle = reconnects(t, server.port)
  await idle.close()
  assert.equal(idle.error, null)
})

test('a signal ends it for good, gives up on flush and receive alone, and leaves nothing behind', async (t) => {
  const server = await plainServer(t, () => undefined)
  const controller = new AbortController()
  const link = reconnects(t, server.port, { signal: controller.signal })
  const waiting = new AbortController()
  const [received, flushed] = [link.receive({ signal: waiting.signal }), null]
  waiting.abort(new Error('enough'))
  await assert.rejects(received, /enough/u)
  assert.equal(flushed, null)
  assert.equal(link.error, null)
  controller.abort(new Error('over'))
  await assert.rejects(link.receive(), /over/u)
  await link.closed
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  assert.equal(getEventListeners(waiting.signal, 'abort').length, 0)
  const late = reconnects(t, server.port, { signal: controller.signal })
  await assert.rejects(late.receive(), /over/u)
})

test('await using closes it; options that make no sense are a TypeError or a RangeError', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  let closing: Promise<void>
  {
    await using link = reconnecting(host, listener.port, options)
    const server: Connection<Socket> = await next()
    await eventually(() => link.connection !== null, 'it is there')
    closing = server.receive().then((last) => {
      assert.equal(last, null)
      return server.close()
    })
  }
  await closing
  const wrong = (more: object, Type: typeof TypeError | typeof RangeError): void => {
    assert.throws(() => reconnecting(host, 1, { ...options, ...more }), Type)
  }
  wrong({ onUnconfirmed: undefined }, TypeError)
  wrong({ protocol: 'stalk/1' }, TypeError)
  wrong({ serverIdentity: undefined }, TypeError)
  wrong({ onConect: () => undefined }, TypeError)
  wrong({ backoff: { first: 1 } }, TypeError)
  wrong({ backoff: { firstMs: 0 } }, RangeError)
  wrong({ backoff: { maxAttempts: 0 } }, RangeError)
  assert.throws(() => reconnecting(host, 0, options), RangeError)
})

test('the delays grow exponentially up to the largest, with full jitter', () => {
  const backoff = resolveBackoff({ firstMs: 100, maxMs: 1000 })
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 100].map((failures) => backoffDelay(backoff, failures, 1)),
    [100, 100, 200, 400, 800, 1000, 1000],
  )
  assert.deepEqual([backoffDelay(backoff, 4, 0), backoffDelay(backoff, 4, 0.5)], [0, 400])
})

test('what waits to be sent again is not told as unsent when it is over: it may have arrived', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler, { limits: { maxUnreadMessages: 1 } })
  const link = reconnects(t, listener.port, {
    onUnconfirmed: (messages) => messages,
    backoff: { firstMs: 20, maxMs: 50, maxAttempts: 3 },
  })
  const server = await next()
  link.send(text('0'))
  await link.flush()
  link.send(text('1'))
  await eventually(() => server.metrics().unreadMessages === 2, 'it stops reading')
  for (const word of ['2', '3', '4']) link.send(text(word))
  await eventually(() => link.unsent.length === 0, 'all have left')
  const closed = listener.close({ timeoutMs: 1 })
  server.abort()
  await closed
  await link.closed
  assert.equal((link.error as StalkError).code, 'RECONNECT_GAVE_UP')
  assert.deepEqual([link.unsent, link.unconfirmed.map(valuesOf)], [[], ['1', '2', '3', '4']])
})

test('retry is asked once for each loss, and what it throws ends it', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const asked: string[] = []
  const unconfirmed: unknown[] = []
  const link = reconnects(t, listener.port, {
    onUnconfirmed: (messages) => {
      unconfirmed.push(messages.map(valuesOf))
      return []
    },
    retry: (error) => {
      asked.push(error.code)
      if (asked.length === 2) throw new Error('no more')
      return true
    },
  })
  const first = await next()
  first.socket.pause()
  link.send(text('1'))
  await eventually(() => link.unsent.length === 0, 'it has left')
  first.abort()
  const second = await next()
  assert.deepEqual([asked.length, unconfirmed], [1, [['1']]])
  second.abort()
  await link.closed
  assert.deepEqual([asked.length, link.error?.message], [2, 'no more'])
})

test('a connection whose queue the application fills goes on when there is room', async (t) => {
  const listener = await bobAt(0, echo)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port, {
    limits: { maxQueuedMessages: 10 },
    onConnect: (connection) => connection.send(text('hello')),
  })
  for (let count = 0; count < 10; count += 1) link.send(text(`${count}`))
  await link.flush()
  assert.equal(valuesOf(await link.receive()), 'hello')
})

test('send answers false when half of the messages that may wait do, however small they are', async (t) => {
  const { handler, next } = capture()
  const listener = await bobAt(0, handler)
  t.after(() => listener.close({ timeoutMs: 100 }))
  const link = reconnects(t, listener.port, { limits: { maxQueuedMessages: 10 } })
  await next()
  await eventually(() => link.connection !== null, 'it is there')
  assert.deepEqual(
    Array.from({ length: 5 }, (_, count) => link.send(text(`${count}`))),
    [true, true, true, true, false],
  )
  await link.flush()
})

test('one that is ended while the list of known peers is written sends nothing', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stalk-'))
  // whoever waited for the lock may still be tidying up
  t.after(() => rm(folder, { recursive: true, maxRetries: 5 }))
  const file = path.join(folder, 'known_peers')
  await writeFile(`${file}.lock`, '')
  const received: unknown[] = []
  let established = 0
  const listener = await bobAt(0, async (connection) => {
    established += 1
    for await (const message of connection) received.push(valuesOf(message))
  })
  t.after(() => listener.close({ timeoutMs: 100 }))
  let connects = 0
  const link = reconnects(t, listener.port, {
    serverIdentity: knownPeers(file, { policy: 'accept-new' }),
    onConnect: () => (connects += 1),
  })
  link.send(text('1'))
  await eventually(() => established === 1, 'the list is waiting for its lock')
  link.abort()
  await rm(`${file}.lock`)
  await eventually(() => listener.connections.size === 0, 'the connection is given up')
  assert.deepEqual([connects, received, link.unsent.map(valuesOf)], [0, [], ['1']])
})

test('connections that their peer has ended are gone after a while, and with the link at once; a peer that takes nothing is not called again and again', async (t) => {
  const listener = await bobAt(
    0,
    async (connection) => {
      connection.send(text('hello'))
      await connection.end()
      await new Promise(() => undefined)
    },
    // its peers could send no more than that
    { limits: { channelCreditBytes: 1024, channelWindowBytes: 1024 } },
  )
  t.after(() => listener.close({ timeoutMs: 100 }))
  const connections: Connection<Socket>[] = []
  const link = reconnects(t, listener.port, {
    backoff: { firstMs: 20, maxMs: 60_000 },
    onUnconfirmed: (messages) => messages,
    onConnect: (connection) => connections.push(connection),
  })
  link.send(Spack.of(['byte[]', new Uint8Array(1_000_000)]))
  await pause(1_000)
  assert.ok(connections.length < 25, `${connections.length} connections in a second`)
  await connections[0]!.closed
  assert.equal(valuesOf(await link.receive()), 'hello')
  link.abort()
  assert.ok(connections.every(({ error, socket }) => error !== null || socket.destroyed))
})
