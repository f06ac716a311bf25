// What goes wrong, and how a script can tell.
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { createServer, connect as connectSocket, type AddressInfo, type Server, type Socket } from 'node:net'
import path from 'node:path'
import test, { after } from 'node:test'
import { Spack } from '@stalk/core'
import { run, type Finished } from './support/stalk-process.js'
import { host, startTalk } from './support/talk.js'

const { listen, listenHere, connect, talk, directory, server, serverDirectory, end } = await startTalk()
const servers: Server[] = []
after(async () => {
  for (const each of servers) each.close()
  await end()
})

/** A TCP server that does not speak stalk. */
async function foreignServer(onSocket: (socket: Socket) => void): Promise<number> {
  const foreign = createServer((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  servers.push(foreign)
  await new Promise<void>((resolve) => foreign.listen(0, host, resolve))
  return (foreign.address() as AddressInfo).port
}

function assertFailed({ code, stderr }: Finished, exitCode: number, error: string): void {
  const lines = stderr.split('\n').filter((line) => line.startsWith('stalk: '))
  assert.equal(code, exitCode, stderr)
  assert.equal(lines.length, 1, stderr)
  assert.match(lines[0] ?? '', new RegExp(`^stalk: \\P{Cc}* \\(${error}\\)$`, 'u'))
  assert.equal(stderr.includes('\n    at '), false)
}

test('nobody listens: CONNECT_FAILED, exit code 3', async () => {
  const port = await foreignServer(() => undefined)
  const closed = servers.pop()
  await new Promise((resolve) => closed?.close(resolve))
  assertFailed(await talk(port, [], ''), 3, 'CONNECT_FAILED')
})

test('the port is taken: LISTEN_FAILED, exit code 3', async () => {
  const port = await foreignServer(() => undefined)
  const args = ['listen', host, String(port), '--protocol', 'stalk/1', '--identity', serverDirectory]
  assertFailed(await run(args), 3, 'LISTEN_FAILED')
})

test('a server that does not speak stalk: exit code 3, whether it talks, hangs up or stays silent', async () => {
  const [talks, hangsUp, silent] = await Promise.all([
    foreignServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(1000))),
    foreignServer((socket) => socket.end()),
    foreignServer(() => undefined),
  ])
  assertFailed(await talk(talks, [], ''), 3, 'STALK1_PACKET_INVALID')
  assertFailed(await talk(hangsUp, [], ''), 3, 'HANDSHAKE_TRUNCATED')
  const started = performance.now()
  assertFailed(await talk(silent, ['--timeout', '0.2'], ''), 3, 'HANDSHAKE_TIMEOUT')
  assert.ok(performance.now() - started < 8000)
})

test('SIGINT while connecting ends with 130, and a second signal is not needed', async () => {
  let arrived: () => void
  const arrival = new Promise<void>((resolve) => (arrived = resolve))
  const connection = connect(
    await foreignServer(() => {
      arrived()
    }),
    [],
  )
  await arrival
  connection.child.kill('SIGINT')
  const { code, stderr } = await connection.finished()
  assert.deepEqual([code, stderr], [130, ''])
})

test('a listener that dies with our message unread: CONNECTION_LOST at once, exit code 5, though stdin is open', async () => {
  const listener = listen()
  const connection = connect(await listener.port(), ['--text'])
  await connection.seen('stderr', /^connected/u)
  await listener.seen('stderr', / connected, /u)
  listener.child.kill('SIGSTOP')
  connection.child.stdin.write('unread\n')
  await new Promise((resolve) => setTimeout(resolve, 300))
  listener.child.kill('SIGKILL')
  assertFailed(await connection.finished(), 5, 'CONNECTION_LOST')
})

test('a listener that dies before it replies: PEER_CLOSED with the line, exit code 5, though stdin is open', async () => {
  const listener = listen()
  const connection = connect(await listener.port(), ['--text', '--reply'])
  connection.child.stdin.write('one\n')
  await listener.seen('stdout', /one/u)
  listener.child.kill('SIGKILL')
  const result = await connection.finished()
  assertFailed(result, 5, 'PEER_CLOSED')
  assert.match(result.stderr, /before it replied to line 1 /u)
})

test('a peer that closes after its reply while lines wait: PEER_CLOSED, exit code 5', async () => {
  const { port } = await listenHere(async (connection) => {
    await connection.receive()
    connection.send(new Spack().string('enough'))
    await connection.flush()
  })
  const result = await talk(port, ['--text', '--reply'], 'one\ntwo\nthree\n')
  assert.equal(result.stdout, 'enough\n')
  assertFailed(result, 5, 'PEER_CLOSED')
})

test('a peer that closes while we wait for input: a note, exit code 0', async () => {
  const { port } = await listenHere(async (connection) => {
    await connection.receive()
    connection.send(new Spack().string('bye'))
    await connection.flush()
  })
  const connection = connect(port, ['--text', '--reply'])
  connection.child.stdin.write('one\n')
  const { code, stdout, stderr } = await connection.finished()
  assert.deepEqual([code, stdout], [0, 'bye\n'])
  assert.match(stderr, /^the peer closed the connection/mu)
})

test('both sides talking at once over stalk/1: exit code 5, and STALK1_OUT_OF_STEP on at least one of them', async () => {
  let serverError: string | undefined
  const { port } = await listenHere(async (connection) => {
    // goes on until something of the client crosses it
    const end = Date.now() + 10_000
    for (let count = 0; connection.error === null && Date.now() < end; count++) {
      connection.send(new Spack().integer(count))
      await new Promise(setImmediate)
    }
    await connection.closed
    serverError = connection.error?.code
  })
  const result = await talk(port, ['--text'], 'word\n'.repeat(200))
  const [, clientError] = /^stalk: [^\n]* \(([A-Z0-9_]+)\)$/mu.exec(result.stderr) ?? []
  assert.equal(result.code, 5, result.stderr)
  assert.ok([clientError, serverError].includes('STALK1_OUT_OF_STEP'), `${clientError ?? ''} ${serverError ?? ''}`)
})

const badLines: readonly (readonly [name: string, options: readonly string[], line: string, message: RegExp])[] = [
  ['is not JSON', [], '["string', /^stalk: line 3: this is not JSON \(--text sends lines as text\): /mu],
  [
    'has a wrong value',
    [],
    '[["byte",1],["byte",256]]',
    /line 3: element 1: byte: expected a whole number from 0 to 255/u,
  ],
  ['has an empty integer[], which stalk/1 cannot send', [], '[["integer[]",[]]]', /line 3: .*stalk\/1/u],
  ['is too large', [], `[["byte[]","${'00'.repeat(17 * 1024 * 1024)}"]]`, /line 3: /u],
]
test('a bad line: its number, INPUT_INVALID, exit code 7; the lines before it arrive, it and those after it do not', async () => {
  for (const [name, options, line, message] of badLines) {
    const received: unknown[] = []
    let isClosed: (() => void) | undefined
    const closed = new Promise<void>((resolve) => (isClosed = resolve))
    const { port } = await listenHere(async (connection) => {
      for await (const each of connection) received.push(each.values()[0])
      isClosed?.()
    })
    const result = await talk(port, options, `[["integer",1]]\n[["integer",2]]\n${line}\n[["integer",4]]\n`)
    assertFailed(result, 7, 'INPUT_INVALID')
    assert.match(result.stderr, message, name)
    await closed
    assert.deepEqual(received, [1, 2], name)
  }
})

test('a bad line while stdin stays open ends at once', async () => {
  const { port } = await listenHere(async (connection) => {
    for await (const message of connection) connection.send(message)
  })
  const connection = connect(port, [])
  connection.child.stdin.write('nonsense\n')
  assertFailed(await connection.finished(), 7, 'INPUT_INVALID')
})

test('no identity, an exposed key file, one of the wrong protocol: exit code 6', async () => {
  const exposed = path.join(directory, 'exposed')
  const stalk2 = path.join(directory, 'stalk2')
  await run(['keygen', '--protocol', 'stalk/1', '--out', exposed])
  await chmod(path.join(exposed, 'id_priv'), 0o644)
  await run(['keygen', '--out', stalk2])
  const options = ['--protocol', 'stalk/1', '--identity']
  assertFailed(await run(['listen', host, '0', ...options, exposed]), 6, 'IDENTITY_FILE_EXPOSED')
  assertFailed(await run(['listen', host, '0', ...options, stalk2]), 6, 'IDENTITY_PROTOCOL')
  assertFailed(await run(['connect', host, '1', ...options, exposed, '--unverified']), 6, 'IDENTITY_FILE_EXPOSED')
  await mkdir(path.join(directory, 'empty'))
  assertFailed(await run(['listen', host, '0', ...options, path.join(directory, 'empty')]), 6, 'IDENTITY_NOT_FOUND')
  const damaged = await talk(1, [], '', ['--server-identity', server.toString().slice(0, -8)])
  assertFailed(damaged, 6, 'IDENTITY_TEXT_INVALID')
  assertFailed(await talk(1, [], '', ['--server-identity', 'no-such-file']), 6, 'IDENTITY_NOT_FOUND')
})

test('a peer that fails its handshake costs a listener one short line, and the next one is served', async () => {
  const listener = listen()
  const port = await listener.port()
  const socket = connectSocket(Number(port), host, () => socket.end('\u001b[2J'.repeat(100)))
  socket.on('error', () => undefined)
  await listener.seen('stderr', /^127\.0\.0\.1:\d+ refused: \P{Cc}{1,300} \([A-Z0-9_]+\)\n/mu)
  assert.equal((await talk(port, ['--text'], 'still here\n')).code, 0)
  await listener.seen('stdout', /still here/u)
  assert.equal(listener.stderr.includes('\u001b'), false)
})

test('a reader that has enough ends connect quietly with 141 and a listener with 0', async () => {
  const { port } = await listenHere(async (connection) => {
    for await (const message of connection) connection.send(message)
  })
  const connection = connect(port, ['--text', '--reply'])
  connection.child.stdin.write('one\n')
  await connection.seen('stdout', /one/u)
  connection.child.stdout.destroy()
  connection.child.stdin.write('two\n')
  const { code, stderr } = await connection.finished()
  assert.deepEqual([code, stderr.includes('stalk: ')], [141, false])

  const listener = listen()
  const listening = await listener.port()
  listener.child.stdout.destroy()
  await talk(listening, ['--text'], 'hello\n')
  const ended = await listener.finished()
  assert.deepEqual([ended.code, ended.stderr.includes('stalk: ')], [0, false])
})

test('a second signal ends a process that cannot close', async () => {
  const stuck = await listenHere(() => new Promise(() => undefined))
  const connection = connect(stuck.port, ['--text'])
  await connection.seen('stderr', /^connected/u)
  connection.child.kill('SIGINT')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const started = performance.now()
  connection.child.kill('SIGINT')
  assert.equal((await connection.finished()).code, 130)
  assert.ok(performance.now() - started < 3000)
})

test('a private key is never printed', async () => {
  const printed = path.join(directory, 'printed')
  const environment = { STALK_DEBUG: '1' }
  const first = await run(['keygen', '--json', '--out', printed], { environment })
  const rest = await Promise.all([
    run(['id', printed], { environment }),
    run(['keygen', '--out', printed], { environment }),
  ])
  const [, key = ''] = (await readFile(path.join(printed, 'id_priv'), 'latin1')).split('\n')
  assert.equal(key.length, 64)
  for (const { stdout, stderr } of [first, ...rest]) {
    assert.equal(`${stdout}${stderr}`.includes(key.slice(24)), false)
    assert.doesNotMatch(`${stdout}${stderr}`, /PRIVATE KEY/u)
  }
})

test('input that is not UTF-8: INPUT_INVALID, exit code 7', async () => {
  const { port } = await listenHere((connection) => connection.closed)
  const connection = connect(port, ['--text'])
  connection.child.stdin.end(Buffer.from([0xff, 0x0a]))
  assertFailed(await connection.finished(), 7, 'INPUT_INVALID')
})
