// What only happens on a terminal.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { run } from './support/stalk-process.js'
import { terminalFor } from './support/terminal.js'

const home = await temporaryDirectory()
after(() => home.remove())

const onTerminal = terminalFor(home.path)

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

test('an encrypted identity is asked for on a terminal; in a pipe the command says where to put the passphrase', async () => {
  const directory = path.join(home.path, 'encrypted')
  const identity = await Identity.generate({ type: 'ed25519' })
  await identity.save(directory, { passphrase: 'open sesame' })
  await rm(path.join(directory, 'id_pub'))
  const shown = await onTerminal(['id', directory, '--only', 'fingerprint'], [['passphrase: ', 'open sesame\r']])
  assert.equal(shown.code, 0, shown.screen)
  assert.ok(shown.screen.includes(identity.fingerprint))
  assert.equal(shown.screen.includes('sesame'), false)
  const wrong = await onTerminal(['id', directory], [['passphrase: ', 'open barley\r']])
  assert.equal(wrong.code, 6, wrong.screen)
  const piped = await run(['id', directory])
  assert.equal(piped.code, 6)
  assert.match(piped.stderr, /set STALK_PASSPHRASE in the environment \(IDENTITY_PASSPHRASE\)\n$/u)
})

test('errors are coloured on a terminal, not with NO_COLOR', async () => {
  const coloured = await onTerminal(['nonsense'])
  assert.ok(coloured.screen.includes('\u001b[31mstalk:\u001b[39m'), JSON.stringify(coloured.screen))
  const plain = await onTerminal(['nonsense'], [], { NO_COLOR: '1' })
  assert.equal(plain.screen, "stalk: unknown command 'nonsense'; see stalk --help (USAGE)\r\n")
})
