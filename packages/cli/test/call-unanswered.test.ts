// Servers that do not answer `stalk describe` and `stalk call`, which must not wait for them for long: as real processes.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, test } from 'node:test'
import { connect, Identity, listen, StalkError, type Connection, type Handler, type Listener } from '@stalk/core'
import { implement, Introspection, rpc, RpcError, serve, service, unary, type CallContext } from '@stalk/rpc'
import { nothing } from '@stalk/spack/schema'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess, type Finished } from './support/stalk-process.js'

const home = await temporaryDirectory()
const environment = { STALK_HOME: path.join(home.path, '.stalk') }
const ours = await Identity.generate({ type: 'ed25519' })
await ours.save(environment.STALK_HOME)
const identity = await Identity.generate({ type: 'ed25519' })
const listeners: Listener[] = []

after(async () => {
  await endProcesses()
  await Promise.all(listeners.map((listener) => listener.close({ timeoutMs: 100 })))
  await home.remove()
})

async function listenHere(handler: Handler): Promise<string> {
  const listener = await listen('127.0.0.1', 0, handler, { identity, onError: () => undefined })
  listeners.push(listener)
  return String(listener.port)
}

/** Runs a command to its end, against a port of this process, and measures it. */
async function timed(port: string, command: string, ...words: string[]): Promise<Finished & { seconds: number }> {
  const startedAt = performance.now()
  const pin = ['--server-identity', identity.fingerprint]
  const finished = await run([command, '127.0.0.1', port, ...words, ...pin], { environment })
  return { ...finished, seconds: (performance.now() - startedAt) / 1000 }
}

/** Takes messages, and never asks for channels: what is opened waits. */
const silent: Handler = async (connection) => {
  while ((await connection.receive()) !== null) continue
}

test('a server that does not answer what it offers has the time of --timeout, or that of --deadline', async () => {
  const port = await listenHere(silent)
  for (const [seconds, words] of [
    [0.5, ['describe', '--timeout', '0.5']],
    [0.5, ['call', 'a.b', '--timeout', '0.5']],
    [0.7, ['call', 'a.b', '--deadline', '0.7']],
  ] as const) {
    const [command, ...more] = words
    const result = await timed(port, command, ...more)
    assert.equal(result.code, 1, result.stderr)
    assert.match(
      result.stderr,
      new RegExp(`^stalk: 127\\.0\\.0\\.1:${port} does not answer what it offers: does it serve calls\\?`),
    )
    assert.match(result.stderr, /\(DEADLINE_EXCEEDED\)\n$/u)
    assert.ok(result.seconds >= seconds && result.seconds < 5, `${result.seconds} s`)
  }
})

test('after a deadline nobody waits long for a server that hangs', async () => {
  const Tools = service('tools', { sleep: unary({ request: nothing, response: nothing }) })
  let lateAt = Infinity
  const sleep = (_: null, { signal }: CallContext): Promise<null> => {
    signal.addEventListener('abort', () => (lateAt = performance.now()))
    return new Promise<null>(() => undefined)
  }
  const port = await listenHere((connection) => serve(connection, [implement(Tools, { sleep })]))
  const { code, stderr } = await timed(port, 'call', 'tools.sleep', '--deadline', '0.5')
  assert.deepEqual([code, stderr.endsWith(' (DEADLINE_EXCEEDED)\n')], [1, true])
  const ms = performance.now() - lateAt
  assert.ok(ms > 0 && ms < 3000, `${ms} ms`)
})

test('a server without introspection is told from one without calls', async () => {
  const port = await listenHere((connection) => serve(connection, [], { introspection: false }))
  const { code, stderr } = await timed(port, 'describe')
  assert.deepEqual(
    [code, stderr],
    [1, `stalk: 127.0.0.1:${port} serves calls, but does not say which (introspection: false) (METHOD_UNKNOWN)\n`],
  )
})

for (const words of [['listen'], ['pipe', '--listen', '--receive-only'], ['bench', '--listen']]) {
  test(`stalk ${words.join(' ')} takes no calls, and says so at once`, async () => {
    const listening = new StalkProcess([...words, '127.0.0.1', '0'], environment)
    const port = Number(await listening.port())
    const applicationProtocols = { listen: [], pipe: ['stalk-pipe/1'], bench: ['stalk-bench/1'] }[words[0] ?? ''] ?? []
    const options = { identity, serverIdentity: ours, ...(applicationProtocols.length > 0 && { applicationProtocols }) }
    const connection = await connect('127.0.0.1', port, options)
    await refuses(connection)
    connection.abort()
    if (words[0] !== 'listen') return
    const pin = ['--server-identity', ours.fingerprint]
    const { code, stderr } = await run(['describe', '127.0.0.1', String(port), ...pin], { environment })
    assert.equal(code, 1)
    assert.match(stderr, /does it serve calls\? \(.*the stalk command takes no channels\) \(UNAVAILABLE\)\n$/u)
  })
}

for (const words of [['connect'], ['ping'], ['describe'], ['call', 'a.b']]) {
  test(`stalk ${words.join(' ')} takes no calls from the server, and says so at once`, async () => {
    let told: (outcome: unknown) => void = () => undefined
    const outcome = new Promise((resolve) => (told = resolve))
    const port = await listenHere((connection) => refuses(connection).then(told, told))
    const [command = '', ...more] = words
    const client = new StalkProcess(
      [command, '127.0.0.1', port, ...more, '--server-identity', identity.fingerprint],
      environment,
    )
    assert.equal(await outcome, undefined)
    client.child.kill('SIGINT')
    await client.finished()
  })
}

async function refuses(connection: Connection): Promise<void> {
  const question = rpc(connection, Introspection).describe(null, { timeoutMs: 5_000 })
  await assert.rejects(question, (error) => {
    assert.ok(error instanceof RpcError && error.cause instanceof StalkError, String(error))
    assert.deepEqual([error.code, error.cause.code], ['UNAVAILABLE', 'CHANNEL_RESET'])
    return true
  })
}
