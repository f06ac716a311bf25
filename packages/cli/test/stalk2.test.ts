// The default protocol as a user meets it: keys made by the command, two processes, no --protocol anywhere.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, test } from 'node:test'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const { path: directory, remove } = await temporaryDirectory()
const [server, client] = [path.join(directory, 'server'), path.join(directory, 'client')]
await Promise.all([
  run(['keygen', '--out', server]),
  run(['keygen', '--type', 'rsa', '--bits', '2048', '--out', client]),
])

after(async () => {
  await endProcesses()
  await remove()
})

function listen(...options: string[]): StalkProcess {
  return new StalkProcess(['listen', '127.0.0.1', '0', '--identity', server, ...options])
}

test('two processes talk stalk/2 without being told to', async () => {
  const listener = listen('--echo')
  const port = await listener.port()
  const args = ['connect', '127.0.0.1', port, '--text', '--reply', '--identity', client, '--server-identity', server]
  const { code, stdout } = await run(args, { input: 'one\ntwo\n' })
  assert.deepEqual([code, stdout], [0, 'one\ntwo\n'])
})

test('--anonymous comes in where the listener says --allow-anonymous, elsewhere it ends with 4', async () => {
  const closed = listen()
  const open = listen('--allow-anonymous')
  for (const [listener, expected] of [
    [closed, 4],
    [open, 0],
  ] as const) {
    const port = await listener.port()
    const args = ['connect', '127.0.0.1', port, '--text', '--anonymous', '--server-identity', server]
    const { code } = await run(args, { input: 'hello\n' })
    assert.equal(code, expected)
  }
  await open.seen('stderr', /connected, fingerprint none: anonymous/u)
  await closed.seen('stderr', /ANONYMOUS_REFUSED/u)
})

test('STALKKEYLOG adds the secrets of a connection to a file', async () => {
  const listener = listen()
  const port = await listener.port()
  const file = path.join(directory, 'keys.log')
  const args = ['connect', '127.0.0.1', port, '--text', '--identity', client, '--server-identity', server]
  await run(args, { input: 'hello\n', environment: { STALKKEYLOG: file } })
  assert.equal((await readFile(file, 'utf8')).trim().split('\n').length, 6)
})
