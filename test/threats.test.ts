// docs/THREATS.md names attacks, tests and codes: every known attack has its row, and what is named exists.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { errorTable } from '@stalk/core'
import { rpcErrorTable } from '@stalk/rpc'
import { spackErrorTable } from '@stalk/spack'

const root = path.resolve(import.meta.dirname, '..')
const document = readFileSync(path.join(root, 'docs/THREATS.md'), 'utf8')
const quoted = Array.from(document.matchAll(/`([^`\n]+)`/gu), ([, text = '']) => text)

const sources = ['packages/spack/test', 'packages/core/test', 'packages/rpc/test', 'packages/cli/test', 'test']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(root, folder, String(name))),
  )
  .filter((file) => file.endsWith('.test.ts') && file !== import.meta.filename)
  .map((file) => readFileSync(file, 'utf8'))

const { transcripts } = JSON.parse(readFileSync(path.join(root, 'test-vectors/stalk2/transcripts.json'), 'utf8')) as {
  transcripts: { name: string }[]
}

interface Row {
  readonly attack: string
  readonly here: string
  readonly tests: readonly string[]
}

const cells: readonly string[][] = Array.from(
  document.matchAll(/^\|(?<cells>.*)\|$/gmu),
  ({ groups }) => groups?.['cells']?.split('|').map((cell) => cell.trim()) ?? [],
).filter(([attack]) => attack !== 'attack' && !/^-+$/u.test(attack ?? ''))

/** The attacks on the original: attack, what, the original, here, test. */
const rows: readonly Row[] = cells
  .filter(({ length }) => length === 5)
  .map(([attack = '', , , here = '', tests = '']) => ({ attack, here, tests: quotedIn(tests) }))

/** Both protocols: attack, stalk/1, stalk/2, test. */
const bothRows: readonly (Row & { readonly stalk1: string })[] = cells
  .filter(({ length }) => length === 4)
  .map(([attack = '', stalk1 = '', here = '', tests = '']) => ({ attack, stalk1, here, tests: quotedIn(tests) }))

function quotedIn(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/gu), ([, name = '']) => name)
}

/** Whether some test source has a test of exactly this name. */
function isTest(name: string): boolean {
  const [, transcript] = /^testkit: (.*)$/u.exec(name) ?? []
  if (transcript !== undefined) return transcripts.some((known) => known.name === transcript)
  return (
    sources.some((source) => source.includes(`test('${name}'`)) || templates.some((template) => template.test(name))
  )
}

/** Names that are made in a loop: what is filled in may be anything, what stands around it may not. */
const templates = sources.flatMap((source) =>
  Array.from(source.matchAll(/\btest\(\s*`([^`]*)`/gu), ([, name = '']) => {
    const fixed = name.split(/\$\{[^}]*\}/u).map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&'))
    return fixed.join('').length < 20 ? /^$/u : new RegExp(`^${fixed.join('.+')}$`, 'u')
  }),
)

test('every known attack has its row, which says what happens and names a test', () => {
  const attacks = 'a1 a2 a3 a4 a5 b c d d2 e e2 f g g2 g3 g4 g5 g6 other other'.split(' ')
  assert.deepEqual(
    rows.map(({ attack }) => attack),
    attacks,
  )
  for (const { attack, here, tests } of rows) {
    assert.match(here, /refused|succeeds|established|cut|ends/u, attack)
    assert.ok(tests.length > 0, attack)
  }
})

/** From the design: what an attacker may try on stalk/2, and what it promises. */
const attacksOnBoth = [
  'be somebody whose public key alone is known, whatever is signed (a1 to a4)',
  'a wrong server',
  'the private key of one side is stolen, to play the other to it',
  'a long-term key is stolen later, to read what was recorded',
  'put another name on somebody’s connection (e)',
  'send a proof back to where it came from (e2)',
  'see who talks to whom',
  'take a suite out of the offer',
  'ask for another suite in the listener’s place',
  'refuse in the listener’s place',
  'make two sides of stalk/2 speak stalk/1',
  'an unknown first suite with a long A',
  'a signature over another handshake, for another role or suite',
  'replay B or C (d)',
  'X25519 keys of low order',
  'Ed25519 keys of low order or not canonical',
  'identities of other kinds, or in another DER',
  'RSA with a short salt, a small modulus or another exponent (a5)',
  'an identity without a signature, or the reverse',
  'bytes after the end, entries twice, out of place or unknown and critical',
  'a ticket of another connection, or put in later',
  'talk before the verdict',
  'make a cut line look like a rejection',
  'change a message whose content is known (b)',
  'flip any bit of anything',
  'replay, reorder or drop a record',
  'cut the line at any byte',
  'add to what a peer said after its CLOSE',
  'listen while both sides talk at once (c)',
  'wear a key out',
  'have a secret exported twice under one name',
  'announce a length and never send it (g)',
  'send a byte a second',
  'make a slow reader look dead',
  'a flood of PINGs',
  'a flood of empty frames',
  'send more on a channel than the reader has room for',
  'fill the memory over many channels, with messages that never end',
  'open channels without end, or open and give up',
  'lie about channels: numbers, ends, credit',
  'end the connection so that a channel looks whole',
  'stop reading one channel to hold up the others',
  'keep everybody waiting with many small messages on many channels',
  'end channels, so that what is unread counts nowhere',
  'give up channels without reading, so that answers of the protocol pile up',
  'hold requests of calls that never end',
  'answer or ask calls with anything but what the contract says',
  'make calls without end, or that never begin or end',
  'describe kinds so that whoever asks runs code, or out of memory',
  'a number in a frame that is too large or does not end',
  'fragments without end',
  'ten thousand half-open sockets (g6)',
  'a message that nests ten thousand deep',
  'announce lists of many entries inside each other',
  'make an object’s prototype by the name of a member',
  'garbage, or another protocol (g5)',
]

test('every attack on stalk/2 has its row, which says what becomes of it under both protocols and names a test', () => {
  assert.deepEqual(
    bothRows.map(({ attack }) => attack),
    attacksOnBoth,
  )
  for (const { attack, here, tests } of bothRows) {
    assert.match(here, /refused|ends|cut|capped|not on the line/u, attack)
    assert.doesNotMatch(here, /\*\*/u, attack)
    assert.ok(tests.length > 0, attack)
  }
  assert.ok(bothRows.filter(({ stalk1 }) => stalk1.includes('**succeeds**')).length >= 8)
})

test('every test that is named exists', () => {
  // names of tests are the only quotations of more than four words
  const names = new Set([
    ...[...rows, ...bothRows].flatMap(({ tests }) => tests),
    ...quoted.filter((text) => text.split(' ').length > 4),
  ])
  assert.ok(names.size > 30)
  assert.deepEqual(
    [...names].filter((name) => !isTest(name)),
    [],
  )
})

test('a row says that an attack succeeds exactly where its test does', () => {
  for (const { attack, here, tests } of rows) {
    const isAdmitted = tests.some((name) => name.startsWith('SUCCEEDS'))
    assert.equal(/\*\*(?:succeeds|is established)\*\*/u.test(here), isAdmitted, attack)
  }
})

test('every attack test is named in the table', () => {
  const source = readFileSync(path.join(root, 'packages/core/test/session/stalk1-attacks.test.ts'), 'utf8')
  const names = Array.from(source.matchAll(/^test\('([^']+)'/gmu), ([, name = '']) => name)
  assert.ok(names.length > 20)
  assert.deepEqual(
    names.filter((name) => !quoted.includes(name)),
    [],
  )
})

test('every code that is named exists', () => {
  const codes = quoted.filter((text) => /^[A-Z0-9]+(?:_[A-Z0-9]+)+$/u.test(text))
  assert.ok(codes.length > 20)
  assert.deepEqual(
    codes.filter((code) => [errorTable, spackErrorTable, rpcErrorTable].every((table) => !Object.hasOwn(table, code))),
    [],
  )
})

test('every file that is named exists', () => {
  const files = quoted.filter((text) => text.startsWith('packages/'))
  assert.ok(files.length > 0)
  assert.deepEqual(
    files.filter((file) => !existsSync(path.join(root, file))),
    [],
  )
})

test('negative control: a test that does not exist is not found', () => {
  assert.ok(!isTest('a1, a4: a zero ephemeral key'))
  assert.ok(!isTest('testkit: B: no such fault'))
  assert.ok(!isTest('you connect: alice calls bob: any bit flipped in B'))
})
