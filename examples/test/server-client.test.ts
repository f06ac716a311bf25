import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Identity } from '@stalk/core'

const program = (name: string): string => path.resolve(import.meta.dirname, '../src', `${name}.ts`)
const loader = import.meta.resolve('tsx')
const conditions = process.execArgv.includes('@stalk/source') ? ['--conditions', '@stalk/source'] : []

test('the server and the client of the README talk as two processes with identities from files', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  for (const name of ['server', 'client']) {
    const identity = await Identity.generate({ type: 'ed25519' })
    await identity.save(path.join(directory, 'keys', name))
  }
  const run = ['--import', loader, ...conditions]
  const options = (port: string): { cwd: string; env: NodeJS.ProcessEnv } => ({
    cwd: directory,
    env: { ...process.env, PORT: port },
  })
  const server = spawn(process.execPath, [...run, program('server')], {
    ...options('0'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => server.kill('SIGKILL'))
  let said = ''
  server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(server.stdout, 'data')
  const port = /port (\d+)/u.exec(said)?.[1] ?? ''
  const { stdout } = await promisify(execFile)(process.execPath, [...run, program('client')], {
    ...options(port),
    timeout: 30_000,
  })
  assert.equal(stdout, `[ 'thank you for "hello"' ]\n`)
  server.kill('SIGINT')
  const [code] = (await once(server, 'exit')) as [number]
  assert.equal(code, 0)
  assert.match(said, /^listening on port \d+\nconnected [\w-]{43}\n$/u)
})
