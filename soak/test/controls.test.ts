// Negative controls: a server with a bug on purpose, and the scenario that has to notice.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Fault } from '../processes/faults.js'
import { activeConnections } from '../scenarios/active.js'
import { comeAndGo } from '../scenarios/churn.js'
import { floods } from '../scenarios/flood.js'
import { idleConnections } from '../scenarios/idle.js'
import { Stage } from '../scenarios/stage.js'

const timeout = 120_000

function stageFor(t: TestContext, fault: Fault | null): Stage {
  const directory = mkdtempSync(path.join(tmpdir(), 'stalk-soak-'))
  const stage = new Stage(directory, fault)
  t.after(async () => {
    await stage.end()
    rmSync(directory, { recursive: true })
  })
  return stage
}

/** Each sentence about what is broken matches one of these, and the other way round. */
function assertBroken({ report }: Stage, expected: readonly RegExp[]): void {
  const { broken } = report
  for (const sentence of broken)
    assert.ok(
      expected.some((pattern) => pattern.test(sentence)),
      `also: ${sentence}`,
    )
  for (const pattern of expected)
    assert.ok(
      broken.some((sentence) => pattern.test(sentence)),
      `not noticed: ${pattern}`,
    )
}

const churn = {
  connections: 80,
  connectionsOfStalk1: 0,
  warmUp: 20,
  samples: 5,
  seconds: 60,
  leastConnections: 80,
  mostHeapBytes: 4167,
  mostResidentBytes: Infinity,
}

test(
  'churn: a server that keeps its connections is noticed: its heap grows, and what it holds is named',
  { timeout },
  async (t) => {
    const stage = stageFor(t, 'leak')
    await comeAndGo(stage, 'stalk/2', churn)
    assertBroken(stage, [
      /server: growth of heap and buffers, by \d+ connections: [\d.,]+ bytes a connection, where it has to be at most 4,167 bytes a connection$/u,
      /server: Connection: 80 more$/u,
      // and what hangs on it
      /server: (?:Socket|Timeout|AbortSignal): \d+ more$/u,
    ])
  },
)

test('churn: a server that leaves timers behind is noticed', { timeout }, async (t) => {
  const stage = stageFor(t, 'timers')
  await comeAndGo(stage, 'stalk/2', churn)
  assertBroken(stage, [/server: Timeout: (?:79|80|81) more$/u])
})

test('active: a server that does not answer everything is noticed: messages are lost', { timeout }, async (t) => {
  const stage = stageFor(t, 'drop')
  const sizes = { connections: 20, perSecond: 300, window: 4, seconds: 2, mostP99Ms: 60_000, patienceMs: 1000 }
  await activeConnections(stage, { ...sizes, mostResidentKb: 1e6, mostHeapLeftKb: 1e6 })
  assertBroken(stage, [
    /^at a pace: messages lost: \d+ messages, where it has to be exactly 0 messages$/u,
    /^flat out: messages lost: /u,
    // who waits for an answer takes the next one for it
    /^(?:at a pace|flat out): wrong answers: /u,
  ])
})

test('idle: a server without keepalive is noticed: its connections hear nothing', { timeout }, async (t) => {
  const stage = stageFor(t, 'mute')
  const sizes = { connections: 30, warmUp: 10, seconds: 1, pingAfterMs: 200, deadAfterMs: 60_000 }
  const bounds = {
    mostResidentKb: 1e6,
    mostHeapLeftPercent: 1e6,
    mostResidentLeftPercent: 1e6,
    medianNewcomerMs: 60_000,
    longestNewcomerMs: 60_000,
  }
  await idleConnections(stage, { ...sizes, ...bounds })
  assertBroken(stage, [
    /^while nobody says anything: connections that heard no keepalive: 30 connections, where it has to be exactly 0 /u,
  ])
})

test('flood: a server without limits is noticed: it holds all who come', { timeout }, async (t) => {
  const stage = stageFor(t, 'open')
  const sizes = { clients: 5, perSecond: 50, floodPerSecond: 100, seconds: 1, handshakeTimeoutMs: 10_000 }
  const bounds = {
    maxHandshakes: 20,
    patienceMs: 300,
    mostHeld: 20,
    mostP99Ms: 60_000,
    longestNewcomerMs: 60_000,
  }
  await floods(stage, { ...sizes, ...bounds })
  assertBroken(stage, [
    /^half-open sockets: strangers that were held until they went: \d+ sockets, where it has to be at most 20 sockets$/u,
    /^half-finished handshakes: strangers that were held until they went: /u,
    /^the same from one address: strangers that were held until they went: /u,
    /: unfinished handshakes at once: /u,
  ])
})

test('the command says what is broken, and exits with 1; with 2 where descriptors do not suffice', { timeout }, () => {
  const main = path.resolve(import.meta.dirname, '../dist/main.js')
  const run = (limit: string, ...parts: string[]): { status: number | null; stderr: string } =>
    spawnSync('sh', ['-c', `${limit} exec "$0" "$@"`, process.execPath, main, ...parts], {
      encoding: 'utf8',
    })
  const altered = run('', 'active', '--short', '--connections', '20', '--fault', 'alter')
  assert.match(
    altered.stderr,
    /^active: at a pace: wrong answers: \d+ messages, where it has to be exactly 0 messages$/mu,
  )
  assert.equal(altered.status, 1)
  const limited = run('ulimit -n 200;', 'idle', '--short')
  assert.match(
    limited.stderr,
    /^idle needs 250 open files in one process, and here a process may have 200 \(ulimit -Hn\)/u,
  )
  assert.equal(limited.status, 2)
})
