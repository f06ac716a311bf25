import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { observe } from './observe.js'
import { searchFile } from './search.js'

test(
  'what a process knew of closed connections and of its identity is in its memory no more, nor in its log; what is open is found',
  { skip: process.platform !== 'linux' && 'the memory of a process is read from /proc' },
  async () => {
    const { secrets, open, closed, log, inLog } = await observe('ed25519')
    const count = (name: string): number => secrets.filter((secret) => secret.name === name).length
    assert.equal(count('private seed of the identity'), 1)
    assert.equal(count('key for records'), 4)
    assert.equal(count('exporter secret'), 2)
    assert.equal(count('key of a handshake message'), 6)
    assert.equal(count('private X25519 key of a connection'), 4)
    // the search finds what is there
    const found = new Set(open.inMemory.map(({ name }) => name))
    assert.deepEqual([...found].sort(), ['exporter secret', 'key for records', 'private seed of the identity'])
    assert.deepEqual([...new Set(open.inMemory.map(({ encoding }) => encoding))], ['raw'])
    assert.deepEqual(open.inSnapshot, [])
    assert.deepEqual(closed.inMemory, [])
    assert.deepEqual(closed.inSnapshot, [])
    assert.match(log, /STALK \d+: .* handshake as initiator is done/u)
    assert.deepEqual(inLog, [])
    assert.ok(closed.memoryBytes > 20_000_000 && closed.snapshotBytes > 1_000_000)
  },
)

test('the search finds a secret in each encoding, wherever in a text it begins', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stalk-secrets-'))
  try {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) =>
      index > 8 && index < 16 ? 0xff : (index * 151 + 62) & 0xff,
    )
    const file = path.join(folder, 'file')
    const encodingsIn = (content: string | Uint8Array): string[] => {
      writeFileSync(file, content)
      return searchFile(file, [{ name: 'x', bytes }]).map(({ encoding }) => encoding)
    }
    const hex = Buffer.from(bytes).toString('hex')
    assert.deepEqual(encodingsIn(Buffer.concat([Buffer.from('ab'), bytes, bytes])), ['raw', 'raw'])
    assert.deepEqual(encodingsIn(bytes.toReversed()), ['reversed'])
    assert.deepEqual(encodingsIn(`{"key":"${hex}","KEY":"${hex.toUpperCase()}"}`), ['hex', 'hex'])
    for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
      const whole = Buffer.concat([Buffer.from(before), bytes, Buffer.from('tail')])
      assert.deepEqual(encodingsIn(`-----\n${whole.toString('base64')}\n`), ['base64'])
      assert.deepEqual(encodingsIn(`"${whole.toString('base64url')}"`), ['base64url'])
    }
    assert.deepEqual(encodingsIn(Buffer.from(hex.slice(0, -1))), [])
    assert.deepEqual(encodingsIn(bytes.subarray(0, 31)), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
