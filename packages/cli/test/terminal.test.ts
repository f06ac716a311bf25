// What only happens on a terminal: `script` of util-linux makes one.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { stalkCommand } from './support/stalk-process.js'

// a path, because knip takes a bare name for a dependency
const scriptProgram = '/usr/bin/script'
const probe = spawnSync(scriptProgram, ['--version'], { encoding: 'utf8' })
assert.ok(probe.error === undefined && probe.stdout.includes('util-linux'), 'these tests need `script` of util-linux')
const home = await temporaryDirectory()
after(() => home.remove())

/** Runs a command on a terminal; each answer is typed when its question is there. */
async function onTerminal(
  args: readonly string[],
  dialogue: readonly (readonly [question: string, answer: string])[] = [],
  environment: Record<string, string> = {},
): Promise<{ code: number; screen: string }> {
  const command = [...stalkCommand, ...args].map((word) => `'${word}'`).join(' ')
  const env = {
    ...process.env,
    HOME: home.path,
    STALK_PASSPHRASE: '',
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    STALK_HOME: '',
    ...environment,
  }
  const terminal = spawn(scriptProgram, ['-qec', command, '/dev/null'], { env, timeout: 30_000 })
  let screen = ''
  let asked = 0
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const [question, answer] = dialogue[asked] ?? []
    if (question === undefined || !screen.endsWith(question)) return
    asked++
    terminal.stdin.write(answer ?? '')
  })
  const [code] = (await once(terminal, 'close')) as [number]
  return { code, screen }
}

test('keygen --passphrase asks twice, shows nothing of what is typed, and encrypts the key', async () => {
  const directory = path.join(home.path, 'asked')
  const { code, screen } = await onTerminal(
    ['keygen', '--passphrase', '--out', directory],
    [
      ['passphrase: ', 'tr0ub4dor\r'],
      ['the same again: ', 'tr0ub4dor\r'],
    ],
  )
  assert.equal(code, 0, screen)
  assert.equal(screen.includes('tr0ub'), false)
  await assert.rejects(Identity.load(directory), { code: 'IDENTITY_PASSPHRASE' })
  await Identity.load(directory, { passphrase: 'tr0ub4dor' })
})

const given: readonly (readonly [what: string, answers: readonly string[], exitCode: number, screen: RegExp])[] = [
  ['two different ones', ['one\r', 'two\r'], 2, /the two passphrases differ: nothing was written/u],
  ['an empty one', ['\r'], 2, /an empty passphrase protects nothing/u],
  ['the end of the input', ['\u0004'], 2, /no passphrase was entered/u],
  ['Ctrl-C', ['\u0003'], 130, /^passphrase: \s*$/u],
]
for (const [what, answers, exitCode, pattern] of given) {
  test(`keygen --passphrase takes ${what} as no passphrase and writes nothing: exit code ${exitCode}`, async () => {
    const directory = path.join(home.path, 'refused')
    const questions = ['passphrase: ', 'the same again: ']
    const dialogue = answers.map((answer, index) => [questions[index] ?? '', answer] as const)
    const { code, screen } = await onTerminal(['keygen', '--passphrase', '--out', directory], dialogue)
    assert.equal(code, exitCode, screen)
    assert.match(screen, pattern)
    await assert.rejects(Identity.load(directory), { code: 'IDENTITY_NOT_FOUND' })
  })
}

test('errors are coloured on a terminal, not with NO_COLOR', async () => {
  const coloured = await onTerminal(['nonsense'])
  assert.ok(coloured.screen.includes('\u001b[31mstalk:\u001b[39m'), JSON.stringify(coloured.screen))
  const plain = await onTerminal(['nonsense'], [], { NO_COLOR: '1' })
  assert.equal(plain.screen, "stalk: unknown command 'nonsense'; see stalk --help (USAGE)\r\n")
})
