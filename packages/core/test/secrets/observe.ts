// Watches a process that has made and closed connections: which of its secrets are still in its memory.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { connect, Identity, listen, parseKeyLog, Spack, type Connection } from '#src/index.js'
import type { KeyType } from '#src/identity/keys.js'
import { searchFile, searchProcess, type Secret, type Sighting } from './search.js'

/** What was found of the secrets of a process. */
export interface Observation {
  readonly inMemory: readonly Sighting[]
  readonly inSnapshot: readonly Sighting[]
  /** How much was searched. */
  readonly memoryBytes: number
  readonly snapshotBytes: number
}

export interface Observations {
  /** The secrets that were looked for. */
  readonly secrets: readonly Secret[]
  /** While the connections are open. */
  readonly open: Observation
  /** After they were closed, and the identity was forgotten. */
  readonly closed: Observation
  /** What the process wrote with NODE_DEBUG and STALK_DEBUG, and what is in it. */
  readonly log: string
  readonly inLog: readonly Sighting[]
}

const here = import.meta.dirname

/** Watches a process with such an identity from the other end of its connections. Linux only. */
export async function observe(type: KeyType): Promise<Observations> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stalk-secrets-'))
  const before = process.env['STALKKEYLOG']
  try {
    process.env['STALKKEYLOG'] = path.join(folder, 'keys')
    return await observeIn(folder, type)
  } finally {
    if (before === undefined) delete process.env['STALKKEYLOG']
    else process.env['STALKKEYLOG'] = before
    rmSync(folder, { recursive: true })
  }
}

async function observeIn(folder: string, type: KeyType): Promise<Observations> {
  const identity = await Identity.generate(type === 'rsa' ? { type, bits: 2048 } : { type })
  await identity.save(path.join(folder, 'identity'))
  const own = await Identity.generate({ type: 'ed25519' })
  const handler = async (connection: Connection): Promise<void> => {
    for await (const message of connection) connection.send(message)
  }
  const listener = await listen('127.0.0.1', 0, handler, { identity: own })
  const log = path.join(folder, 'log')
  const child = start([path.join(folder, 'identity'), String(listener.port), folder], log)
  try {
    const ephemeral = collected(child)
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const port = Number(String((await lines.next()).value).replace('listens ', ''))
    const connection = await connect('127.0.0.1', port, { identity: own, unverified: true })
    for (let count = 0; count < 20; count += 1) {
      await connection.receive()
      connection.send(new Spack().string('from the peer'))
    }
    await lines.next()
    const logged = secretsOfKeyLog(path.join(folder, 'keys'))
    const secrets = [...ofIdentity(identity), ...logged, ...ephemeral()]
    const open = search(child, path.join(folder, 'open.heapsnapshot'), secrets)
    child.stdin!.write('leave\n')
    await lines.next()
    const closed = search(child, path.join(folder, 'closed.heapsnapshot'), secrets)
    child.stdin!.write('end\n')
    await connection.close()
    await ended(child)
    return { secrets, open, closed, log: readFileSync(log, 'utf8'), inLog: searchFile(log, secrets) }
  } finally {
    await ended(child)
    await listener.close({ timeoutMs: 100 })
  }
}

function search({ pid }: ChildProcess, snapshot: string, secrets: readonly Secret[]): Observation {
  const { sightings: inMemory, bytes: memoryBytes } = searchProcess(pid!, secrets)
  return {
    inMemory,
    inSnapshot: searchFile(snapshot, secrets),
    memoryBytes,
    snapshotBytes: statSync(snapshot).size,
  }
}

function start(given: readonly string[], log: string): ChildProcess {
  const loaders = ['tsx', path.join(here, 'report-ephemeral-keys.ts')].flatMap((name) => ['--import', name])
  const script = path.join(here, 'watched-process.ts')
  // what the tests are run against: the sources, or what was built of them
  const isBuilt = import.meta.resolve('#src/index.js').endsWith('/dist/index.js')
  const conditions = isBuilt ? [] : ['--conditions', '@stalk/source']
  const options = ['--expose-gc', ...loaders, ...conditions, script, ...given]
  const env = { ...process.env, STALKKEYLOG: '', STALK_DEBUG: '1', NODE_DEBUG: 'stalk,net,stream' }
  const standardError = openSync(log, 'w')
  try {
    return spawn(process.execPath, options, { env, stdio: ['pipe', 'pipe', standardError, 'pipe'] })
  } finally {
    closeSync(standardError)
  }
}

/** The private keys that the process tells of, so far. */
function collected(child: ChildProcess): () => Secret[] {
  const chunks: Buffer[] = []
  child.stdio[3]!.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => {
    const all = Buffer.concat(chunks)
    return Array.from({ length: all.length / 32 }, (_, index) => ({
      name: 'private X25519 key of a connection',
      bytes: all.subarray(32 * index, 32 * index + 32),
    }))
  }
}

/** What is secret in a private key. */
export function ofIdentity({ type, privateKey }: Identity): Secret[] {
  if (type === 'ed25519') {
    return [
      {
        name: 'private seed of the identity',
        bytes: privateKey!.export({ type: 'pkcs8', format: 'der' }).subarray(-32),
      },
    ]
  }
  const { d = '', p = '' } = privateKey!.export({ format: 'jwk' })
  return [
    { name: 'private exponent of the identity', bytes: Buffer.from(d, 'base64url') },
    { name: 'a prime of the identity', bytes: Buffer.from(p, 'base64url') },
  ]
}

const names: readonly (readonly [label: string, name: string])[] = [
  ['HANDSHAKE_KEY', 'key of a handshake message'],
  ['EXPORTER_SECRET', 'exporter secret'],
  ['INITIATOR_KEY', 'key for records'],
  ['RESPONDER_KEY', 'key for records'],
]

/** Those that both sides of a connection have, of all connections in a key log. */
export function secretsOfKeyLog(keyLog: string): Secret[] {
  return [...parseKeyLog(readFileSync(keyLog, 'utf8')).values()].flatMap((secrets) =>
    [...secrets].map(([label, bytes]) => ({ name: names.find(([part]) => label.includes(part))![1], bytes })),
  )
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin!.end()
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
}
