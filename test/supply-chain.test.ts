import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { faultsOf, faultsOfFile, lockFiles, type Lock } from '../scripts/lock-files.js'
import { billOf, wholeBill } from '../scripts/sbom.js'

test('every entry of the lock files has its SHA-512, and no other origin than the registry', () => {
  assert.deepEqual(lockFiles.map(faultsOfFile), [[], []])
})

test('an entry of a lock file without integrity, with a weak one, from elsewhere or of another package is named', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../package-lock.json'), 'utf8')
  const faultsWith = (change: (entry: Record<string, unknown>) => void): string => {
    const lock = JSON.parse(text) as Lock
    change(lock.packages['node_modules/commander']!)
    return faultsOf(lock).join('\n')
  }
  const { version } = (JSON.parse(text) as Lock).packages['node_modules/commander']!
  const right = `https://registry.npmjs.org/commander/-/commander-${String(version)}.tgz`
  assert.equal(
    faultsWith((entry) => (entry['resolved'] = right)),
    '',
  )
  for (const [change, fault] of [
    [(entry) => delete entry['integrity'], /commander: its integrity is undefined/u],
    [(entry) => (entry['integrity'] = 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='), /not the SHA-512/u],
    [(entry) => (entry['resolved'] = 'git+ssh://git@example.org/commander.git'), /comes from git/u],
    [(entry) => (entry['resolved'] = right.replace('https', 'http')), /comes from http:/u],
    [(entry) => (entry['resolved'] = right.replaceAll('commander', 'comander')), /comes from/u],
    [(entry) => (entry['link'] = true), /is a link to undefined/u],
    [(entry) => delete entry['version'], /its version is undefined/u],
  ] as [(entry: Record<string, unknown>) => void, RegExp][]) {
    assert.match(faultsWith(change), fault)
  }
})

test('the bill of materials of a package has what it depends on, and nothing that only development needs', () => {
  const whole = wholeBill()
  const materials = (name: string): string[] =>
    billOf(name, whole)
      .components.map((component) => component['bom-ref'].replace(/@[^@]*$/u, ''))
      .sort()
  assert.deepEqual(materials('@stalk/spack'), [])
  assert.deepEqual(materials('@stalk/core'), ['@stalk/spack'])
  assert.deepEqual(materials('@stalk/rpc'), ['@stalk/core', '@stalk/spack'])
  assert.deepEqual(materials('@stalk/cli'), ['@stalk/core', '@stalk/rpc', '@stalk/spack', 'commander'])
  assert.equal(billOf('@stalk/cli', whole).metadata.component['bom-ref'].startsWith('@stalk/cli@'), true)
})
