import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import type { StalkError } from '#src/errors.js'
import { authorizedPeers } from '#src/net/authorized-peers.js'
import { connect, type ConnectOptions } from '#src/net/connect.js'
import { addKnownPeer, knownPeers, listKnownPeers, removeKnownPeer } from '#src/net/known-peers.js'
import type { Listener } from '#src/net/listen.js'
import type { TrustPolicy } from '#src/net/trust.js'
import { wrap } from '#src/net/wrap.js'
import { duplexPair } from '../support/duplex-pair.js'
import { code } from '../support/errors.js'
import { eventually, host, pause } from '../support/network.js'
import { aliceConnects2, bobListens2 } from '../support/network2.js'
import { alice as oldAlice, bob as oldBob } from '../support/people.js'
import { bobListens } from '../support/network.js'
import { ed25519Alice, ed25519Bob, rsaAlice, rsaBob } from '../support/stalk2.js'

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(made, { recursive: true, maxRetries: 5 }))
  return made
}

async function failureOf(promise: Promise<unknown>): Promise<StalkError> {
  return (await promise.then(
    () => assert.fail('it should not have worked'),
    (error: unknown) => error,
  )) as StalkError
}

test('serverIdentity takes an identity, its text, its fingerprint, or several of them', async (t) => {
  const listener = await bobListens2(t, (connection) => connection.closed)
  for (const serverIdentity of [
    ed25519Bob,
    ed25519Bob.toString(),
    ` ${ed25519Bob.fingerprint}\n`,
    [rsaBob, ed25519Bob.fingerprint],
    [ed25519Bob.toString()],
  ]) {
    const connection = await aliceConnects2(t, listener, { serverIdentity })
    assert.ok(connection.peerIdentity?.equals(ed25519Bob))
    assert.equal(connection.unverified, false)
  }
  for (const serverIdentity of [rsaBob, ed25519Alice.fingerprint, [rsaBob.toString(), ed25519Alice]]) {
    const { code: found, message } = await failureOf(aliceConnects2(t, listener, { serverIdentity }))
    assert.equal(found, 'PIN_MISMATCH')
    for (const pin of [serverIdentity].flat()) {
      const fingerprint = typeof pin === 'string' && !pin.includes(':') ? pin : null
      assert.ok(message.includes(fingerprint ?? rsaBob.fingerprint), message)
    }
    assert.ok(message.includes(ed25519Bob.fingerprint))
  }
})

test('the same forms pin a server of stalk/1', async (t) => {
  const listener = await bobListens(t, (connection) => connection.closed)
  const options = { identity: oldAlice, protocol: 'stalk/1' } as const
  for (const serverIdentity of [oldBob.fingerprint, [oldAlice, oldBob]]) {
    const connection = await connect(host, listener.port, { ...options, serverIdentity })
    await connection.close()
  }
  const theirs = connect(host, listener.port, { ...options, serverIdentity: ed25519Bob.public })
  await assert.rejects(theirs, /IDENTITY_PROTOCOL|pass the one that its owner has for stalk\/1, or speak stalk\/2/u)
  const attempt = connect(host, listener.port, { ...options, serverIdentity: oldAlice.fingerprint })
  await assert.rejects(attempt, code('PIN_MISMATCH'))
})

test('knownPeers: accept-new adds a server once, and expects it from then on', async (t) => {
  const file = path.join(await directory(t), 'new', 'known_peers')
  const listener = await bobListens2(t, (connection) => connection.closed)
  const serverIdentity = knownPeers(file, { policy: 'accept-new' })
  await aliceConnects2(t, listener, { serverIdentity })
  await aliceConnects2(t, listener, { serverIdentity })
  assert.equal(await readFile(file, 'utf8'), `127.0.0.1:${listener.port} ${ed25519Bob.toString()}\n`)
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)

  // another identity at the same address
  await writeFile(file, `# mine\n127.0.0.1:${listener.port} ${rsaBob.toString()}\n`)
  const failure = await failureOf(aliceConnects2(t, listener, { serverIdentity }))
  assert.equal(failure.code, 'PEER_CHANGED')
  for (const part of ['HAS CHANGED', rsaBob.fingerprint, ed25519Bob.fingerprint, 'line 2', file]) {
    assert.ok(failure.message.includes(part), failure.message)
  }
  // a second line for the same address, while its key is being replaced
  await writeFile(file, `${await readFile(file, 'utf8')}127.0.0.1:${listener.port} ${ed25519Bob.toString()}\n`)
  await aliceConnects2(t, listener, { serverIdentity })
})

test('knownPeers takes options alone: the list is then the one in STALK_HOME', async (t) => {
  const home = await directory(t)
  const before = process.env['STALK_HOME']
  process.env['STALK_HOME'] = home
  t.after(() => {
    if (before === undefined) delete process.env['STALK_HOME']
    else process.env['STALK_HOME'] = before
  })
  const listener = await bobListens2(t, (connection) => connection.closed)
  await aliceConnects2(t, listener, { serverIdentity: knownPeers({ policy: 'accept-new' }) })
  assert.equal((await listKnownPeers()).length, 1)
  assert.ok((await readFile(path.join(home, 'known_peers'), 'utf8')).includes(ed25519Bob.toString()))
})

test('knownPeers: strict refuses whom it does not know, and is what you get without an ask function', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const listener = await bobListens2(t, (connection) => connection.closed)
  for (const serverIdentity of [knownPeers(file), knownPeers(file, { policy: 'strict', ask: () => true })]) {
    const failure = await failureOf(aliceConnects2(t, listener, { serverIdentity }))
    assert.equal(failure.code, 'PEER_UNKNOWN')
    assert.ok(failure.message.includes(ed25519Bob.fingerprint))
  }
  await assert.rejects(readFile(file), /ENOENT/u)
})

test('PEER_UNKNOWN ends with the command that adds the server, for a shell, with the list unless it is the default one', async (t) => {
  const folder = await directory(t)
  const listener = await bobListens2(t, (connection) => connection.closed)
  const add = `stalk trust add 127.0.0.1 ${listener.port} ${ed25519Bob.toString()}`
  for (const [name, list] of [
    ['known_peers', `${folder}/known_peers`],
    ["bob's list", `'${folder}/bob'\\''s list'`],
    ["bob's\n\\\u202e", `$'${folder}/bob\\'s\\012\\\\\\342\\200\\256'`],
  ] as const) {
    const serverIdentity = knownPeers(path.join(folder, name))
    const { message } = await failureOf(aliceConnects2(t, listener, { serverIdentity }))
    if (path.sep === '/') assert.ok(message.endsWith(` run \`${add} --known-peers ${list}\``), message)
  }
  const before = process.env['STALK_HOME']
  process.env['STALK_HOME'] = folder
  t.after(() => {
    if (before === undefined) delete process.env['STALK_HOME']
    else process.env['STALK_HOME'] = before
  })
  const { message } = await failureOf(aliceConnects2(t, listener, { serverIdentity: knownPeers() }))
  assert.ok(message.endsWith(` run \`${add}\``), message)
})

test('without a word on whom to expect, connect names plain knownPeers() for known servers, accept-new for trust on first use', async () => {
  await assert.rejects(connect(host, 1, { identity: ed25519Alice } as ConnectOptions), {
    name: 'TypeError',
    message:
      /knownPeers\(\) for the servers in known_peers alone, .*knownPeers\(\{ policy: 'accept-new' \}\) to trust on first use/u,
  })
})

test('knownPeers: ask is asked once, after the connection was given up; a yes connects anew and is remembered', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const accepted: number[] = []
  const failed: string[] = []
  const listener = await bobListens2(t, (connection) => (accepted.push(1), connection.closed), {
    onError: (error) => failed.push((error as StalkError).code),
  })
  const asked: string[] = []
  const answering = (answer: boolean) =>
    knownPeers(file, {
      ask: ({ host: at, port, identity }) => {
        asked.push(`${at}:${port} ${identity.fingerprint}`)
        return answer
      },
    })
  assert.equal(
    (await failureOf(aliceConnects2(t, listener, { serverIdentity: answering(false) }))).code,
    'PEER_UNKNOWN',
  )
  await assert.rejects(readFile(file), /ENOENT/u)
  assert.equal(accepted.length, 0)

  await aliceConnects2(t, listener, { serverIdentity: answering(true) })
  await aliceConnects2(t, listener, { serverIdentity: answering(false) })
  assert.deepEqual(asked, Array(2).fill(`127.0.0.1:${listener.port} ${ed25519Bob.fingerprint}`))
  assert.match(await readFile(file, 'utf8'), /^127\.0\.0\.1:\d+ stalk\/2:ed25519:\S+\n$/u)
  assert.equal(accepted.length, 2)
  assert.ok(failed.length > 0)

  const throwing = knownPeers(`${file}2`, { ask: () => Promise.reject(new Error('no terminal')) })
  await assert.rejects(aliceConnects2(t, listener, { serverIdentity: throwing }), /no terminal/u)
})

test('knownPeers: a server that answers the question with another identity is refused', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  let listener: Listener = await bobListens2(t, (connection) => connection.closed)
  const { port } = listener
  const serverIdentity = knownPeers(file, {
    ask: async () => {
      await listener.close({ timeoutMs: 100 })
      listener = await bobListensAt(t, port)
      return true
    },
  })
  const failure = await failureOf(aliceConnects2(t, { port, identity: ed25519Bob }, { serverIdentity }))
  assert.equal(failure.code, 'PIN_MISMATCH')
  await assert.rejects(readFile(file), /ENOENT/u)
})

async function bobListensAt(t: TestContext, port: number): Promise<Listener> {
  const { listen } = await import('#src/net/listen.js')
  const listener = await listen(host, port, (connection) => connection.closed, { identity: rsaAlice })
  t.after(() => listener.close({ timeoutMs: 100 }))
  return listener
}

test('knownPeers: a file that cannot be read, written or understood ends the attempt with its name and line', async (t) => {
  const folder = await directory(t)
  const listener = await bobListens2(t, (connection) => connection.closed)
  const file = path.join(folder, 'known_peers')
  for (const [text, said] of [
    ['127.0.0.1 x\n', /known_peers line 1: it is not `host:port identity`/u],
    ['\n# fine\n127.0.0.1:1 nonsense\n', /known_peers line 3: /u],
    [`127.0.0.1:1 ${ed25519Bob.toString()} more\n`, /line 1/u],
  ] as const) {
    await writeFile(file, text)
    const failure = await failureOf(aliceConnects2(t, listener, { serverIdentity: knownPeers(file) }))
    assert.equal(failure.code, 'PEER_LIST_INVALID')
    assert.match(failure.message, said)
  }
  assert.equal(
    (await failureOf(aliceConnects2(t, listener, { serverIdentity: knownPeers(folder) }))).code,
    'PEER_LIST_INVALID',
  )
  if (process.getuid?.() !== 0 && process.platform !== 'win32') {
    const locked = path.join(folder, 'locked')
    await writeFile(locked, '')
    await chmod(locked, 0)
    assert.equal(
      (await failureOf(aliceConnects2(t, listener, { serverIdentity: knownPeers(locked) }))).code,
      'PEER_LIST_IO',
    )
  }
  // what cannot be remembered is no connection: the next time would be the first again
  await writeFile(path.join(folder, 'file'), '')
  const below = knownPeers(path.join(folder, 'file', 'known_peers'), { policy: 'accept-new' })
  assert.equal((await failureOf(aliceConnects2(t, listener, { serverIdentity: below }))).code, 'PEER_LIST_IO')
  for (const wrong of [
    () => knownPeers(''),
    () => knownPeers(file, { policy: 'ask' }),
    () => knownPeers(file, { policy: 'maybe' as 'ask' }),
  ]) {
    assert.throws(wrong, TypeError)
  }
})

test('knownPeers: what another program has learnt meanwhile counts, the same or not', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const listener = await bobListens2(t, (connection) => connection.closed, {
    // between our look at the file and our adding to it
    authorize: async () => {
      await addKnownPeer({ host, port: listener.port }, learnt, file)
      return true
    },
  })
  let learnt = ed25519Bob
  const serverIdentity = knownPeers(file, { policy: 'accept-new' })
  await aliceConnects2(t, listener, { serverIdentity })
  assert.equal((await listKnownPeers(file)).length, 1)
  await rm(file)
  learnt = rsaBob
  assert.equal((await failureOf(aliceConnects2(t, listener, { serverIdentity }))).code, 'PEER_CHANGED')
  assert.equal((await removeKnownPeer({ host, port: listener.port }, { path: file })).length, 1)
  assert.deepEqual(await listKnownPeers(file), [])
})

test('a list that is not UTF-8 is PEER_LIST_INVALID, and stays as it is', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const latin1 = Buffer.from('# r\u00e9seau\n', 'latin1')
  await writeFile(file, latin1)
  await assert.rejects(addKnownPeer({ host: 'printer', port: 1 }, ed25519Bob, file), code('PEER_LIST_INVALID'))
  assert.deepEqual(await readFile(file), latin1)
})

test('addKnownPeer refuses an address that the list could not be read with, and leaves the list as it was', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  await addKnownPeer({ host: 'Printer', port: 1 }, ed25519Bob, file)
  await addKnownPeer({ host: 'fe80::1%eth0', port: 65_535 }, ed25519Bob, file)
  const before = await readFile(file, 'utf8')
  for (const server of [
    { host: '', port: 1 },
    { host: 'a b', port: 1 },
    { host: 'a\nb', port: 1 },
    { host: '#a', port: 1 },
    { host: '[::1]', port: 1 },
    { host: 'a', port: NaN },
    { host: 'a', port: 0 },
    { host: 'a', port: 65_536 },
  ]) {
    await assert.rejects(addKnownPeer(server, ed25519Bob, file), TypeError)
  }
  assert.equal(await readFile(file, 'utf8'), before)
  assert.deepEqual(
    (await listKnownPeers(file)).map(({ address }) => address),
    ['printer:1', '[fe80::1%eth0]:65535'],
  )
})

test('a trust policy of one’s own decides for each attempt', async (t) => {
  const listener = await bobListens2(t, (connection) => connection.closed)
  const seen: string[] = []
  const serverIdentity = {
    expect: ({ host: at, port }: { host: string; port: number }, protocol: string) => {
      seen.push(`${at} ${port} ${protocol}`)
      return Promise.resolve({ check: (): void => undefined })
    },
  }
  const connection = await aliceConnects2(t, listener, { serverIdentity })
  assert.equal(connection.unverified, false)
  assert.deepEqual(seen, [`127.0.0.1 ${listener.port} stalk/2`])
})

test('a signal that aborts while a policy thinks gives up, over TCP and over any stream', async (t) => {
  const listener = await bobListens2(t, (connection) => connection.closed)
  const reason = new Error('enough')
  const aborting = (): { signal: AbortSignal; serverIdentity: TrustPolicy } => {
    const controller = new AbortController()
    const expect = (): ReturnType<TrustPolicy['expect']> => {
      controller.abort(reason)
      return Promise.resolve({ check: () => undefined })
    }
    return { signal: controller.signal, serverIdentity: { expect } }
  }
  await assert.rejects(aliceConnects2(t, listener, aborting()), reason)
  const [stream] = duplexPair()
  await assert.rejects(wrap(stream, { role: 'initiator', identity: ed25519Alice, ...aborting() }), reason)
  assert.equal(stream.destroyed, true)
})

test('a signal gives up a policy that says nothing, a question that nobody answers, and a lock that is held', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const listener = await bobListens2(t, (connection) => connection.closed)
  const release = await holdLock(t, file)
  const never = (): Promise<never> => new Promise(() => undefined)
  for (const serverIdentity of [
    { expect: never },
    knownPeers(file, { ask: never }),
    knownPeers(file, { policy: 'accept-new' }),
    { expect: () => Promise.resolve({ check: () => undefined, remember: never }) },
  ] satisfies TrustPolicy[]) {
    const reason = new Error('enough')
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(reason), 150)
    const began = performance.now()
    await assert.rejects(aliceConnects2(t, listener, { serverIdentity, signal: cancel.signal }), reason)
    assert.ok(performance.now() - began < 1_000)
    await eventually(() => listener.connections.size === 0, 'the line is cut')
  }
  await release()
})

test('timeoutMs counts what a policy takes to answer and to remember, not what somebody takes to be asked: HANDSHAKE_TIMEOUT', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  const listener = await bobListens2(t, (connection) => connection.closed)
  const never = (): Promise<never> => new Promise(() => undefined)
  const began = performance.now()
  const late = (serverIdentity: TrustPolicy): Promise<StalkError> =>
    failureOf(aliceConnects2(t, listener, { serverIdentity, timeoutMs: 300 }))
  assert.equal((await late({ expect: never })).code, 'HANDSHAKE_TIMEOUT')
  const forgetful = { check: (): void => undefined, remember: never }
  assert.equal((await late({ expect: () => Promise.resolve(forgetful) })).code, 'HANDSHAKE_TIMEOUT')
  const release = await holdLock(t, file)
  assert.equal((await late(knownPeers(file, { policy: 'accept-new' }))).code, 'HANDSHAKE_TIMEOUT')
  assert.ok(performance.now() - began < 2_500)
  await release()
  // whoever gave up does not add it all the same
  await pause(200)
  assert.deepEqual(await listKnownPeers(file), [])

  const ask = async (): Promise<boolean> => {
    await pause(500)
    return true
  }
  await aliceConnects2(t, listener, { serverIdentity: knownPeers(file, { ask }), timeoutMs: 400 })
  assert.equal((await listKnownPeers(file)).length, 1)
})

test('authorizedPeers: who is on the list comes in; the file is read again when it changes, and a wrong one lets nobody in', async (t) => {
  const file = path.join(await directory(t), 'authorized_peers')
  await assert.rejects(authorizedPeers(file), code('PEER_LIST_IO'))
  await writeFile(file, `# who may\n\n${rsaAlice.fingerprint} the laptop\n`)
  const authorize = await authorizedPeers(file)
  const errors: StalkError[] = []
  const listener = await bobListens2(t, (connection) => connection.closed, {
    authorize,
    allowAnonymous: true,
    onError: (error) => errors.push(error as StalkError),
  })
  await aliceConnects2(t, listener, { identity: rsaAlice })
  const refused = await failureOf(aliceConnects2(t, listener))
  assert.equal(refused.code, 'REJECTED_NOT_ALLOWED')
  assert.equal(refused.peer?.reason, 'you are not on the list')
  const nobody = await failureOf(aliceConnects2(t, listener, { anonymous: true }))
  assert.equal(nobody.peer?.reason, 'anonymous peers are not on the list')

  await writeFile(file, `${ed25519Alice.toString()} alice, since today\n`)
  await aliceConnects2(t, listener)
  assert.equal((await failureOf(aliceConnects2(t, listener, { identity: rsaAlice }))).code, 'REJECTED_NOT_ALLOWED')

  errors.length = 0
  await writeFile(file, 'nonsense\n')
  assert.equal((await failureOf(aliceConnects2(t, listener))).code, 'REJECTED_NOT_ALLOWED')
  await rm(file)
  assert.equal((await failureOf(aliceConnects2(t, listener))).code, 'REJECTED_NOT_ALLOWED')
  const causes = errors.map(({ code: found, cause }) => [found, (cause as StalkError).code])
  assert.deepEqual(causes, [
    ['AUTHORIZATION_FAILED', 'PEER_LIST_INVALID'],
    ['AUTHORIZATION_FAILED', 'PEER_LIST_IO'],
  ])
  await assert.rejects(authorizedPeers(''), TypeError)
})

test('authorizedPeers sees a change that keeps the size and the time of the file', async (t) => {
  const file = path.join(await directory(t), 'authorized_peers')
  await writeFile(file, `${rsaAlice.fingerprint}\n`)
  // whole seconds, which can be set again exactly
  await utimes(file, 1000, 1000)
  const authorize = await authorizedPeers(file)
  const info = { host, port: 1, applicationProtocol: null }
  assert.equal(await authorize(rsaAlice, info), true)
  // file systems tell the times of changes some milliseconds apart
  await pause(50)
  await writeFile(file, `${ed25519Alice.fingerprint}\n`)
  await utimes(file, 1000, 1000)
  assert.notEqual(await authorize(rsaAlice, info), true)
  assert.equal(await authorize(ed25519Alice, info), true)
})

test('a signal that aborts while the list is written cuts the line at once, and connect rejects with its reason', async (t) => {
  const file = path.join(await directory(t), 'known_peers')
  await writeFile(`${file}.lock`, '')
  const listener = await bobListens2(t, (connection) => connection.closed)
  const cancel = new AbortController()
  const serverIdentity = knownPeers(file, { policy: 'accept-new' })
  const failed = assert.rejects(
    aliceConnects2(t, listener, { serverIdentity, signal: cancel.signal }),
    /no longer wanted/u,
  )
  await eventually(() => listener.connections.size === 1, 'the list is waiting for its lock')
  cancel.abort(new Error('no longer wanted'))
  await eventually(() => listener.connections.size === 0, 'the line is cut')
  await failed
  await rm(`${file}.lock`)
})

/** Another program that holds the lock of a list, and lives. */
async function holdLock(t: TestContext, file: string): Promise<() => Promise<void>> {
  const lock = `${file}.lock`
  await mkdir(lock)
  // an empty one is a lock whose holder is done
  await writeFile(path.join(lock, '0'), '')
  let count = 0
  const living = setInterval(() => void writeFile(path.join(lock, `${(count += 1)}`), '').catch(() => undefined), 20)
  const release = async (): Promise<void> => {
    clearInterval(living)
    await rm(lock, { recursive: true, force: true, maxRetries: 5 })
  }
  t.after(release)
  return release
}
