// A peer with each of its bugs, on either side: what our side raises and says, and that nobody beside it suffers.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { connect, listen, Spack, StalkError, type Connection, type ConnectOptions, type Listener } from '@stalk/core'
import { bugs, type Bug, type Expectation } from '../bugs.js'
import { Conversation } from '../support/conversation.js'
import { makeKeys } from '../support/keys.js'
import { Peers, runPython, type Peer } from '../support/peer.js'

const { keys, remove } = await makeKeys()
const peers = new Peers()
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

const all = Object.values(bugs).flat()

/** What our side refuses to take more of, small enough for a peer to reach it at once. */
const limits = { maxMessageBytes: 2 ** 20, maxChannels: 8, channelCreditBytes: 4096 }
const withoutChannels = { ...limits, maxChannels: 0 }
const limitsFor = ({ setup }: Bug) => (setup.channels === true ? limits : withoutChannels)

/** What came of connections to our listeners, by the port that the peer has. */
const outcomes = new Map<string, { readonly promise: Promise<unknown>; readonly settle: (error: unknown) => void }>()

function outcome(port: string) {
  const known = outcomes.get(port)
  if (known !== undefined) return known
  let settle: (error: unknown) => void = () => undefined
  const promise = new Promise<unknown>((resolve) => (settle = resolve))
  const made = { promise, settle }
  outcomes.set(port, made)
  return made
}

/** Does as the peer’s conversation asks, if that gets so far. */
async function converse(connection: Connection): Promise<void> {
  await new Conversation(connection, { ending: 'end', large: 0, rekey: false }).follow()
}

function serve(options: { limits: typeof limits; handshakeTimeoutMs?: number }): Promise<Listener> {
  const handler = async (connection: Connection) => {
    await converse(connection)
    outcome(`${connection.port}`).settle(connection.error)
  }
  return listen('127.0.0.1', 0, handler, {
    ...options,
    identity: keys.ours.ed25519.identity,
    handshakeRate: false,
    // late enough that what comes before the verdict does come before it
    authorize: () => new Promise((resolve) => setTimeout(resolve, 100, true)),
    onError: (error, { peer }) => outcome(peer?.split(':').at(-1) ?? 'none').settle(error),
  })
}

const listeners = {
  plain: await serve({ limits: withoutChannels }),
  channels: await serve({ limits }),
  impatient: await serve({ limits: withoutChannels, handshakeTimeoutMs: 3000 }),
}
const good = await Promise.all(
  Object.values(listeners).map((listener) =>
    connect('127.0.0.1', listener.port, {
      identity: keys.theirs.rsa.identity,
      serverIdentity: keys.ours.ed25519.identity,
      keepalive: false,
    }),
  ),
)
after(async () => {
  await Promise.all(good.map((connection) => connection.close()))
  await Promise.all(Object.values(listeners).map((listener) => listener.close()))
  await peers.close()
  await remove()
})

/** The connections beside the bad one are well. */
async function othersAreWell(): Promise<void> {
  for (const connection of good) {
    connection.send(new Spack().string('still there?'))
    // several tests share them, so any answer is one
    assert.deepEqual((await connection.receive())?.values(), ['still there?'])
  }
  assert.deepEqual(unhandled, [])
}

function peerArguments({ name, setup }: Bug, isControl: boolean): string[] {
  return [
    ...[
      '--seconds',
      '60',
      '--bug',
      name,
      '--identity',
      setup.rsa === true ? keys.theirs.rsa.file : keys.theirs.ed25519.file,
    ],
    ...(setup.channels === true ? [] : ['--no-channels']),
    ...(setup.protocol === undefined ? [] : ['--protocol', setup.protocol]),
    ...(isControl ? ['--lead'] : []),
  ]
}

/** What our side raised: null, if nothing. */
async function asServer(peer: Peer): Promise<unknown> {
  const port = await peer.port('connected')
  await peer.ended()
  const raised = await outcome(`${port}`).promise
  // the system will give the port to somebody else
  outcomes.delete(`${port}`)
  return raised
}

async function asClient(bug: Bug, peer: Peer): Promise<unknown> {
  const port = await peer.port('listening')
  const key = bug.setup.rsa === true ? keys.theirs.rsa : keys.theirs.ed25519
  const options: ConnectOptions = {
    identity: keys.ours.ed25519.identity,
    limits: limitsFor(bug),
    ...(bug.setup.protocol !== undefined && { applicationProtocols: [bug.setup.protocol] }),
    ...(bug.setup.handshakeMs !== undefined && { timeoutMs: bug.setup.handshakeMs }),
    // every bug but one is found whoever was expected
    ...(bug.name === 'other-identity' ? { serverIdentity: key.identity } : { unverified: true }),
  }
  try {
    const connection = await connect('127.0.0.1', port, options)
    await converse(connection)
    return connection.error
  } catch (error) {
    return error
  } finally {
    await peer.ended()
  }
}

function check(peer: Peer, raised: unknown, { codes, told }: Expectation): void {
  if (codes === null) assert.equal(raised, null)
  else {
    assert.ok(raised instanceof StalkError, String(raised))
    assert.ok(codes.includes(raised.code), `${raised.code}: ${raised.message}`)
  }
  const heard = peer.find('told')?.what ?? 'nothing'
  assert.equal(heard, told, peer.lastWords)
  if (codes === null && told === 'nothing') assert.ok(peer.find('over'), peer.lastWords)
}

// four at a time: most of it is waiting for a process to start
describe('bugs', { concurrency: 4 }, () => {
  for (const bug of all) {
    const { name, what, client, server, setup } = bug
    if (client !== null) {
      test(`a client that ${what}: ${codesOf(client)}, and hears ${client.told} (${name})`, async () => {
        const { port } =
          setup.handshakeMs !== undefined
            ? listeners.impatient
            : setup.channels === true
              ? listeners.channels
              : listeners.plain
        const pin = ['--server-identity', keys.ours.ed25519.identity.fingerprint]
        const args = ['connect', '127.0.0.1', `${port}`, ...pin, ...peerArguments(bug, client.codes === null)]
        const peer = peers.start(args, name === 'late-rekey' ? 400 : 120)
        check(peer, await asServer(peer), client)
        await othersAreWell()
      })
    }
    if (server !== null) {
      test(`a server that ${what}: ${codesOf(server)}, and hears ${server.told} (${name})`, async () => {
        const peer = peers.start(['listen', ...peerArguments(bug, server.codes === null)])
        check(peer, await asClient(bug, peer), server)
        await othersAreWell()
      })
    }
  }
})

function codesOf({ codes }: Expectation): string {
  return codes === null ? 'nothing is wrong' : codes.join(' or ')
}

test('the table and the peer have the same bugs', () => {
  const { stdout, status, stderr } = runPython(['-m', 'peer', '--bug', 'list'])
  assert.equal(status, 0, stderr)
  const listed = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; roles: string[]; text: string })
    // these two are what the matrix has to find
    .filter(({ name }) => name !== 'wrong-binding' && name !== 'wrong-message')
  const described = (name: string, text: string, isClient: boolean, isServer: boolean) =>
    `${name}: ${text}${isClient ? ', client' : ''}${isServer ? ', server' : ''}`
  assert.deepEqual(
    all.map(({ name, what, client, server }) => described(name, what, client !== null, server !== null)).sort(),
    listed
      .map(({ name, text, roles }) => described(name, text, roles.includes('connect'), roles.includes('listen')))
      .sort(),
  )
})

test('after all of them a new connection is served, and nothing was left unhandled', async () => {
  for (const listener of Object.values(listeners)) {
    const connection = await connect('127.0.0.1', listener.port, {
      identity: keys.theirs.ed25519.identity,
      serverIdentity: keys.ours.ed25519.identity,
    })
    connection.send(new Spack().integer(1))
    assert.deepEqual((await connection.receive())?.values(), [1])
    await connection.close()
  }
  await othersAreWell()
})
