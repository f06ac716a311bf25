// The faults that end connections.
import type { KeepaliveTimes } from '@stalk/core'
import type { Stream } from '../support/stage.js'
import { ending } from './ending.js'
import { atOnce, silence } from './expected.js'
import type { Fault } from './fault.js'

const ports = (streams: readonly Stream[]): number[] =>
  streams.map(({ sender }) => sender.all('connected').at(-1)?.port ?? 0)

/** For whoever is stopped to be given up meanwhile. */
const aBitMoreThanDead = ({ pingAfterMs, deadAfterMs }: KeepaliveTimes): number => pingAfterMs + deadAfterMs + 8_000

export const endingFaults: readonly Fault[] = [
  ending({
    name: 'cut',
    what: 'the cable is cut: nothing passes, nobody is told; mended after both have noticed',
    shortMessages: 50_000,
    client: silence,
    listener: silence,
    strike: ({ hosts }) => hosts.setCable({ cut: true }),
    mend: ({ hosts }) => hosts.setCable({}),
  }),
  ending({
    name: 'interface-down',
    what: 'the interface of the client goes down, and up again after both have noticed',
    client: silence,
    listener: silence,
    strike: ({ hosts }) => hosts.setInterface('near', 'down'),
    mend: ({ hosts }) => hosts.setInterface('near', 'up'),
  }),
  ending({
    name: 'reset',
    what: 'somebody on the way puts a TCP reset with the right number in the place of a segment',
    client: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    listener: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    strike: async (stage, streams) => stage.hosts.reset(ports(streams)),
  }),
  ending({
    name: 'damage',
    what: 'two words of a segment change places on the way, which no checksum of TCP finds',
    sender: { alwaysRetry: true },
    client: atOnce('strike', 'CLOSED_BY_PEER'),
    listener: atOnce('strike', 'RECORD_AUTH_FAILED', 'RECORD_LENGTH'),
    strike: async (stage, streams) => stage.hosts.damage(ports(streams)),
  }),
  ending({
    name: 'freeze-listener',
    what: 'the listener is stopped (SIGSTOP) for longer than a peer may be silent, then goes on (SIGCONT)',
    hitsListener: true,
    client: silence,
    listener: atOnce('mend', 'CLOSED_BY_PEER', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    strike: ({ receiver }) => receiver.signal('SIGSTOP'),
    mendAfterMs: aBitMoreThanDead,
    mend: ({ receiver }) => receiver.signal('SIGCONT'),
  }),
  ending({
    name: 'freeze-client',
    what: 'the client is stopped for longer than a peer may be silent, then goes on',
    client: atOnce('mend', 'CLOSED_BY_PEER', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    listener: silence,
    strike: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGSTOP')),
    mendAfterMs: aBitMoreThanDead,
    mend: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGCONT')),
  }),
  ending({
    name: 'kill-listener',
    what: 'the listener is killed (SIGKILL); a new process goes on where the old one had written down that it was',
    shortMessages: 50_000,
    stage: { remembers: true },
    modes: ['plain', 'answered'],
    hitsListener: true,
    client: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    listener: null,
    strike: ({ receiver }) => receiver.signal('SIGKILL'),
    mend: (stage) => stage.restartReceiver(),
  }),
  ending({
    name: 'kill-client',
    what: 'the client is killed; a new process goes on where the listener says that it is',
    client: null,
    listener: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    strike: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGKILL')),
    mend: (stage, streams) => streams.forEach((stream) => stage.restartSender(stream)),
  }),
]
