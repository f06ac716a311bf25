import assert from 'node:assert/strict'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { stalkProgram } from '#src/program.js'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const home = await temporaryDirectory()
const server = path.join(home.path, 'server')
const identity = await Identity.generate({ type: 'ed25519' })
await identity.save(server)
const listener = new StalkProcess(['bench', '--listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous'])
const port = await listener.port()
const bench = ['bench', '127.0.0.1', port, '--anonymous', '--server-identity', identity.fingerprint]

after(async () => {
  await endProcesses()
  await home.remove()
})

test('bench measures four things for as long as it is told and prints a table', async () => {
  const { code, stdout, stderr } = await run([...bench, '--seconds', '0.4'])
  assert.deepEqual([code, stderr], [0, `measuring 127.0.0.1:${port} for 0.4 s\n`])
  const [handshakes, ...others] = stdout.split('\n')
  assert.match(handshakes ?? '', /^handshakes +[1-9][\d,]*\/s {2}one after the other$/u)
  const rows = [
    /^round trip, p50 +[\d.]+ ms/u,
    /^round trip, p99 +[\d.]+ ms/u,
    /^one way +[1-9][\d,]*\/s/u,
    /^one way +[\d.]+ MB\/s/u,
  ]
  for (const [index, row] of rows.entries()) assert.match(others[index] ?? '', row)
  assert.match(listener.stderr, /^to connect: stalk bench 127\.0\.0\.1 \d+ --server-identity /mu)
})

test('bench --json prints one line of JSON, whose numbers are possible', async () => {
  const { code, stdout } = await run([...bench, '--seconds', '0.4', '--json'])
  assert.equal(code, 0)
  const { handshakesPerSecond, roundTrips, messagesPerSecond, bytesPerSecond } = JSON.parse(stdout) as {
    handshakesPerSecond: number
    roundTrips: { count: number; p50Ms: number; p99Ms: number }
    messagesPerSecond: number
    bytesPerSecond: number
  }
  for (const rate of [handshakesPerSecond, messagesPerSecond, bytesPerSecond]) assert.ok(rate > 0)
  assert.ok(roundTrips.count > 0 && roundTrips.p50Ms > 0 && roundTrips.p99Ms >= roundTrips.p50Ms)
})

test('a signal ends either side: 130 for the one that measures, 0 for the one that listens', async () => {
  const other = new StalkProcess(['bench', '--listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous'])
  const measuring = new StalkProcess([...bench.with(2, await other.port()), '--seconds', '60'])
  await measuring.seen('stderr', /^measuring /mu)
  measuring.child.kill('SIGINT')
  assert.equal((await measuring.finished()).code, 130)
  other.child.kill('SIGTERM')
  assert.equal((await other.finished()).code, 0)
})

test('options of one side are refused on the other', async () => {
  const misuse = [
    ['--listen', '127.0.0.1', '0', '--seconds', '1'],
    ['--listen', '127.0.0.1', '0', '--json'],
    ['--listen', '127.0.0.1', '0', '--unverified'],
    ['127.0.0.1', '1', '--authorized-peers', 'x'],
  ]
  for (const options of misuse) {
    await assert.rejects(stalkProgram().parseAsync(['bench', ...options], { from: 'user' }), { exitCode: 2 })
  }
})
