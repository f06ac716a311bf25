// What only happens on a terminal.
import assert from 'node:assert/strict'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
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

test('errors are coloured on a terminal, not with NO_COLOR', async () => {
  const coloured = await onTerminal(['nonsense'])
  assert.ok(coloured.screen.includes('\u001b[31mstalk:\u001b[39m'), JSON.stringify(coloured.screen))
  const plain = await onTerminal(['nonsense'], [], { NO_COLOR: '1' })
  assert.equal(plain.screen, "stalk: unknown command 'nonsense'; see stalk --help (USAGE)\r\n")
})
