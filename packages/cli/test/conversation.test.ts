// listen and connect as two processes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { Spack } from '@stalk/core'
import { encodeMessage } from '#src/message-json.js'
import { run, stalkCommand, type StalkProcess } from './support/stalk-process.js'
import { host, startTalk } from './support/talk.js'

const { listen, listenHere, connect, talk, server, client, serverDirectory, clientDirectory, end } = await startTalk()
let plain: StalkProcess
let echo: StalkProcess
before(async () => {
  plain = listen()
  echo = listen('--json', '--echo')
  await Promise.all([plain.port(), echo.port()])
})
after(end)

/** One message of every type, with the values that JSON cannot say. */
const everything = encodeMessage(
  new Spack()
    .integer(-5)
    .integer(2n ** 100n)
    .float32(0.1)
    .float64(Math.PI)
    .float64(NaN)
    .byte(255)
    .string('héllo\n\u001b[31m"\\')
    .integers([1, -(2n ** 70n)])
    .float32s([1.5, -Infinity])
    .float64s([-0, 5e-324])
    .bytes(new Uint8Array([0, 1, 255]))
    .bytes(new Uint8Array()),
)

test('listen says on stderr where it listens, who it is, and a command that connects to it', async () => {
  const port = await plain.port()
  await plain.seen('stderr', /^to connect: .*\n/mu)
  const [listening, fingerprint, command] = plain.stderr.split('\n')
  assert.equal(listening, `listening on ${host}:${port} (stalk/1)`)
  assert.equal(fingerprint, `fingerprint ${server.fingerprint}`)
  assert.equal(
    command,
    `to connect: stalk connect ${host} ${port} --protocol stalk/1 --text --server-identity '${server.toString()}'`,
  )
})

test('the command that listen prints works in a shell', async () => {
  await plain.seen('stderr', /^to connect: .*\n/mu)
  const [, words = ''] = await plain.seen('stderr', /^to connect: stalk (.*)\n/mu)
  const stalk = stalkCommand.map((word) => `'${word}'`).join(' ')
  const line = `echo 'from the shell' | ${stalk} ${words}`
  const shell = spawn('sh', ['-c', line], { env: { ...process.env, STALK_HOME: clientDirectory }, stdio: 'ignore' })
  const [code] = (await once(shell, 'close')) as [number]
  assert.equal(code, 0)
  await plain.seen('stdout', /^127\.0\.0\.1:\d+ string "from the shell"$/mu)
})

test('the right pin, as text, id_pub file or directory: each line arrives as a message, exit code 0', async () => {
  const port = await plain.port()
  const pins = [
    server.toString(),
    `identity     ${server.toString()}`,
    path.join(serverDirectory, 'id_pub'),
    serverDirectory,
  ]
  for (const [index, pin] of pins.entries()) {
    const input = `[["integer",${1000 + index}]]\n\n  \n[["string","second"],["byte[]","0a0b"]]`
    const { code, stdout, stderr } = await talk(port, [], input, ['--server-identity', pin])
    assert.deepEqual([code, stdout], [0, ''])
    assert.equal(stderr, `connected to ${host}:${port} (stalk/1), fingerprint ${server.fingerprint}\n`)
    const pattern = `^(127\\.0\\.0\\.1:\\d+) integer ${1000 + index}\n\\1 string "second", byte\\[2\\] 0a0b\n`
    const [, peer = ''] = await plain.seen('stdout', new RegExp(pattern, 'mu'))
    await plain.seen(
      'stderr',
      new RegExp(`^${peer} connected, fingerprint ${client.fingerprint}\n[^]*^${peer} closed\n`, 'mu'),
    )
  }
})

test('the wrong pin: PIN_MISMATCH with both fingerprints, exit code 4, nothing is sent', async () => {
  const result = await talk(await plain.port(), [], '[["string","never"]]', ['--server-identity', client.toString()])
  assert.deepEqual([result.code, result.stdout], [4, ''])
  assert.match(result.stderr, /^stalk: [^\n]* \(PIN_MISMATCH\)\n$/u)
  assert.ok(result.stderr.includes(server.fingerprint) && result.stderr.includes(client.fingerprint))
  await plain.seen('stderr', /^127\.0\.0\.1:\d+ refused: [^\n]* \(HANDSHAKE_TRUNCATED\)\n/mu)
  assert.equal(plain.stdout.includes('never'), false)
})

test('without a pin --unverified connects and says that nobody was verified', async () => {
  const { code, stderr } = await talk(await plain.port(), [], '', ['--unverified'])
  assert.equal(code, 0)
  assert.match(stderr, /^not verified: whoever answers there may be anybody$/mu)
})

test('every element type passes through JSON both ways, and the output of --json is input', async () => {
  const port = await echo.port()
  const input = `${everything}\n[]\n`
  const { code, stdout } = await talk(port, ['--json', '--reply'], input)
  assert.deepEqual([code, stdout], [0, input])
  assert.equal(echo.stdout, input)
  const again = await talk(port, ['--json', '--reply'], echo.stdout)
  assert.deepEqual([again.code, again.stdout], [0, input])
})

test('without --json a reply is one line for people, with nothing in it that a terminal obeys', async () => {
  const { stdout } = await talk(await echo.port(), ['--reply'], `${everything}\n`)
  assert.match(stdout, /^integer -5, integer 1267650600228229401496703205376, \P{Cc}*\n$/u)
})

test('--text --reply in a pipe gives back each line, empty ones too, with control characters escaped', async () => {
  const { code, stdout } = await talk(
    await echo.port(),
    ['--text', '--reply'],
    'one\n\ntwo "2"\r\nred \u001b[31m\nlast',
  )
  assert.deepEqual([code, stdout], [0, 'one\n\ntwo "2"\nred \\u001b[31m\nlast\n'])
})

test('--text takes a reply that is not one string as any other message', async () => {
  const { port } = await listenHere(async (connection) => {
    await connection.receive()
    connection.send(new Spack().string('a').integer(1))
    await connection.flush()
  })
  const { stdout } = await talk(port, ['--text', '--reply'], 'x\n')
  assert.equal(stdout, 'string "a", integer 1\n')
})

test('what the peer says after the end of the input is printed, until it closes', async () => {
  const { port } = await listenHere(async (connection) => {
    let sum = 0
    for await (const message of connection) sum += Number(message.values()[0])
    connection.send(new Spack().string('sum').integer(sum))
    await connection.flush()
  })
  const { code, stdout } = await talk(port, ['--json'], '[["integer",1]]\n[["integer",41]]\n')
  assert.deepEqual([code, stdout], [0, '[["string","sum"],["integer",42]]\n'])
})

test('a reply is printed while the input is still open, and several take turns', async () => {
  const connection = connect(await echo.port(), ['--text'])
  for (const word of ['first', 'second', 'third']) {
    connection.child.stdin.write(`${word}\n`)
    await connection.seen('stdout', new RegExp(`^${word}\n`, 'mu'))
  }
  connection.child.stdin.end()
  assert.equal((await connection.finished()).code, 0)
})

test('many messages in one go all arrive in their order', async () => {
  const numbers: unknown[] = []
  const { port } = await listenHere(async (connection) => {
    for await (const message of connection) numbers.push(message.values()[0])
  })
  const lines = Array.from({ length: 5000 }, (_, index) => `[["integer",${index}],["byte[]","${'00'.repeat(200)}"]]\n`)
  const { code } = await talk(port, [], lines.join(''))
  assert.equal(code, 0)
  assert.deepEqual(numbers, Array.from(lines.keys()))
})

test('neither side writes an escape sequence when it is not on a terminal', async () => {
  const { stdout, stderr } = await run(['connect', host, '1', '--protocol', 'stalk/1', '--unverified'])
  for (const text of [stdout, stderr, plain.stdout, plain.stderr, echo.stdout, echo.stderr]) {
    assert.equal(text.includes('\u001b'), false)
  }
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a listener in an orderly way: its peer sees a close, exit code 0`, async () => {
    const listener = listen()
    const connection = connect(await listener.port(), ['--text'])
    connection.child.stdin.write('hello\n')
    await listener.seen('stdout', /hello/u)
    listener.child.kill(signal)
    const { code, stderr } = await listener.finished()
    assert.equal(code, 0)
    assert.equal(stderr.includes('stalk: '), false)
    const peer = await connection.finished()
    assert.equal(peer.code, 0)
    assert.match(peer.stderr, /^the peer closed the connection \(over stalk\/1 this cannot be told from a crash\)$/mu)
  })
}

test('SIGINT ends connect in an orderly way: what was sent arrives, the peer sees a close, exit code 130', async () => {
  const connection = connect(await plain.port(), ['--text'])
  await connection.seen('stderr', /^connected/u)
  connection.child.stdin.write('before the signal\n')
  const [, peer = ''] = await plain.seen('stdout', /^(\S+) string "before the signal"$/mu)
  connection.child.kill('SIGINT')
  const { code, stderr } = await connection.finished()
  assert.equal(code, 130)
  assert.equal(stderr.split('\n').length, 2)
  await plain.seen('stderr', new RegExp(`^${peer} closed$`, 'mu'))
})
