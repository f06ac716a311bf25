// docs/THREATS.md names attacks, tests and codes: every known attack has its row, and what is named exists.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { errorTable } from '@stalk/core'
import { spackErrorTable } from '@stalk/spack'

const root = path.resolve(import.meta.dirname, '..')
const document = readFileSync(path.join(root, 'docs/THREATS.md'), 'utf8')
const quoted = Array.from(document.matchAll(/`([^`\n]+)`/gu), ([, text = '']) => text)

const sources = ['packages/spack/test', 'packages/core/test', 'packages/cli/test', 'test']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(root, folder, String(name))),
  )
  .filter((file) => file.endsWith('.test.ts') && file !== import.meta.filename)
  .map((file) => readFileSync(file, 'utf8'))

interface Row {
  readonly attack: string
  readonly here: string
  readonly tests: readonly string[]
}

const rows: readonly Row[] = Array.from(
  document.matchAll(/^\|(?<cells>.*)\|$/gmu),
  ({ groups }) => groups?.['cells']?.split('|').map((cell) => cell.trim()) ?? [],
)
  .filter(([attack]) => attack !== 'attack' && !/^-+$/u.test(attack ?? ''))
  .map(([attack = '', , , here = '', tests = '']) => ({
    attack,
    here,
    tests: Array.from(tests.matchAll(/`([^`]+)`/gu), ([, name = '']) => name),
  }))

/** Whether some test source has a test of exactly this name. */
function isTest(name: string): boolean {
  return sources.some((source) => source.includes(`test('${name}'`))
}

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

test('every test that is named exists', () => {
  // names of tests are the only quotations of more than four words
  const names = new Set([...rows.flatMap(({ tests }) => tests), ...quoted.filter((text) => text.split(' ').length > 4)])
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
    codes.filter((code) => !Object.hasOwn(errorTable, code) && !Object.hasOwn(spackErrorTable, code)),
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
})
