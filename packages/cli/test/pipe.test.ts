// `stalk pipe` as real processes.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, open, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { fileSource } from '#src/pipe-files.js'
import { stalkProgram } from '#src/program.js'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const home = await temporaryDirectory()
const server = path.join(home.path, 'server')
const identity = await Identity.generate({ type: 'ed25519' })
await identity.save(server)
const payload = randomBytes(3_000_001)
const payloadFile = path.join(home.path, 'payload')
await writeFile(payloadFile, payload)

after(async () => {
  await endProcesses()
  await home.remove()
})

/** The side that listens; what it writes to the standard output is kept as latin1. */
function waiting(...options: readonly string[]): StalkProcess {
  const arguments_ = ['pipe', '--listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous', ...options]
  const process = new StalkProcess(arguments_)
  process.child.stdout.setEncoding('latin1')
  return process
}

function to(port: number | string, ...options: readonly string[]): string[] {
  return ['pipe', '127.0.0.1', String(port), '--anonymous', '--server-identity', identity.fingerprint, ...options]
}

async function emptyDirectory(name: string): Promise<string> {
  const directory = path.join(home.path, name)
  await mkdir(directory)
  return directory
}

test('bytes go both ways as they are, both sides end with 0, and nothing is drawn in a pipe', async () => {
  const listener = waiting()
  const port = await listener.port()
  listener.child.stdin.end(payload)
  const sent = await run(to(port), { input: 'from the other side\u0000\n' })
  const { code, stdout, stderr } = await listener.finished()
  assert.deepEqual([code, sent.code, stdout], [0, 0, 'from the other side\u0000\n'])
  assert.equal(stderr.includes('\r') || sent.stderr.includes('\r'), false)
  assert.match(stderr, /^to connect: stalk pipe 127\.0\.0\.1 \d+ --server-identity 'stalk\/2:/mu)
  assert.match(stderr, /^connected to 127\.0\.0\.1:\d+, fingerprint none: anonymous$/mu)
  assert.match(
    sent.stderr,
    new RegExp(`^connected to 127\\.0\\.0\\.1:${port}, fingerprint ${identity.fingerprint}\n$`, 'u'),
  )
})

test('--input and --output carry a file; --quiet prints nothing; the file that was there keeps its mode', async () => {
  const directory = await emptyDirectory('files')
  const target = path.join(directory, 'target')
  const link = path.join(directory, 'link')
  await writeFile(target, 'old')
  await chmod(target, 0o600)
  await symlink('target', link)
  const listener = waiting('--output', link, '--receive-only')
  const sent = await run(to(await listener.port(), '--input', payloadFile, '--send-only', '--quiet'))
  assert.deepEqual(sent, { code: 0, stdout: '', stderr: '' })
  assert.equal((await listener.finished()).code, 0)
  assert.ok(payload.equals(await readFile(target)))
  assert.equal((await stat(target)).mode & 0o777, 0o600)
  assert.deepEqual((await readdir(directory)).sort(), ['link', 'target'])
})

test('--output through a link to a file that is not there yet makes that file, and the link stays one', async () => {
  const directory = await emptyDirectory('dangling')
  await mkdir(path.join(directory, 'inner'))
  await symlink('inner', path.join(directory, 'folder'))
  await symlink('../target', path.join(directory, 'inner', 'link'))
  const listener = waiting('--output', path.join(directory, 'folder', 'link'), '--receive-only')
  const sent = await run(to(await listener.port(), '--input', payloadFile, '--send-only', '--quiet'))
  assert.deepEqual(sent, { code: 0, stdout: '', stderr: '' })
  assert.equal((await listener.finished()).code, 0)
  assert.ok(payload.equals(await readFile(path.join(directory, 'target'))))
  assert.deepEqual(await readdir(path.join(directory, 'inner')), ['link'])
})

test('a second signal, which ends the process at once, leaves no part of a file either', async () => {
  const directory = await emptyDirectory('signals')
  const listener = waiting('--output', path.join(directory, 'target'))
  listener.child.stdin.end()
  const sender = new StalkProcess(to(await listener.port()))
  // it ends when its peer does, whatever it has still to read
  sender.child.stdin.on('error', () => undefined)
  sender.child.stdin.write(payload)
  await allArrives(directory)
  listener.child.kill('SIGTERM')
  listener.child.kill('SIGINT')
  const { code } = await listener.finished()
  assert.ok(code === 143 || code === 130, `exit code ${code}`)
  assert.deepEqual(await readdir(directory), [])
  sender.child.kill('SIGKILL')
  await sender.finished()
})

test('a sender that is killed is exit code 5 on the other side, which keeps what was there and leaves no part of a file', async () => {
  const directory = await emptyDirectory('killed')
  const target = path.join(directory, 'target')
  await writeFile(target, 'old')
  const listener = waiting('--output', target)
  listener.child.stdin.end()
  const sender = new StalkProcess(to(await listener.port()))
  sender.child.stdin.write(payload)
  await allArrives(directory)
  sender.child.kill('SIGKILL')
  const { code, stderr } = await listener.finished()
  assert.equal(code, 5)
  assert.match(stderr, /\((?:CONNECTION_TRUNCATED|CONNECTION_LOST)\)\n$/u)
  assert.deepEqual(await readdir(directory), ['target'])
  assert.equal(await readFile(target, 'utf8'), 'old')
})

/** Until the whole payload is in the part of a file. */
async function allArrives(directory: string): Promise<void> {
  for (let waits = 0; (await partSize(directory)) < payload.length; waits += 1) {
    assert.ok(waits < 1000, 'the bytes arrive')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function partSize(directory: string): Promise<number> {
  const part = (await readdir(directory)).find((name) => name.endsWith('.part'))
  return part === undefined ? 0 : (await stat(path.join(directory, part))).size
}

test('SIGINT on one side is 130 there and 5 on the other, which hears of it', async () => {
  const directory = await emptyDirectory('stopped')
  const listener = waiting('--output', path.join(directory, 'target'))
  listener.child.stdin.end()
  const sender = new StalkProcess(to(await listener.port()))
  await listener.seen('stderr', /^connected/mu)
  await sender.seen('stderr', /^connected/mu)
  sender.child.kill('SIGINT')
  assert.equal((await sender.finished()).code, 130)
  const { code, stderr } = await listener.finished()
  assert.equal(code, 5)
  assert.match(stderr, /"STOPPED" \(CLOSED_BY_PEER\)\n$/u)
  assert.deepEqual(await readdir(directory), [])
})

test('a reader that does not read stops the sender, and gets everything when it goes on', async () => {
  const listener = waiting()
  listener.child.stdin.end()
  listener.child.stdout.pause()
  const sender = new StalkProcess(to(await listener.port()))
  const hash = createHash('sha256')
  const block = Buffer.alloc(256 * 1024, 'stalk')
  let accepted = 0
  let isStopped = false
  while (!isStopped) {
    accepted += 1
    if (!sender.child.stdin.write(block)) isStopped = await isTrueFor(500, once(sender.child.stdin, 'drain'))
    assert.ok(accepted < 400, 'at 100 MiB it has to be stopped')
  }
  sender.child.stdin.end()
  listener.child.stdout.removeAllListeners('data').on('data', (text: string) => hash.update(text, 'latin1'))
  listener.child.stdout.resume()
  assert.deepEqual([(await sender.finished()).code, (await listener.finished()).code], [0, 0])
  const expected = createHash('sha256')
  for (let count = 0; count < accepted; count += 1) expected.update(block)
  assert.equal(hash.digest('hex'), expected.digest('hex'))
})

test('a file that becomes shorter while it is sent is 7 on its side and 5 on the other, never a short file', async () => {
  const file = path.join(home.path, 'shrinking')
  await writeFile(file, '')
  await truncate(file, 300 * 1024 * 1024)
  const listener = waiting()
  listener.child.stdin.end()
  // without a reader the sender has to stop long before the end
  listener.child.stdout.pause()
  const sender = new StalkProcess(to(await listener.port(), '--input', file, '--send-only'))
  await sender.seen('stderr', /^connected/mu)
  await truncate(file, 1024)
  listener.child.stdout.removeAllListeners('data').resume()
  const { code, stderr } = await sender.finished()
  assert.equal(code, 7)
  assert.match(
    stderr,
    /cannot read .*shrinking: it became shorter while it was sent: \d+ bytes were left of 314572800 /u,
  )
  const there = await listener.finished()
  assert.equal(there.code, 5)
  assert.match(there.stderr, /"INPUT_UNREADABLE" \(CLOSED_BY_PEER\)\n$/u)
})

test('the standard input is held to that, too, where it is a file, and may have been read before', async () => {
  const file = path.join(home.path, 'redirected')
  await writeFile(file, '')
  await truncate(file, 300 * 1024 * 1024)
  const listener = waiting()
  listener.child.stdin.end()
  listener.child.stdout.pause()
  const handle = await open(file)
  const sender = new StalkProcess(to(await listener.port(), '--send-only'), {}, handle.fd)
  await sender.seen('stderr', /^connected/mu)
  await truncate(file, 1024)
  listener.child.stdout.removeAllListeners('data').resume()
  const { code, stderr } = await sender.finished()
  await handle.close()
  assert.equal(code, 7)
  assert.match(stderr, /the standard input: it became shorter while it was sent: it has 1024 bytes of 314572800 /u)
  assert.equal((await listener.finished()).code, 5)

  const whole = waiting()
  whole.child.stdin.end()
  const rest = await open(payloadFile)
  await rest.read(Buffer.alloc(1000))
  const sent = new StalkProcess(to(await whole.port(), '--send-only'), {}, rest.fd)
  assert.equal((await sent.finished()).code, 0)
  await rest.close()
  const { code: end, stdout } = await whole.finished()
  assert.deepEqual([end, stdout === payload.subarray(1000).toString('latin1')], [0, true])
})

test('a file that grows, or that the kernel makes up, is sent as far as it can be read', async () => {
  const file = path.join(home.path, 'growing')
  await writeFile(file, 'one')
  const read = async (name: string, meanwhile: () => Promise<void>): Promise<string> => {
    const { chunks } = await fileSource(name)
    await meanwhile()
    let text = ''
    for await (const chunk of chunks) text += Buffer.from(chunk).toString()
    return text
  }
  assert.equal(await read(file, () => appendFile(file, ' two')), 'one two')
  await assert.rejects(
    read(file, () => truncate(file, 3)),
    { code: 'INPUT_UNREADABLE', message: /3 bytes were left of 7/u },
  )
  // these say that they have a page, or nothing
  for (const name of ['/sys/kernel/mm/transparent_hugepage/enabled', '/proc/self/status']) {
    if (existsSync(name)) assert.ok((await read(name, () => Promise.resolve())).length > 0)
  }
})

/** Whether something does not happen for so long. */
async function isTrueFor(milliseconds: number, event: Promise<unknown>): Promise<boolean> {
  const late = new Promise((resolve) => setTimeout(resolve, milliseconds, 'late'))
  return (await Promise.race([event, late])) === 'late'
}

test('what cannot be is said before anybody connects', async () => {
  const cases: readonly (readonly [options: readonly string[], exitCode: number, message: RegExp])[] = [
    [['--input', '/nonexistent'], 7, /cannot read \/nonexistent: /u],
    [['--input', home.path], 7, /is a directory/u],
    [['--output', '/nonexistent/file'], 1, /cannot write \/nonexistent\/file: /u],
    [['--output', '/dev/null'], 2, /no regular file: redirect the output/u],
    [['--authorized-peers', 'x'], 2, /--authorized-peers is for --listen/u],
    [['--allow-anonymous'], 2, /--allow-anonymous is for --listen/u],
    [['--listen'], 2, /'-l, --listen' cannot be used with option '--(?:server-identity|anonymous)/u],
    [['--send-only', '--receive-only'], 2, /cannot be used with/u],
  ]
  for (const [options, exitCode, message] of cases) {
    await assert.rejects(stalkProgram().parseAsync(to(1, ...options), { from: 'user' }), { exitCode, message })
  }
  await assert.rejects(stalkProgram().parseAsync(to(0), { from: 'user' }), { exitCode: 2, message: /port 0/u })
})
