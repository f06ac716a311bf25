import assert from 'node:assert/strict'
import { createHash, hash } from 'node:crypto'
import test from 'node:test'
import { decode, encode, PacketStream, Spack } from '@stalk/spack'
import { hashRange, platformSha256, resolveSha256 } from '#src/sha256.js'
import { toHex } from './support/bytes.js'

const ofAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const abc = new TextEncoder().encode('abc')
const options = { sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) }

// first in its file, and node runs each file in its own process: the platform has not been looked at yet
test('without a SHA-256 on the platform the classic form asks for one, the compact form does not care', () => {
  for (const platform of [{}, { process: {} }, { process: { getBuiltinModule: () => undefined } }]) {
    assert.throws(() => resolveSha256(undefined, platform), { name: 'TypeError', message: /`sha256`.*@noble\/hashes/ })
  }
})

test('the platform’s SHA-256 is the one-shot function where there is one, else the streaming one', () => {
  const modern = platformSha256({ process: { getBuiltinModule: () => ({ hash, createHash }) } })
  const older = platformSha256({ process: { getBuiltinModule: () => ({ createHash }) } })
  const unhashed = (): never => assert.fail('createHash was used')
  const oneShot = platformSha256({ process: { getBuiltinModule: () => ({ hash, createHash: unhashed }) } })
  for (const sha256 of [modern, older, oneShot]) assert.equal(toHex(sha256!(abc)), ofAbc)
})

test('the platform is asked for node:crypto, once', () => {
  const asked: string[] = []
  const getBuiltinModule = (name: string): unknown => {
    asked.push(name)
    return { createHash }
  }
  const found = resolveSha256(undefined, { process: { getBuiltinModule } })
  assert.equal(resolveSha256(undefined, {}), found)
  assert.deepEqual(asked, ['node:crypto'])
})

test('a given SHA-256 is used for encode, decode and streams', () => {
  let calls = 0
  const sha256 = (bytes: Uint8Array): Uint8Array => {
    calls += 1
    return options.sha256(bytes)
  }
  const spack = new Spack().integer(1)
  const bytes = encode(spack, { sha256 })
  assert.deepEqual(bytes, encode(spack))
  assert.deepEqual(decode(bytes, { sha256 }), spack)
  const stream = new PacketStream({ sha256 })
  stream.push(bytes)
  assert.deepEqual(stream.next(), spack)
  assert.equal(calls, 3)
})

test('a SHA-256 that returns something else than 32 bytes is a TypeError, not a packet without a hash', () => {
  for (const result of [new Uint8Array(31), 'ab'.repeat(32), Promise.resolve(new Uint8Array(32)), undefined]) {
    const sha256 = (): Uint8Array => result as Uint8Array
    assert.throws(() => hashRange(sha256, abc, 0, 3), TypeError)
    assert.throws(() => encode(new Spack(), { sha256 }), TypeError)
    assert.throws(() => decode(encode(new Spack()), { sha256 }), TypeError)
  }
})
