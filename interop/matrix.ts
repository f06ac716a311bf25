// One connection between the two implementations: who is who, what is said, and whether both saw the same.
import { inspect } from 'node:util'
import { connect, listen, StalkError, type Connection, type ConnectOptions, type Identity } from '@stalk/core'
import { Conversation, type Ending, type Plan, type Said } from './support/conversation.js'
import { hex } from './support/describe.js'
import type { PeerEvent, Peers } from './support/peer.js'

export type Who = 'ed25519' | 'rsa' | 'anonymous'
export type Role = 'client' | 'server'

export interface Cell {
  /** What our side is: the peer is the other. */
  readonly ours: Role
  readonly leads: 'ours' | 'theirs'
  readonly client: Who
  readonly server: Exclude<Who, 'anonymous'>
  readonly suite: 1 | 2
  readonly ending: Ending
  readonly large?: number
  /** Whoever leads sends so much that its key changes. */
  readonly rekey?: boolean
  /** Unless told otherwise there are channels on both sides. */
  readonly channels?: boolean
  /** What each side speaks, by preference. */
  readonly protocols?: { readonly ours: readonly string[]; readonly theirs: readonly string[] }
  /** More arguments of the peer. */
  readonly peerArguments?: readonly string[]
  /** What the peer is told to expect, if that is not our identity. */
  readonly pin?: string
  /** After which the peer is ended. */
  readonly seconds?: number
}

/** An identity, and the file that has it. */
export interface Key {
  readonly identity: Identity
  readonly file: string
}

/** Both sides’ keys by type: ours and theirs differ, so that nothing fits by chance. */
export type Keys = Readonly<Record<'ours' | 'theirs', Readonly<Record<Exclude<Who, 'anonymous'>, Key>>>>

/** What our side saw. */
interface Ours {
  readonly error: unknown
  readonly said: readonly Said[]
  readonly suite?: number | undefined
  readonly channelBinding?: string
  readonly exported?: string
  readonly peerIdentity?: string | null
  readonly applicationProtocol?: string | null
  readonly hasChannels?: boolean
}

export interface Outcome {
  readonly cell: Cell
  readonly ours: Ours
  readonly theirs: readonly PeerEvent[]
  readonly identities: { readonly ours: string | null; readonly theirs: string | null }
}

/** For a handshake: nothing here is about deadlines, and a machine may be busy. */
const patienceMs = 60_000

const suites: Readonly<Record<string, number>> = { 'aes-256-gcm': 1, 'chacha20-poly1305': 2 }

/** Makes the connection of a cell and lets the two sides talk to the end. */
export async function run(cell: Cell, keys: Keys, peers: Peers): Promise<Outcome> {
  const ourWho = cell.ours === 'client' ? cell.client : cell.server
  const theirWho = cell.ours === 'client' ? cell.server : cell.client
  const own = ourWho === 'anonymous' ? null : keys.ours[ourWho].identity
  const theirs = theirWho === 'anonymous' ? null : keys.theirs[theirWho]
  const result =
    cell.ours === 'client'
      ? await asClient(cell, own, keys.theirs[cell.server], peers)
      : await asServer(cell, keys.ours[cell.server].identity, theirs, peers)
  return {
    cell,
    ...result,
    identities: { ours: own?.toString() ?? null, theirs: theirs?.identity.toString() ?? null },
  }
}

function peerArguments(cell: Cell, key: Key | null): string[] {
  const { suite } = cell
  // a client’s first suite decides, and a server has only one, so that we as client are asked for it if we prefer the other
  const order = cell.ours === 'client' ? `${suite}` : `${suite},${3 - suite}`
  return [
    ...(key === null ? ['--anonymous'] : ['--identity', key.file]),
    ...['--suite', order, '--ending', cell.ending, '--large', `${cell.large ?? 0}`],
    ...(cell.leads === 'theirs' ? ['--lead'] : []),
    ...['--seconds', '60'],
    ...(cell.rekey === true ? ['--rekey', '--seconds', '120'] : []),
    ...(cell.channels === false ? ['--no-channels'] : []),
    ...(cell.protocols?.theirs.flatMap((name) => ['--protocol', name]) ?? []),
    ...(cell.peerArguments ?? []),
  ]
}

function ourOptions(cell: Cell): Pick<ConnectOptions, 'limits' | 'applicationProtocols'> {
  return {
    ...(cell.protocols && { applicationProtocols: cell.protocols.ours }),
    // the smallest records that there are, as it takes 2^20 of them until a key changes
    ...(cell.rekey === true && { limits: { maxRecordBytes: 512 } }),
  }
}

type Result = Pick<Outcome, 'ours' | 'theirs'>

async function asClient(cell: Cell, own: Identity | null, theirs: Key, peers: Peers): Promise<Result> {
  const peer = peers.start(['listen', ...peerArguments(cell, theirs)], cell.seconds)
  const port = await peer.port('listening')
  const options: ConnectOptions = {
    ...ourOptions(cell),
    timeoutMs: patienceMs,
    ...(own === null ? { anonymous: true } : { identity: own }),
    serverIdentity: theirs.identity,
  }
  const ours = await talk(cell, () => connect('127.0.0.1', port, options))
  await peer.ended()
  return { ours, theirs: peer.events }
}

async function asServer(cell: Cell, own: Identity, theirs: Key | null, peers: Peers): Promise<Result> {
  const served = deferred<Ours>()
  const options = {
    ...ourOptions(cell),
    identity: own,
    allowAnonymous: theirs === null,
    handshakeTimeoutMs: patienceMs,
    onError: (error: unknown) => served.resolve({ error, said: [] }),
  }
  const listener = await listen(
    '127.0.0.1',
    0,
    async (it) => served.resolve(await talk(cell, () => Promise.resolve(it))),
    options,
  )
  const pin = ['--server-identity', cell.pin ?? own.fingerprint]
  const peer = peers.start(
    ['connect', '127.0.0.1', `${listener.port}`, ...pin, ...peerArguments(cell, theirs)],
    cell.seconds,
  )
  await peer.ended()
  const ours = await served.promise
  await listener.close()
  return { ours, theirs: peer.events }
}

async function talk(cell: Cell, open: () => Promise<Connection>): Promise<Ours> {
  const plan: Plan = { ending: cell.ending, large: cell.large ?? 0, rekey: cell.rekey === true }
  let connection: Connection | null = null
  let conversation: Conversation | null = null
  let seen: Partial<Ours> = {}
  try {
    connection = await open()
    conversation = new Conversation(connection, plan)
    seen = {
      suite: suites[connection.cipher.name],
      channelBinding: hex(connection.channelBinding),
      exported: hex(connection.exportSecret('interop', Buffer.from('context'), 48)),
      peerIdentity: connection.peerIdentity?.toString() ?? null,
      applicationProtocol: connection.applicationProtocol,
      hasChannels: connection.hasChannels,
    }
    await (cell.leads === 'ours' ? conversation.lead() : conversation.follow())
    return { ...seen, error: connection.error, said: conversation.said }
  } catch (error) {
    connection?.abort()
    return { ...seen, error, said: conversation?.said ?? [] }
  }
}

/** What the two sides did not see alike, or not as the cell says: nothing, if all is well. */
export function differences({ cell, ours, theirs, identities }: Outcome): string[] {
  const established = theirs.find(({ event }) => event === 'established')
  const compare = (what: string, left: unknown, right: unknown) =>
    JSON.stringify(left) === JSON.stringify(right) ? [] : [`${what}: ours ${short(left)}, theirs ${short(right)}`]
  return [
    ...compare('suite of the cell', ours.suite, cell.suite),
    ...compare('suite', ours.suite, established?.suite),
    ...compare('channel binding', ours.channelBinding ?? 'none', established?.channelBinding),
    ...compare('exported secret', ours.exported ?? 'none', established?.exported),
    ...compare('application protocol', ours.applicationProtocol, established?.applicationProtocol),
    ...compare('channels', ours.hasChannels, established?.hasChannels),
    ...compare('channels of the cell', ours.hasChannels, cell.channels !== false),
    ...compareRekeys(),
    ...compare('who they are', ours.peerIdentity, identities.theirs),
    ...compare('who we are', identities.ours, established?.peerIdentity),
    ...compareMessages('sent', 'received'),
    ...compareMessages('received', 'sent'),
    ...compare('our error', errorOf(ours.error), expectedError(cell, 'ours')),
    ...compare('their error', expectedError(cell, 'theirs'), theirError(theirs)),
  ]

  /** Exactly one change of the key of whoever leads. */
  function compareRekeys(): string[] {
    if (cell.rekey !== true) return []
    const over = theirs.find(({ event }) => event === 'over')
    return compare('changes of a key', 1, cell.leads === 'ours' ? over?.rekeysReceived : over?.rekeysSent)
  }

  function compareMessages(here: Said['event'], there: Said['event']): string[] {
    const of = (said: readonly { event: string; channel?: string; elements?: unknown }[], kind: string, name: string) =>
      said.filter(({ event, channel }) => event === kind && channel === name).map(({ elements }) => elements)
    return ['connection', 'echo', 'back', 'refuse me'].flatMap((name) =>
      compare(`${here} on ${name}`, of(ours.said, here, name), of(theirs, there, name)),
    )
  }
}

function short(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

function errorOf(error: unknown): unknown {
  if (error === null) return null
  return error instanceof StalkError ? [error.code, error.peer] : inspect(error)
}

function theirError(events: readonly PeerEvent[]): unknown {
  const error = events.find(({ event }) => event === 'error')
  return error === undefined ? null : [error.code, error.peer]
}

/** Whoever is told a reason has an error, and whoever gives one has none. */
function expectedError({ ending, leads }: Cell, side: 'ours' | 'theirs'): unknown {
  if (ending === 'reason' && side !== leads) return ['CLOSED_BY_PEER', { code: 0x4001, reason: 'enough' }]
  if (ending === 'their-reason' && side === leads) return ['CLOSED_BY_PEER', { code: 0x4002, reason: 'as you wish' }]
  return null
}

/** A promise and what settles it, which Node 20 does not have ready. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}
