// Nothing makes a side that speaks stalk/2 speak stalk/1: the sources have one place where stalk/1 begins, and it asks for the name.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const source = path.resolve(import.meta.dirname, '../packages/core/src')
const files = new Map(
  readdirSync(source, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.replaceAll('\\', '/'), readFileSync(path.join(source, name), 'utf8')]),
)

function filesWith(pattern: RegExp): string[] {
  return [...files].filter(([, text]) => pattern.test(text)).map(([name]) => name)
}

/** All that a file imports, and what that imports, and so on. */
function reachedFrom(name: string, reached = new Set<string>()): Set<string> {
  if (reached.has(name)) return reached
  reached.add(name)
  const imports = files.get(name)!.matchAll(/(?:from|import) '(\.[^']+)\.js'/gu)
  for (const [, relative = ''] of imports) {
    reachedFrom(path.posix.join(path.posix.dirname(name), `${relative}.ts`), reached)
  }
  return reached
}

test('a session of stalk/2 reaches nothing of stalk/1, nor the other way round', () => {
  const modern = [...reachedFrom('session/stalk2-session.ts')]
  assert.ok(modern.includes('stalk2/initiator.ts') && modern.includes('session/responder-steps.ts'))
  assert.deepEqual(
    modern.filter((name) => name.includes('stalk1')),
    [],
  )
  const old = [...reachedFrom('session/stalk1-session.ts')]
  assert.ok(old.includes('stalk1/handshake.ts'))
  assert.deepEqual(
    old.filter((name) => name.includes('stalk2')),
    [],
  )
})

test('stalk/1 begins in one file, only where its name was asked for, and every connection gets one session', () => {
  assert.deepEqual(filesWith(/stalk1-session\.js/u), ['net/fresh-session.ts'])
  const lines = files.get('net/fresh-session.ts')!.split('\n')
  const starts = lines.flatMap((line, index) => (line.includes('Stalk1Session.') ? [index] : []))
  assert.equal(starts.length, 2)
  for (const start of starts) {
    const around = lines.slice(start - 2, start + 1).join('\n')
    assert.match(around, /if \(protocol === 'stalk\/1'\)/u)
  }
  // the protocol of a session is that of the settings, which nobody changes
  assert.equal(lines.filter((line) => line.includes('protocol') && line.includes('= settings')).length, 2)
  for (const make of [/initiatorSession\(/gu, /responderSession\(/gu]) {
    const calls = [...files].flatMap(([name, text]) => Array.from(text.matchAll(make), () => name))
    assert.deepEqual(calls.filter((name) => name !== 'net/fresh-session.ts').length, 1)
  }
})

test('nothing that connects or listens gives a protocol the value stalk/1, but for the session that is stalk/1', () => {
  const given = filesWith(/protocol\s*(?::|=|\?\?=?|\|\|=?)\s*'stalk\/1'(?! \|)/u)
  // identity/ says in a message how an identity of stalk/1 is made
  assert.deepEqual(
    given.filter((name) => !name.startsWith('identity/')),
    ['session/stalk1-session.ts'],
  )
})

test('negative control: a fallback that is planted is found', () => {
  files.set('net/planted.ts', "import { x } from '../session/stalk1-session.js'\nconst protocol = 'stalk/1'\n")
  assert.deepEqual(filesWith(/stalk1-session\.js/u), ['net/fresh-session.ts', 'net/planted.ts'])
  assert.ok(reachedFrom('net/planted.ts').has('stalk1/handshake.ts'))
  assert.ok(filesWith(/protocol\s*=\s*'stalk\/1'/u).includes('net/planted.ts'))
  files.delete('net/planted.ts')
})
