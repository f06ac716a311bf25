// Streams that do what no socket does: a connection over one ends as over any line that is lost.
import assert from 'node:assert/strict'
import { Duplex, type DuplexOptions } from 'node:stream'
import { test } from 'node:test'
import type { Connection } from '#src/connection/connection.js'
import type { StalkError } from '#src/errors.js'
import { wrap } from '#src/net/wrap.js'
import { code } from '../support/errors.js'
import { text } from '../support/sessions.js'
import { ed25519Alice, ed25519Bob } from '../support/stalk2.js'

const asAlice = { role: 'initiator', identity: ed25519Alice, serverIdentity: ed25519Bob } as const
const asBob = { role: 'responder', identity: ed25519Bob } as const

/** Stands in front of what a stream does for its writes. */
type Write = (write: () => void) => void

interface Odd extends DuplexOptions {
  readonly beforeWrite?: Write
}

/** Two streams that read what is written to the other. */
function pair(odd: Odd = {}): [Duplex, Duplex] {
  const ends: Duplex[] = []
  const make = (index: number, { beforeWrite = (write) => write(), ...options }: Odd): Duplex =>
    new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, callback) =>
        beforeWrite(() => {
          ends[1 - index]?.push(chunk)
          callback()
        }),
      final(callback) {
        ends[1 - index]?.push(null)
        callback()
      },
      destroy(error, callback) {
        ends[1 - index]?.push(null)
        callback(error)
      },
      ...options,
    })
  ends.push(make(0, odd), make(1, {}))
  return ends as [Duplex, Duplex]
}

async function establish([one, other]: [Duplex, Duplex]): Promise<[Connection, Connection]> {
  return Promise.all([wrap(one, asAlice), wrap(other, asBob)])
}

function failureOf(promise: Promise<unknown>): Promise<StalkError> {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error as StalkError,
  )
}

test('a stream whose write() throws is a line that is lost, in the handshake and after it: CONNECTION_LOST with what it threw', async () => {
  for (const thrown of [new Error('no more'), null, 'a word']) {
    let isBroken = true
    const beforeWrite: Write = (write) => {
      if (isBroken) throw thrown as Error
      write()
    }
    const early = await failureOf(wrap(pair({ beforeWrite })[0], asAlice))
    assert.equal(early.code, 'CONNECTION_LOST')

    isBroken = false
    const [client] = await establish(pair({ beforeWrite }))
    isBroken = true
    client.send(text('leaves at the end of the tick, where nobody could catch anything'))
    const failed = await failureOf(client.receive())
    assert.equal(failed.code, 'CONNECTION_LOST')
    if (thrown instanceof Error) assert.equal(failed.cause, thrown)
    assert.ok(failed.cause instanceof Error)
    await client.closed
    assert.equal(client.socket.destroyed, true)
  }
})

test('what a stream throws at answers, at last words and at its end ends nothing but its connection', async () => {
  let isBroken = false
  const beforeWrite: Write = (write) => {
    if (isBroken) throw new Error('no more')
    write()
  }
  const [client, server] = await establish(pair({ beforeWrite }))
  isBroken = true
  server.confirm().catch(() => undefined)
  await client.closed
  assert.equal(client.error?.code, 'CONNECTION_LOST')

  isBroken = false
  const [aborted] = await establish(pair({ beforeWrite }))
  isBroken = true
  aborted.abort()
  await aborted.closed
  assert.equal(aborted.error?.code, 'CONNECTION_CLOSED')

  isBroken = false
  const [closed] = await establish(pair({ beforeWrite }))
  isBroken = true
  assert.equal((await failureOf(closed.close())).code, 'CONNECTION_LOST')
})

/** Destroyed, it says nothing. */
const silent: readonly Odd[] = [{ emitClose: false }, { destroy: () => undefined }]

test('close() and closed settle over a stream that never says that it is closed, at a deadline, a failure and an orderly end', async () => {
  for (const odd of silent) {
    const [late] = await establish(pair(odd))
    await late.close({ timeoutMs: 50 })
    await late.closed

    const [failing] = await establish(pair(odd))
    failing.abort()
    await failing.closed
    await failing.close()
    assert.throws(() => failing.channelBinding, code('CONNECTION_CLOSED'))

    const [client, server] = await establish(pair(odd))
    const began = performance.now()
    await Promise.all([client.end(), server.end()])
    await Promise.all([client.closed, server.closed])
    assert.deepEqual([client.error, server.error], [null, null])
    assert.ok(performance.now() - began < 4_000)
  }
})

test('a signal and a deadline give up a handshake over a stream that never says that it is closed', async () => {
  for (const odd of silent) {
    const reason = new Error('enough')
    const giveUp = new AbortController()
    const attempt = wrap(pair(odd)[0], { ...asAlice, signal: giveUp.signal })
    setTimeout(() => giveUp.abort(reason), 20)
    await assert.rejects(attempt, reason)
    await assert.rejects(wrap(pair(odd)[0], { ...asAlice, timeoutMs: 20 }), code('HANDSHAKE_TIMEOUT'))
  }
})
