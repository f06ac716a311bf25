// The faults that a connection outlasts.
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from './fault.js'
import { lasting } from './lasting.js'

const DRIBBLE_MESSAGES = 20_000

export const lastingFaults: readonly Fault[] = [
  lasting({ name: 'none', what: 'nothing, for comparison' }),
  lasting({ name: 'loss-1', what: '1 % of the packets are lost, each way', cable: { loss: 0.01 } }),
  lasting({ name: 'loss-5', what: '5 % are lost', cable: { loss: 0.05 } }),
  lasting({ name: 'loss-20', what: '20 % are lost', cable: { loss: 0.2 }, messages: 500_000 }),
  lasting({
    name: 'reorder',
    what: '5 % are held back for 5 ms, so that others overtake them',
    cable: { reorder: 0.05 },
  }),
  lasting({ name: 'duplicate', what: '10 % arrive twice', cable: { duplicate: 0.1 } }),
  lasting({
    name: 'corrupt',
    what: 'in 1 % a bit is flipped; checksums of IP and TCP find it',
    cable: { corrupt: 0.01 },
  }),
  lasting({ name: 'delay', what: 'everything takes 200 ms, each way', cable: { delayMs: 200 }, messages: 200_000 }),
  lasting({
    name: 'everything',
    what: '50 ms each way, and 2 % each are lost, held back, duplicated and corrupted',
    messages: 300_000,
    shortMessages: 20_000,
    cable: { delayMs: 50, loss: 0.02, reorder: 0.02, duplicate: 0.02, corrupt: 0.02 },
  }),
  lasting({
    name: 'tiny-packets',
    what: 'an MTU of 68 bytes, the least of IPv4',
    stage: { mtu: 68 },
    messages: 200_000,
  }),
  lasting({
    name: 'dribble',
    what: 'a relay writes every byte by itself, in both directions',
    messages: DRIBBLE_MESSAGES,
    prepare: async (stage) => {
      const relay = stage.hosts.start('near', 'dribble', stage.addressOfReceiver)
      return { host: '127.0.0.1', port: (await relay.next('listening')).port ?? 0 }
    },
  }),
  lasting({
    name: 'short-cut',
    what: 'the cable is cut for 20 s',
    during: async (stage, stream) => {
      await stage.taken(stream, stream.messages / 10)
      await stage.hosts.setCable({ cut: true })
      await pause(20_000)
      await stage.hosts.setCable({})
      return { seen: [], problems: [] }
    },
  }),
  lasting({
    name: 'pause-long',
    what: 'the listener is stopped for 70 s, longer than a peer may be silent; the client has keepalive off and waits',
    hitsListener: true,
    prepare: () => Promise.resolve({ keepalive: false }),
    during: async (stage, stream) => {
      await stage.taken(stream, stream.messages / 10)
      stage.receiver.signal('SIGSTOP')
      await pause(70_000)
      stage.receiver.signal('SIGCONT')
      return { seen: [], problems: [] }
    },
  }),
  ...(['receiver', 'sender'] as const).map((side) =>
    lasting({
      name: `pause-${side === 'receiver' ? 'listener' : 'client'}`,
      what: `the ${side === 'receiver' ? 'listener' : 'client'} is stopped (SIGSTOP) and goes on (SIGCONT) after 30 s`,
      during: async (stage, stream) => {
        await stage.taken(stream, stream.messages / 10)
        const program = side === 'receiver' ? stage.receiver : stream.sender
        program.signal('SIGSTOP')
        await pause(30_000)
        program.signal('SIGCONT')
        return { seen: [], problems: [] }
      },
    }),
  ),
]
