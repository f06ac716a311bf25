// Trust on first use, as a user has it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, test } from 'node:test'
import { Identity } from '@stalk/core'
import { stalkProgram } from '#src/program.js'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, stalkCommand, StalkProcess } from './support/stalk-process.js'
import { terminalFor } from './support/terminal.js'

const home = await temporaryDirectory()
const server = path.join(home.path, 'server')
const client = path.join(home.path, '.stalk')
const file = path.join(client, 'known_peers')
for (const directory of [server, client]) await (await Identity.generate({ type: 'ed25519' })).save(directory)
const { fingerprint } = await Identity.load(server)
const listener = new StalkProcess(['listen', '127.0.0.1', '0', '--identity', server, '--echo'])
const port = await listener.port()
const address = `127.0.0.1:${port}`
const environment = { STALK_HOME: client }
const onTerminal = terminalFor(home.path)

after(async () => {
  await endProcesses()
  await home.remove()
})

function talk(...options: readonly string[]): ReturnType<typeof run> {
  return run(['connect', '127.0.0.1', port, '--text', '--reply', ...options], { input: 'hi\n', environment })
}

test('a server that was never seen is refused in a pipe: PEER_UNKNOWN with its fingerprint, exit code 4', async () => {
  for (const options of [[], ['--trust', 'strict']]) {
    const { code, stdout, stderr } = await talk(...options)
    assert.deepEqual([code, stdout], [4, ''])
    assert.ok(stderr.includes(fingerprint) && stderr.includes('stalk trust add'), stderr)
    assert.match(stderr, /\(PEER_UNKNOWN\)\n$/u)
  }
  const { code, stderr } = await talk('--trust', 'ask')
  assert.equal(code, 2)
  assert.match(stderr, /--trust ask needs a terminal to ask on/u)
})

test('the command that PEER_UNKNOWN prints adds the server, however long it is, to a list whose name has blanks and quotes', async () => {
  const large = path.join(home.path, 'large')
  await (await Identity.generate({ type: 'rsa', bits: 3072 })).save(large)
  const stalk = new StalkProcess(['listen', '127.0.0.1', '0', '--identity', large, '--echo'])
  const at = await stalk.port()
  const list = path.join(home.path, `bob's own ${'long '.repeat(40)}list`)
  const connect = ['connect', '127.0.0.1', at, '--text', '--reply', '--known-peers', list]
  const unknown = await run(connect, { input: 'hi\n', environment })
  const [, command = ''] = /run `stalk (.*)` \(PEER_UNKNOWN\)\n$/u.exec(unknown.stderr) ?? []
  const [program, ...before] = stalkCommand.map((word) => `'${word}'`)
  const added = spawnSync('sh', ['-c', [program, ...before, command].join(' ')], { encoding: 'utf8' })
  assert.match(added.stderr, /is known from now on\n$/u, unknown.stderr)
  assert.deepEqual((await run(connect, { input: 'hi\n', environment })).stdout, 'hi\n')
})

test('trust add, list and remove keep the list; connect goes by it; what is not there cannot be removed, exit code 4', async () => {
  const text = (await Identity.load(server)).toString()
  const empty = await run(['trust', 'list'], { environment })
  assert.deepEqual([empty.code, empty.stdout], [0, ''])
  assert.match(empty.stderr, /^no server is known yet: .*stalk trust add/u)
  const short = await run(['trust', 'add', '127.0.0.1', port, fingerprint], { environment })
  assert.equal(short.code, 2)
  assert.match(short.stderr, /a fingerprint is not enough/u)
  const added = await run(['trust', 'add', '127.0.0.1', port, text], { environment })
  assert.deepEqual([added.code, added.stderr], [0, `${address} ${fingerprint} is known from now on\n`])
  const again = await run(['trust', 'add', '127.0.0.1', port, path.join(server, 'id_pub')], { environment })
  assert.match(again.stderr, /was known already/u)
  assert.deepEqual(await talk(), { ...(await talk()), code: 0, stdout: 'hi\n' })

  assert.equal((await run(['trust', 'list'], { environment })).stdout, `${address} ${fingerprint}\n`)
  const json = JSON.parse((await run(['trust', 'list', '--json'], { environment })).stdout) as object
  assert.deepEqual(json, { line: 1, address, fingerprint, identity: text })

  const other = await run(['trust', 'remove', '127.0.0.1', port, 'A'.repeat(43)], { environment })
  assert.equal(other.code, 4)
  assert.match(other.stderr, /is not known \(PEER_UNKNOWN\)/u)
  const removed = await run(['trust', 'remove', '127.0.0.1', port], { environment })
  assert.equal(removed.stderr, `${address} ${fingerprint} is not known any more\n`)
  assert.equal(await readFile(file, 'utf8'), '')
  assert.equal((await talk()).code, 4)
})

test('a host that is none is refused, exit code 2; one in the list that a terminal would obey is printed escaped', async () => {
  const wrong = await run(['trust', 'add', '127.0.0.1:4000', '5', path.join(server, 'id_pub')], { environment })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /It has a colon and is no IPv6 address; the port is an argument of its own/u)
  const list = path.join(home.path, 'by-hand')
  await writeFile(list, `a\u001b[31m:1 ${(await Identity.load(server)).toString()}\n`)
  const { stdout } = await run(['trust', 'list', '--known-peers', list], { environment })
  assert.equal(stdout, `a\\u001b[31m:1 ${fingerprint}\n`)
})

test('a fingerprint that begins with - is a fingerprint, not an option, with and without --', async () => {
  const list = path.join(home.path, 'dashes')
  const trust = (...words: string[]) => stalkProgram().parseAsync(['trust', ...words], { from: 'user' })
  // what begins like an option of some command, and what does not
  for (const dashed of ['-', '--', '-V', '-h', '-l', '-1'].map((start) => start.padEnd(43, 'A'))) {
    for (const words of [
      ['127.0.0.1', port, dashed, '--known-peers', list],
      ['--known-peers', list, '127.0.0.1', port, dashed],
      ['--known-peers', list, '127.0.0.1', port, '--', dashed],
    ]) {
      await assert.rejects(trust('remove', ...words), {
        code: 'PEER_UNKNOWN',
        message: `${address} with the fingerprint ${dashed} is not known`,
      })
    }
    await assert.rejects(trust('add', '127.0.0.1', port, dashed), /a fingerprint is not enough/u)
  }
  await assert.rejects(trust('remove', '127.0.0.1', port, '-abc'), /unknown option '-abc'/u)
  const dashed = '-V'.padEnd(43, 'A')
  for (const words of [['--server-identity', dashed], [`--server-identity=${dashed}`]]) {
    const { code, stderr } = await talk(...words)
    assert.ok(code === 4 && stderr.includes(`pinned ${dashed}`), stderr)
  }
})

test('--trust accept-new adds a server; one whose identity has changed is refused with both fingerprints and the line', async () => {
  const own = path.join(home.path, 'own list')
  assert.equal((await talk('--trust', 'accept-new', '--known-peers', own)).code, 0)
  assert.equal((await talk('--known-peers', own)).code, 0)
  const stranger = await Identity.generate({ type: 'ed25519' })
  await writeFile(own, `# changed\n${address} ${stranger.toString()}\n`)
  for (const options of [[], ['--trust', 'accept-new']]) {
    const { code, stderr } = await talk('--known-peers', own, ...options)
    assert.equal(code, 4)
    for (const part of ['HAS CHANGED', fingerprint, stranger.fingerprint, 'line 2', 'PEER_CHANGED']) {
      assert.ok(stderr.includes(part), stderr)
    }
  }
  await writeFile(own, 'nonsense\n')
  const { code, stderr } = await talk('--known-peers', own)
  assert.equal(code, 7)
  assert.match(stderr, /own list line 1: .* \(PEER_LIST_INVALID\)/u)
})

test('on a terminal a server that was never seen is asked about: yes is remembered, no is not', async () => {
  await rm(file, { force: true })
  const question = 'Trust it from now on? (yes/no) '
  const args = ['connect', '127.0.0.1', port, '--text']
  const no = await onTerminal(args, [[question, 'no\r']])
  assert.equal(no.code, 4, no.screen)
  assert.ok(no.screen.includes(fingerprint) && no.screen.includes('never seen before'))
  const stopped = await onTerminal(args, [[question, '\u0003']])
  assert.equal(stopped.code, 130, stopped.screen)
  await assert.rejects(readFile(file), /ENOENT/u)

  const connected = '> \u001b[3G'
  const yes = await onTerminal(args, [
    [question, 'maybe\r'],
    [question, 'yes\r'],
    [connected, '\u0004'],
  ])
  assert.equal(yes.code, 0, yes.screen)
  assert.match(await readFile(file, 'utf8'), /^127\.0\.0\.1:\d+ stalk\/2:ed25519:\S+\n$/u)
  const known = await onTerminal(args, [[connected, '\u0004']])
  assert.equal(known.screen.includes(question), false)
})

test('listen --authorized-peers lets in who is in the file, and says so when there is none', async () => {
  const list = path.join(home.path, 'authorized_peers')
  const start = ['listen', '127.0.0.1', '0', '--identity', server, '--echo', '--authorized-peers', list]
  const missing = await run(start, { environment })
  assert.equal(missing.code, 7)
  assert.match(missing.stderr, /there is no list of authorized peers .* \(PEER_LIST_IO\)/u)

  await writeFile(list, '# nobody yet\n')
  const careful = new StalkProcess(start)
  const at = await careful.port()
  const call = () =>
    run(['connect', '127.0.0.1', at, '--text', '--reply', '--server-identity', fingerprint], {
      input: 'hi\n',
      environment,
    })
  const refused = await call()
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /you are not on the list.* \(REJECTED_NOT_ALLOWED\)/u)
  await writeFile(list, `${(await Identity.load(client)).fingerprint} my laptop\n`)
  const allowed = await call()
  assert.deepEqual([allowed.code, allowed.stdout], [0, 'hi\n'])
  const old = await run(['listen', '127.0.0.1', '0', '--protocol', 'stalk/1', '--authorized-peers', list])
  assert.equal(old.code, 2)
})
