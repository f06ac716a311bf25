import assert from 'node:assert/strict'
import { Identity } from '@stalk/core'
import path from 'node:path'
import { after, test } from 'node:test'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const home = await temporaryDirectory()
const server = path.join(home.path, 'server')
await (await Identity.generate({ type: 'ed25519' })).save(server)
const listener = new StalkProcess(['listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous'])
const port = await listener.port()
const ping = ['ping', '127.0.0.1', port, '--anonymous', '--server-identity', server, '--interval', '0.75']

after(async () => {
  await endProcesses()
  await home.remove()
})

test('ping prints each round trip and a summary', async () => {
  const { code, stdout, stderr } = await run([...ping, '--count', '3'])
  assert.deepEqual([code, stderr], [0, ''])
  const address = `127\\.0\\.0\\.1:${port}`
  assert.match(
    stdout,
    new RegExp(
      `^${address} 1 [\\d.]+ ms\\n${address} 2 [\\d.]+ ms\\n${address} 3 [\\d.]+ ms\\n3 round trips, [\\d.]+/[\\d.]+/[\\d.]+ ms least/mean/most\\n$`,
      'u',
    ),
  )
})

test('ping goes on until a signal, and then sums up', async () => {
  const pinging = new StalkProcess(ping)
  await pinging.seen('stdout', /2 [\d.]+ ms\n/u)
  pinging.child.kill('SIGINT')
  const { code, stdout } = await pinging.finished()
  assert.equal(code, 0)
  assert.match(stdout, /\d round trips, /u)
})

test('ping sums up, too, when the line is lost: exit code 5', async () => {
  const mortal = new StalkProcess(['listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous'])
  const pinging = new StalkProcess(ping.with(2, await mortal.port()))
  await pinging.seen('stdout', /1 [\d.]+ ms\n/u)
  mortal.child.kill('SIGKILL')
  const { code, stdout, stderr } = await pinging.finished()
  assert.equal(code, 5)
  assert.match(stdout, /\d round trips?, .*\n$/u)
  assert.match(stderr, /^stalk: .*\(CONNECTION_(?:TRUNCATED|LOST)\)\n$/u)
})

test('ping needs stalk/2, and a server that it can trust', async () => {
  const old = await run(['ping', '127.0.0.1', port, '--protocol', 'stalk/1', '--unverified'])
  assert.equal(old.code, 2)
  assert.match(old.stderr, /stalk\/1 has no ping/u)
  const unknown = await run(['ping', '127.0.0.1', port, '--anonymous', '--known-peers', path.join(home.path, 'none')])
  assert.equal(unknown.code, 4)
  const nobody = await run(['ping', '127.0.0.1', '1', '--anonymous', '--unverified'])
  assert.equal(nobody.code, 3)
})
