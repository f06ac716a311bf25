// `stalk connect` as somebody at a terminal has it.
import assert from 'node:assert/strict'
import { readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity, listen, Spack, type Connection } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { screenOf } from './support/screen.js'
import { columns, terminalFor } from './support/terminal.js'

const home = await temporaryDirectory()
const onTerminal = terminalFor(home.path)
const history = path.join(home.path, '.stalk', 'history')
const identity = await Identity.generate({ type: 'ed25519' })
const received: unknown[] = []

/** Sends back what it gets; says something of its own when the test wants it. */
const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    for await (const message of connection) {
      const [text] = message.values()
      received.push(text)
      if (text === 'bye') return
      connection.send(message)
      current = connection
    }
  },
  { identity, allowAnonymous: true },
)
let current: Connection | null = null

after(async () => {
  await listener.close({ timeoutMs: 100 })
  await home.remove()
})

const connect = ['connect', '127.0.0.1', String(listener.port), '--anonymous', '--unverified']
/** What the editor has drawn when it waits for the beginning of a line. */
const prompt = '\u001b[0J> \u001b[3G'
const afterReply = (reply: string): string => `${reply}\r\n\u001b[1G${prompt}`

test('a line is sent when Enter is pressed, replies are printed, Ctrl-D ends our direction: exit code 0', async () => {
  received.length = 0
  const { code, screen } = await onTerminal(
    [...connect, '--text'],
    [
      // a key at a time, as fingers do
      [prompt, 'helo'],
      ['helo', '\u001b[D'],
      ['\u001b[1D', 'l'],
      [/hello\S*$/u, '\r'],
      [afterReply('hello'), 'second\r'],
      [afterReply('second'), '\u0004'],
    ],
  )
  assert.equal(code, 0, screen)
  assert.deepEqual(received, ['hello', 'second'])
  const shown = screenOf(screen, columns)
  assert.deepEqual(shown.slice(shown.indexOf('> hello')), ['> hello', 'hello', '> second', 'second', ''])
})

test('what arrives while a line is edited stands above it, and does not tear it though it is wider than the terminal', async () => {
  received.length = 0
  const half = 'half of a line which is wider than the terminal is, so that'
  const interrupt = (): string => {
    current?.send(new Spack().string('an interruption \u001b[2J which is wider, too, than the terminal'))
    return ''
  }
  const { code, screen } = await onTerminal(
    [...connect, '--text'],
    [
      [prompt, 'first\r'],
      // the editor itself notices that a line wraps when that is a single key
      [afterReply('first'), half.slice(0, columns - 3)],
      [half.slice(0, columns - 3), half.slice(columns - 3, columns - 2)],
      [/> half [^\r\n]*\[1G$/u, half.slice(columns - 2)],
      [/so that$/u, interrupt],
      [/so that\S{4,5}$/u, ' it wraps\r'],
      [afterReply('it wraps'), '\u0004'],
    ],
  )
  assert.equal(code, 0, screen)
  assert.deepEqual(received, ['first', `${half} it wraps`])
  const shown = screenOf(screen, columns)
  assert.deepEqual(shown.slice(shown.indexOf('first') + 1), [
    'an interruption \\u001b[2J which is wider',
    ', too, than the terminal',
    '> half of a line which is wider than the',
    ' terminal is, so that it wraps',
    'half of a line which is wider than the t',
    'erminal is, so that it wraps',
    '',
  ])
})

test('lines are kept for the next time in a file of our own; the arrow gets them back; a space hides a line', async () => {
  await rm(history, { force: true })
  const first = await onTerminal(
    [...connect, '--text'],
    [
      [prompt, 'remember me\r'],
      [afterReply('remember me'), ' forget me\r'],
      [afterReply(' forget me'), '\u0004'],
    ],
  )
  assert.equal(first.code, 0, first.screen)
  assert.equal(await readFile(history, 'utf8'), 'remember me\n')
  assert.equal((await stat(history)).mode & 0o777, 0o600)
  received.length = 0
  const second = await onTerminal(
    [...connect, '--text'],
    [
      [prompt, ' hidden\r'],
      [afterReply(' hidden'), '\u001b[A\r'],
      [afterReply('remember me'), '\u0004'],
    ],
  )
  assert.equal(second.code, 0, second.screen)
  assert.deepEqual(received, [' hidden', 'remember me'])
})

test('a line that is no message can be typed again', async () => {
  received.length = 0
  const { code, screen } = await onTerminal(connect, [
    [prompt, '[["integer","one"]]\r'],
    [/\(INPUT_INVALID\)\r\n[^\r\n]*> \S{4}$/u, '[["integer",1]]\r'],
    [afterReply('integer 1'), '\u0004'],
  ])
  assert.equal(code, 0, screen)
  assert.deepEqual(received, [1])
})

test('Ctrl-C ends it in the middle of a line: exit code 130, and the terminal is left clean', async () => {
  const { code, screen } = await onTerminal(
    [...connect, '--text'],
    [
      [prompt, 'never se'],
      ['never se', '\u0003'],
    ],
  )
  assert.equal(code, 130, screen)
  assert.equal(screenOf(screen, columns).at(-1), '')
  assert.equal(received.includes('never se'), false)
})

test('a peer that closes in the middle of a line is told of: exit code 0', async () => {
  const { code, screen } = await onTerminal([...connect, '--text'], [[prompt, 'bye\rmore']])
  assert.equal(code, 0, screen)
  assert.deepEqual(screenOf(screen, columns).slice(-2), ['the peer closed the connection', ''])
})
