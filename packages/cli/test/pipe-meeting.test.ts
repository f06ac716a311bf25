// Who meets whom in `stalk pipe`, and what it looks like on a terminal.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { connect, Identity, listen } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'
import { terminalFor } from './support/terminal.js'

const home = await temporaryDirectory()
const server = path.join(home.path, 'server')
const identity = await Identity.generate({ type: 'ed25519' })
await identity.save(server)
const payload = new Uint8Array(3_000_000)
const payloadFile = path.join(home.path, 'payload')
await writeFile(payloadFile, payload)

after(async () => {
  await endProcesses()
  await home.remove()
})

function waiting(...options: readonly string[]): StalkProcess {
  return new StalkProcess(['pipe', '--listen', '127.0.0.1', '0', '--identity', server, '--allow-anonymous', ...options])
}

function to(port: number | string, ...options: readonly string[]): string[] {
  return ['pipe', '127.0.0.1', String(port), '--anonymous', '--server-identity', identity.fingerprint, ...options]
}

const asPeer = { anonymous: true, serverIdentity: identity, applicationProtocols: ['stalk-pipe/1'] }

test('a second peer is told that the listener is busy', async () => {
  const listener = waiting()
  const port = await listener.port()
  const first = await connect('127.0.0.1', Number(port), asPeer)
  await listener.seen('stderr', /^connected/mu)
  await assert.rejects(connect('127.0.0.1', Number(port), asPeer), { code: 'STALK2_REFUSED' })
  await first.close()
  assert.equal((await listener.finished()).code, 5)
})

test('who expects another command, and who is not let in, learns it', async () => {
  const chat = await listen('127.0.0.1', 0, () => undefined, { identity, allowAnonymous: true })
  const other = await run(to(chat.port))
  assert.equal(other.code, 4)
  assert.match(other.stderr, /the other side is not `stalk pipe --listen` \(REJECTED_NO_PROTOCOL\)\n$/u)
  await chat.close({ timeoutMs: 100 })
  const list = path.join(home.path, 'nobody')
  await writeFile(list, '# nobody\n')
  const listener = waiting('--authorized-peers', list)
  const refused = await run(to(await listener.port(), '--identity', server).filter((word) => word !== '--anonymous'))
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /you are not on the list.*\(REJECTED_NOT_ALLOWED\)/u)
  assert.equal(listener.child.exitCode, null)
})

test('on a terminal there is a progress bar, nothing is read from it, and a peer’s bytes are not written to it', async () => {
  const onTerminal = terminalFor(home.path)
  const nothing = await onTerminal(to(1))
  assert.equal(nothing.code, 2, nothing.screen)
  assert.match(nothing.screen, /nothing to send and nowhere to write/u)

  const listener = waiting('--receive-only')
  const sent = await onTerminal(to(await listener.port(), '--input', payloadFile))
  assert.equal(sent.code, 0, sent.screen)
  assert.ok(sent.screen.includes('\r\u001b[Ksent 2.9 MiB of 2.9 MiB 100% '), sent.screen)
  assert.equal((await listener.finished()).stdout.length, payload.length)

  const quiet = waiting('--receive-only')
  const silent = await onTerminal(to(await quiet.port(), '--input', payloadFile, '--quiet'))
  assert.deepEqual([silent.code, silent.screen], [0, ''])

  const hostile = waiting()
  hostile.child.stdin.end('\u001b]0;title\u0007')
  const refused = await onTerminal(to(await hostile.port(), '--input', payloadFile))
  assert.equal(refused.code, 1, refused.screen)
  assert.match(refused.screen, /nowhere to put them: .*\(PIPE_UNWANTED\)/su)
  assert.equal(refused.screen.includes('title'), false)
  assert.equal((await hostile.finished()).code, 5)
})
