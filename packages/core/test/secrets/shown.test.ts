// What printing, serialising and logging say of secrets: nothing.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { Identity, inspectCapture, parseKeyLog, reconnecting } from '#src/index.js'
import { host } from '../support/network.js'
import { talk2 } from '../support/network2.js'
import { ed25519Alice, ed25519Bob, rsaAlice } from '../support/stalk2.js'
import { bob } from '../support/people.js'
import { text } from '../support/sessions.js'
import { secretsOfKeyLog, ofIdentity } from './observe.js'
import { searchBytes, type Secret } from './search.js'

const identities = [ed25519Alice, ed25519Bob, rsaAlice, bob]

/** Fails if any way to show a value shows a secret. */
function assertShowsNone(name: string, value: unknown, secrets: readonly Secret[]): void {
  for (const [how, shown] of waysToShow(value)) {
    const found = searchBytes(shown, secrets)
    assert.deepEqual(found, [], `${how} of ${name}`)
    // arrays of numbers, as inspect and JSON write them; the hexadecimal of a Buffer
    const dense = Buffer.from(shown).toString('latin1').replaceAll(/\s/gu, '')
    assert.deepEqual(searchBytes(Buffer.from(dense, 'latin1'), secrets), [], `${how} of ${name}`)
    for (const { bytes, name: secret } of secrets) {
      const numbers = [...bytes.subarray(0, 20)]
      assert.ok(!dense.includes(numbers.join(',')), `${how} of ${name} has ${secret}`)
      assert.ok(!dense.includes(numbers.map((byte, at) => `"${at}":${byte}`).join(',')), `${how} of ${name}`)
    }
  }
}

const everything = { depth: 12, showHidden: true, getters: true, maxArrayLength: 1e5, maxStringLength: 1e6 } as const

function waysToShow(value: unknown): [how: string, shown: Uint8Array][] {
  const ways: [string, () => unknown][] = [
    ['inspect', () => inspect(value)],
    ['inspect without its own way', () => inspect(value, { ...everything, customInspect: false })],
    ['String', () => String(value)],
    ['JSON', () => JSON.stringify(value)],
    ['JSON of its own properties', () => JSON.stringify({ ...(value as object) })],
    ['structuredClone', () => inspect(structuredClone(value), everything)],
    ['v8.serialize', () => serialize(value)],
    ['stack', () => (value instanceof Error ? value.stack : '')],
  ]
  return ways.map(([how, show]) => [how, asBytes(orError(show))])
}

/** What cannot be shown says why, which must not show more. */
function orError(show: () => unknown): unknown {
  try {
    return show()
  } catch (error) {
    return inspect(error, everything)
  }
}

function asBytes(shown: unknown): Uint8Array {
  return shown instanceof Uint8Array ? shown : Buffer.from(String(shown))
}

/** A directory, and a key log into which all connections of the test write; both are gone afterwards. */
function folderWithKeyLog(t: TestContext): { folder: string; keyLog: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'stalk-secrets-'))
  const keyLog = path.join(folder, 'keys')
  process.env['STALKKEYLOG'] = keyLog
  t.after(() => {
    delete process.env['STALKKEYLOG']
    rmSync(folder, { recursive: true })
  })
  return { folder, keyLog }
}

test('no identity, connection, channel, listener, key object, metric or diagnostic shows a secret', async (t) => {
  const { keyLog } = folderWithKeyLog(t)
  const published: unknown[] = []
  const keep = (event: unknown): void => void published.push(event)
  for (const name of ['handshake', 'message', 'error', 'close']) {
    subscribe(`stalk:${name}`, keep)
    t.after(() => unsubscribe(`stalk:${name}`, keep))
  }
  const { client, server, listener } = await talk2(t)
  client.send(text('hello'))
  await server.receive()
  const channel = client.openChannel('echo')
  channel.send(text('on a channel'))
  const again = reconnecting(host, listener.port, {
    identity: ed25519Alice,
    serverIdentity: ed25519Bob,
    onUnconfirmed: () => [],
  })
  t.after(() => again.abort())
  await again.connected()
  const exported: Secret = { name: 'an exported secret', bytes: client.exportSecret('label', new Uint8Array(), 32) }
  const secrets = [...identities.flatMap(ofIdentity), ...secretsOfKeyLog(keyLog), exported]
  assert.ok(secrets.length > 15)

  const shown = { client, server, listener, channel, again, metrics: client.metrics(), limits: listener.metrics() }
  for (const [name, value] of Object.entries(shown)) assertShowsNone(name, value, secrets)
  for (const identity of identities) {
    const { privateKey, publicKey } = identity
    for (const value of [identity, identity.public, privateKey, publicKey])
      assertShowsNone('an identity', value, secrets)
  }
  await again.close({ timeoutMs: 500 })
  await Promise.all([client, server].map((connection) => connection.close({ timeoutMs: 500 })))
  for (const [name, value] of Object.entries(shown)) assertShowsNone(`${name}, closed`, value, secrets)
  assert.ok(published.length >= 6)
  for (const event of published) assertShowsNone('a diagnostic', event, secrets)
})

test('the search of this test finds what is shown: numbers, hexadecimal, properties', () => {
  const [seed] = ofIdentity(ed25519Alice)
  const bytes = new Uint8Array(seed!.bytes)
  for (const leak of [bytes, Buffer.from(bytes), { key: bytes }, new Error(Buffer.from(bytes).toString('base64'))]) {
    assert.throws(() => assertShowsNone('a leak', leak, [seed!]), assert.AssertionError)
  }
})

test('errors about keys and files of keys show nothing of them, nor do their causes', async (t) => {
  const { folder, keyLog } = folderWithKeyLog(t)
  await talk2(t)
  const directory = path.join(folder, 'identity')
  await ed25519Alice.save(directory)
  const file = path.join(directory, 'id_priv')
  const pem = readFileSync(file, 'utf8')
  const [first = '', digits = '', last = ''] = pem.split('\n')
  const logged = readFileSync(keyLog, 'utf8')
  const secrets = [...identities.flatMap(ofIdentity), ...secretsOfKeyLog(keyLog)]
  const damaged = [
    [first, `${digits.slice(0, -4)}!!!=`, last, ''].join('\n'),
    [first, `A${digits.slice(1)}`, last, ''].join('\n'),
    [first.replace('PRIVATE', 'EC PRIVATE'), digits, last.replace('PRIVATE', 'EC PRIVATE'), ''].join('\n'),
    [first.replace('PRIVATE', 'ENCRYPTED PRIVATE'), digits, last.replace('PRIVATE', 'ENCRYPTED PRIVATE'), ''].join(
      '\n',
    ),
    pem.slice(0, -5),
    digits,
  ]
  const attempts: (() => unknown)[] = [
    ...damaged.map((content) => () => {
      writeFileSync(file, content)
      return Identity.load(directory)
    }),
    () => Identity.parse(pem),
    () => Identity.parse(`stalk/2:ed25519:${digits}`),
    () => parseKeyLog(logged.replace('STALK2_EXPORTER_SECRET ', 'STALK2_EXPORTER_SECRET  ')),
    () => parseKeyLog(logged.slice(0, -3)),
    () => inspectCapture([{ from: 'initiator', bytes: new Uint8Array(10) }], parseKeyLog(logged)).faults[0]?.error,
    () => Identity.fromRsa({ ...rsaAlice.rsa!, d: numberOf(bytesOfExponent()) + 2n }, 'stalk/2'),
  ]
  for (const [index, attempt] of attempts.entries()) {
    const error = await errorOf(attempt)
    assert.ok(error instanceof Error, `attempt ${index}`)
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      assertShowsNone(`attempt ${index}`, cause, secrets)
    }
  }
})

async function errorOf(attempt: () => unknown): Promise<unknown> {
  try {
    return await attempt()
  } catch (error) {
    return error
  }
}

function bytesOfExponent(): Uint8Array {
  return ofIdentity(rsaAlice)[0]!.bytes
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
