import {
  addKnownPeer,
  escapeControls,
  listKnownPeers,
  removeKnownPeer,
  type Identity,
  type KnownPeer,
} from '@stalk/core'
import type { Command } from 'commander'
import { hostArgument, knownPeersOption, portFrom } from './arguments.js'
import { CommandError, exitCodes, usageError } from './exit-codes.js'
import { resolveIdentity } from './identities.js'
import { formatAddress, note, printLine } from './output.js'

/** As commander hands them over. */
interface TrustOptions {
  readonly knownPeers?: string
  readonly json?: true
}

export function addTrust(program: Command): void {
  const trust = program
    .command('trust')
    .summary('show and change the list of known servers')
    .description(
      'The servers that are known, and by which identity: `~/.stalk/known_peers`. `stalk connect`, `stalk pipe`, `stalk ping`, ' +
        '`stalk bench`, `stalk describe` and `stalk call` go by this list unless they are told whom to expect.',
    )
    .helpCommand('help [command]', 'print the help of a command')
  trust
    .command('list')
    .summary('print the known servers')
    .description('Prints the address and the fingerprint of every known server.')
    .addOption(knownPeersOption())
    .option('--json', 'print one line of JSON for each')
    .action(listTrusted)
  trust
    .command('add')
    .summary('add a server')
    .description('Adds a server, beside what is known of it: both identities are expected then.')
    .addArgument(hostArgument('where the server is, as you write it to connect'))
    .argument('<port>', 'its port', portFrom(1))
    .argument('<identity>', 'its text form (stalk/2:ed25519:…) or its id_pub file')
    .addOption(knownPeersOption())
    .action(addTrusted)
  trust
    .command('remove')
    .summary('take a server out')
    .description('Takes a server out: the next connection sees it for the first time.')
    .addArgument(hostArgument('where the server is'))
    .argument('<port>', 'its port', portFrom(1))
    .argument('[fingerprint]', 'only this identity of it')
    .addOption(knownPeersOption())
    .action(removeTrusted)
}

/** Prints the known servers, one a line. */
async function listTrusted({ knownPeers, json }: TrustOptions): Promise<void> {
  const peers = await listKnownPeers(knownPeers)
  if (peers.length === 0) {
    note('no server is known yet: on a terminal whoever connects is asked about a new one, `stalk trust add` adds one')
  }
  for (const peer of peers) {
    await printLine(json ? jsonOf(peer) : `${escapeControls(peer.address)} ${peer.identity.fingerprint}`)
  }
}

/** Adds a server. */
async function addTrusted(host: string, port: number, key: string, { knownPeers }: TrustOptions): Promise<void> {
  const identity = await resolveWholeIdentity(key)
  const isNew = await addKnownPeer({ host, port }, identity, knownPeers)
  note(`${formatAddress(host, port)} ${identity.fingerprint} ${isNew ? 'is known from now on' : 'was known already'}`)
}

/** A fingerprint says whom to expect, but the list has what can be compared bit by bit. */
async function resolveWholeIdentity(value: string): Promise<Identity> {
  const identity = await resolveIdentity(value, 'the identity')
  if (typeof identity !== 'string') return identity
  throw usageError('a fingerprint is not enough: take the whole line that `stalk id --only identity` prints there')
}

/** Takes a server out, or one identity of it. */
async function removeTrusted(
  host: string,
  port: number,
  fingerprint: string | undefined,
  { knownPeers: path }: TrustOptions,
): Promise<void> {
  if (fingerprint !== undefined && !/^[\w-]{43}$/u.test(fingerprint)) {
    throw usageError('a fingerprint has 43 characters: `stalk trust list` prints it')
  }
  const removed = await removeKnownPeer(
    { host, port },
    { ...(path !== undefined && { path }), ...(fingerprint !== undefined && { fingerprint }) },
  )
  if (removed.length === 0) {
    const what = fingerprint === undefined ? '' : ` with the fingerprint ${fingerprint}`
    throw new CommandError('PEER_UNKNOWN', `${formatAddress(host, port)}${what} is not known`, exitCodes.authentication)
  }
  for (const { address, identity } of removed) note(`${address} ${identity.fingerprint} is not known any more`)
}

function jsonOf({ line, address, identity }: KnownPeer): string {
  return JSON.stringify({ line, address, fingerprint: identity.fingerprint, identity: identity.toString() })
}
