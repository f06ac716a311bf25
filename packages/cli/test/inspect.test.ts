// `stalk inspect` as a user has it: two processes talk through a line that is recorded, the key log is a file.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { after, test } from 'node:test'
import { connect as connectStalk, Identity } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const { path: directory, remove } = await temporaryDirectory()
const server = path.join(directory, 'server')
const keyLog = path.join(directory, 'keys.log')
const capture = path.join(directory, 'capture')
await run(['keygen', '--out', server])

after(async () => {
  await endProcesses()
  await remove()
})

/** Passes one connection on to a port and writes down what goes by. */
async function recordTo(port: number): Promise<{ port: string; recorded: Promise<string> }> {
  const lines: string[] = []
  const line = createServer({ allowHalfOpen: true })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  const recorded = once(line, 'connection').then(async ([client]) => {
    line.close()
    const left = client as ReturnType<typeof connect>
    const right = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const [from, to, sender] of [
      [left, right, 'initiator'],
      [right, left, 'responder'],
    ] as const) {
      from.on('data', (chunk: Buffer) => lines.push(JSON.stringify({ from: sender, hex: chunk.toString('hex') })))
      from.pipe(to)
      from.on('error', () => to.destroy())
    }
    // a reset is an end like others here
    await Promise.all([left, right].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    return lines.join('\n')
  })
  return { port: String((line.address() as AddressInfo).port), recorded }
}

const listener = new StalkProcess(['listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous', '--echo'])
const line = await recordTo(Number(await listener.port()))
const talk = ['connect', '127.0.0.1', line.port, '--text', '--reply', '--anonymous', '--server-identity', server]
const talked = await run(talk, { input: 'over the wire\n', environment: { STALKKEYLOG: keyLog } })
await writeFile(capture, await line.recorded)

test('a recorded connection is printed with its messages', async () => {
  assert.equal(talked.code, 0)
  const { code, stdout, stderr } = await run(['inspect', capture, '--key-log', keyLog])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^> preamble \(14 bytes at 0\)\n {4}flags +0\n {4}suites +0001 0002\n> A \(34 bytes at 14\)/u)
  assert.match(stdout, /\n> C .*\n(?: {4}.*\n)*? {4}identity +none: anonymous\n/u)
  assert.match(stdout, /\n> record 0 DATA .*\n {4}frame +channel 0, 16 bytes, fin\n {4}message +.*over the wire/u)
  assert.match(stdout, /\n< record 1 DATA .*\n(?: {4}.*\n)* {4}message +.*over the wire/u)
  assert.match(stdout, /\n> record \d DATA .*\n {4}frame +channel 2, 1 bytes, fin\n {4}DONE/u)
  assert.match(stdout, /> record 2 CLOSE .*\n {4}code +0/u)
})

test('with --json every part is a line; the key log may come from the environment, the capture from the standard input', async () => {
  const { code, stdout } = await run(['inspect', '-', '--json'], {
    input: await readFile(capture, 'utf8'),
    environment: { STALKKEYLOG: keyLog },
  })
  assert.equal(code, 0)
  const parts = stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as { from: string; name: string; details: [string, unknown][] })
  const data = parts.find(({ from, name }) => from === 'initiator' && name === 'record 0 DATA')
  assert.deepEqual(new Map(data?.details).get('message'), [['string', 'over the wire']])
})

test('without a key log lengths are printed, and what is missing is said', async () => {
  const { code, stdout, stderr } = await run(['inspect', capture])
  assert.equal(code, 0)
  assert.match(stderr, /no key log: --key-log or STALKKEYLOG/u)
  assert.match(stdout, /> record 0 \(\d+ bytes at \d+\)\n {4}encrypted bytes +\d+/u)
  assert.doesNotMatch(stdout, /over the wire/u)
})

test('what is missing, damaged or no capture ends with 7 and says where', async () => {
  const missing = await run(['inspect', path.join(directory, 'nothing')])
  assert.deepEqual([missing.code, missing.stderr.includes('INPUT_UNREADABLE')], [7, true])
  const none = await run(['inspect', '-'], { input: 'hello\n' })
  assert.deepEqual([none.code, /line 1 of the capture.*CAPTURE_INVALID/u.test(none.stderr)], [7, true])
  const wrongLog = await run(['inspect', capture, '--key-log', capture])
  assert.deepEqual([wrongLog.code, wrongLog.stderr.includes('KEY_LOG_INVALID')], [7, true])
  const cut = (await readFile(capture, 'utf8'))
    .split('\n')
    .slice(0, 1)
    .join('\n')
    .replace(/..."\}$/u, '0"}')
  const truncated = await run(['inspect', '-', '--key-log', keyLog], { input: cut })
  assert.equal(truncated.code, 7)
  assert.match(truncated.stderr, /initiator, at byte 14: .*CAPTURE_TRUNCATED/u)
})

test('what a peer says is escaped, as text and as JSON, before a terminal gets it', async () => {
  const hostile = await recordTo(Number(await listener.port()))
  const log = path.join(directory, 'hostile.log')
  process.env['STALKKEYLOG'] = log
  const options = { anonymous: true, serverIdentity: await Identity.loadPublic(server) } as const
  const connection = await connectStalk('127.0.0.1', Number(hostile.port), options)
  delete process.env['STALKKEYLOG']
  await connection.close({ code: 0x4001, reason: 'A\u009b31mRED\u202eB\u007f\u001b[2J' })
  const file = path.join(directory, 'hostile')
  await writeFile(file, await hostile.recorded)
  for (const format of [[], ['--json']]) {
    const { code, stdout } = await run(['inspect', file, '--key-log', log, ...format])
    assert.equal(code, 0)
    assert.match(stdout, /A\\u009b31mRED\\u202eB\\u007f\\u001b\[2J/u)
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
  }
})

test('a key log of another connection is named as such', async () => {
  const { code, stderr } = await run(['inspect', capture, '--key-log', path.join(directory, 'hostile.log')])
  assert.equal(code, 0)
  assert.match(stderr, /hostile\.log has no secrets of this connection/u)
})
