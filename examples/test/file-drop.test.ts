import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { before, test } from 'node:test'
import { connect, Identity, Spack, type Connection } from '@stalk/core'
import { Stage, until } from './support/example-process.js'

const stage = await Stage.set()
let receiver: Identity
let sender: Identity
let port: number

before(async () => {
  receiver = await stage.identity('receiver')
  sender = await stage.identity('sender')
  await writeFile(stage.path('senders'), sender.fingerprint)
  await mkdir(stage.path('received'))
  await writeFile(stage.path('received', 'taken'), 'old')
  await writeFile(stage.path('received', '.of-a-crash.part'), 'half')
  const program = stage.run('file-drop/receiver', 'receiver', stage.path('received'), stage.path('senders'), host, 0)
  port = await program.port()
})

const host = '127.0.0.1'
const send = (...names: string[]) => {
  const paths = names.map((name) => stage.path(name))
  return stage.run('file-drop/sender', 'sender', host, port, receiver.fingerprint, ...paths)
}
const received = async (): Promise<string[]> => (await readdir(stage.path('received'))).sort()

test('file drop: a sender that is killed in the middle leaves nothing behind, nor does a receiver', async () => {
  assert.deepEqual(await received(), ['taken'])
  const file = await open(stage.path('endless'), 'w')
  await file.truncate(2 ** 35) // takes no room here, and much longer than the test waits
  await file.close()
  const program = send('endless')
  await until('some bytes of the file', async () => {
    const [part = ''] = await received()
    return part.endsWith('.part') && (await stat(stage.path('received', part))).size > 100_000
  })
  program.child.kill('SIGKILL')
  await until('the half file to go', async () => (await received()).length === 1)
  assert.deepEqual(await received(), ['taken'])
})

test('file drop: files arrive as they are, and never replace one that is there', async () => {
  const large = randomBytes(3_000_001)
  await writeFile(stage.path('large.bin'), large)
  await writeFile(stage.path('taken'), 'new')
  await writeFile(stage.path('empty'), '')
  const { code, stdout, stderr } = await send('large.bin', 'taken', 'empty').finished()
  assert.equal(code, 1)
  assert.match(stderr, /taken was not stored: there is such a file already\n$/u)
  assert.match(stdout, /^stored .*large\.bin 3000001\nstored .*empty 0\n$/u)
  assert.deepEqual(await received(), ['empty', 'large.bin', 'taken'])
  assert.ok(large.equals(await readFile(stage.path('received', 'large.bin'))))
  assert.equal(await readFile(stage.path('received', 'taken'), 'utf8'), 'old')
})

test('file drop: names that lead elsewhere, wrong bytes and strangers get nothing in', async () => {
  const connectAs = (identity: Identity): Promise<Connection> =>
    connect(host, port, { identity, serverIdentity: receiver, applicationProtocols: ['file-drop/1'] })
  const filesBefore = await received()
  const connection = await connectAs(sender)
  const ask = async (...messages: Spack[]): Promise<unknown> => {
    for (const message of messages) connection.send(message)
    return (await connection.receive())?.values()[0]
  }
  const names = [
    '../outside',
    '/outside',
    'a/b',
    'a\\b',
    '..',
    '.',
    '',
    '.hidden',
    'nul.txt',
    'a\0b',
    'c:x',
    'x'.repeat(300),
  ]
  for (const name of names) {
    assert.equal(await ask(new Spack().string(name).integer(1)), 'refused', JSON.stringify(name))
  }
  assert.equal(await ask(new Spack().string('huge').integer(2 ** 50)), 'refused')
  const digest = new Spack().bytes(new Uint8Array(32))
  for (const [name, bytes] of [
    ['wrong', 2],
    ['too long', 3],
  ] as const) {
    assert.equal(await ask(new Spack().string(name).integer(2)), 'send')
    assert.equal(await ask(new Spack().bytes(new Uint8Array(bytes)), digest), 'refused')
  }
  await connection.close()
  await assert.rejects(connectAs(await Identity.generate({ type: 'ed25519' })), { code: 'REJECTED_NOT_ALLOWED' })
  assert.deepEqual(await received(), filesBefore)
  assert.ok(!existsSync(stage.path('outside')))
})
