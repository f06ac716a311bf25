// Connections without a fault.
import { encode, Spack } from '@stalk/spack'
import { encodeTlv } from '#src/stalk2/tlv.js'
import { entries, extended, hex, toHex, utf8, withEntry, withValue } from './changes.js'
import type { PeerPlan } from './faulty-peer.js'
import type { KitCase, LaterStep } from './record.js'

const accept = '0503000401000000'
const done = '020000'
/** A DATA record that brings the integer 7, and the message in the compact form. */
const message = '010007010107'
const compact = '010107'
const end = { code: 0, reason: '' }

/** Your ACCEPT, with the 16 MiB that you take. */
const yourAccept = '0503000401000000'
const yourMessage: LaterStep = { do: 'message', compact }
const yourEnd: LaterStep = { do: 'end' }

interface Talk {
  readonly name: string
  readonly you?: Partial<KitCase['you']>
  readonly peer?: PeerPlan
  readonly later?: readonly LaterStep[]
  readonly messages?: readonly string[]
  readonly accept?: string
  readonly yourAccept?: string
}

/** You connect, both say something, both close. */
function connecting({ name, you, peer, later = [], messages = [], accept: verdict = accept }: Talk): KitCase {
  return {
    name: `you connect: ${name}`,
    you: { role: 'initiator', ...you },
    peer: peer ?? {},
    later: [
      { seal: verdict },
      yourMessage,
      { hears: [message] },
      { seal: message },
      ...later,
      yourEnd,
      { hears: [done] },
      { seal: done },
    ],
    expect: { established: true, messages: [compact, ...messages], end },
  }
}

/** You listen, both say something, both close. */
function listening({ name, you, peer, later = [], messages = [], yourAccept: verdict = yourAccept }: Talk): KitCase {
  return {
    name: `you listen: ${name}`,
    you: { role: 'responder', ...you },
    peer: peer ?? {},
    later: [
      { do: 'accept' },
      { hears: [verdict] },
      { seal: message },
      yourMessage,
      { hears: [message] },
      ...later,
      { seal: done },
      yourEnd,
      { hears: [done] },
    ],
    expect: { established: true, messages: [compact, ...messages], end },
  }
}

const pairs = [
  ['alice', 'bob'],
  ['alice', 'rsa-2048'],
  ['rsa-2048', 'bob'],
  ['rsa-3072', 'rsa-2048'],
  ['rsa-2048', 'rsa-4096'],
  ['rsa-4096', 'rsa-3072'],
] as const

const unknownEntry = withEntry(0x7f, 'dead')

/** Fills a payload with an entry that is to be ignored, so that the Noise message has this length. */
function filledTo(messageBytes: number, overhead: number) {
  return (bytes: Uint8Array) => withEntry(0x10, '00'.repeat(messageBytes - overhead - bytes.length - 3))(bytes)
}

const signatureEntryBytes = 3 + 64
const noiseBytesOfB = 32 + 48 + 16
const noiseBytesOfC = 48 + 16

const handshakes: readonly KitCase[] = [
  ...pairs.flatMap(([caller, listener]) => [
    connecting({ name: `${caller} calls ${listener}`, you: { identity: caller }, peer: { identity: listener } }),
    listening({ name: `${caller} calls ${listener}`, you: { identity: listener }, peer: { identity: caller } }),
  ]),
  connecting({ name: 'you take whoever answers', you: { pin: null } }),
  connecting({ name: 'you are anonymous', you: { identity: null } }),
  listening({ name: 'the caller is anonymous', you: { allowAnonymous: true }, peer: { identity: null } }),
  connecting({ name: 'the second suite only', you: { suites: [2] } }),
  listening({ name: 'the second suite only', you: { suites: [2] }, peer: { offers: [2] } }),
  connecting({ name: 'the second suite first', you: { suites: [2, 1] } }),
  listening({ name: 'the second suite first', peer: { offers: [2, 1] } }),
  connecting({ name: 'a retry with the second suite', peer: { suite: 2 } }),
  connecting({ name: 'a retry with the first suite', you: { suites: [2, 1] }, peer: { suite: 1 } }),
  listening({ name: 'a retry with the second suite', you: { suites: [2] }, peer: { offers: [1, 2] } }),
  listening({ name: 'a retry after an unknown suite', peer: { offers: [0x0101, 2] } }),
  listening({
    name: 'a retry, with the highest of 16 suites',
    peer: { offers: [...Array.from({ length: 15 }, (_, index) => 0x0a0a + 0x1010 * index), 1] },
  }),
  listening({ name: 'unknown suites later in the list', peer: { offers: [1, 0xfafa, 2] } }),
  listening({ name: 'all flags set', peer: { flags: 0xff } }),
  listening({ name: 'an unknown entry in A', peer: { payloadA: encodeTlv(0x7f, hex('dead')) } }),
  listening({ name: 'A of 4,096 bytes', peer: { payloadA: encodeTlv(0x10, new Uint8Array(4096 - 32 - 3)) } }),
  connecting({ name: 'B of 16,384 bytes', peer: { unsigned: filledTo(16_384, noiseBytesOfB + signatureEntryBytes) } }),
  listening({ name: 'C of 16,384 bytes', peer: { unsigned: filledTo(16_384, noiseBytesOfC + signatureEntryBytes) } }),
  connecting({ name: 'an unknown entry in B', peer: { unsigned: unknownEntry } }),
  listening({ name: 'an unknown entry in C', peer: { unsigned: unknownEntry } }),
  connecting({ name: 'an unknown entry in ACCEPT', accept: `${accept}7f0002dead` }),
  connecting({ name: 'no padding in B', peer: { unsigned: entries((all) => all.slice(1)) } }),
  listening({ name: 'no padding in C', peer: { unsigned: entries((all) => all.slice(1)) } }),
  connecting({ name: 'padding in ACCEPT', accept: `0500000400000000${accept.slice(2)}` }),
  connecting({ name: 'nothing in ACCEPT', accept: '05' }),
  listening({ name: 'bytes after the largest message', peer: { unsigned: withValue(3, extended('ffff')) } }),
  listening({ name: 'no largest message', peer: { unsigned: entries((all) => all.filter(([type]) => type !== 3)) } }),
  listening({ name: 'a ticket', peer: { fields: { ticket: hex('0102') } } }),
  connecting({ name: 'bit 255 of the ephemeral key set', peer: { highBit: true } }),
  listening({ name: 'bit 255 of the ephemeral key set', peer: { highBit: true } }),
  connecting({
    name: 'the second application protocol is chosen',
    you: { applicationProtocols: ['kv/1', 'chat'] },
    accept: `${accept}040004${utf8('chat')}`,
  }),
  listening({
    name: 'the caller’s first application protocol that you speak',
    you: { applicationProtocols: ['chat', 'kv/1'] },
    peer: { fields: { applicationProtocols: ['kv/2', 'kv/1', 'chat'] } },
    yourAccept: `${yourAccept}040004${utf8('kv/1')}`,
  }),
]

interface Frame {
  readonly channel: 0 | 1
  readonly digits: string
  readonly fin: boolean
}

/** DATA with frames of channel 0 or 1. */
function data(
  ...frames: readonly { readonly channel: 0 | 1; readonly digits: string; readonly fin: boolean }[]
): string {
  return `01${frames
    .map(({ channel, digits, fin }) => `0${channel}${uleb128(digits.length + (fin ? 1 : 0))}${digits}`)
    .join('')}`
}

function piece(digits: string): Frame {
  return { channel: 0, digits, fin: false }
}

function last(digits: string): Frame {
  return { channel: 0, digits, fin: true }
}

function padding(bytes: number, fin: boolean): Frame {
  return { channel: 1, digits: 'aa'.repeat(bytes), fin }
}

function uleb128(value: number): string {
  const low = (value & 0x7f) | (value > 0x7f ? 0x80 : 0)
  return low.toString(16).padStart(2, '0') + (value > 0x7f ? uleb128(value >>> 7) : '')
}

function compactOf(message: Spack): string {
  return toHex(encode(message, { form: 'compact' }))
}

const long = compactOf(new Spack().string('a message in many frames').integer(-1))
/** As long as `maxMessageBytes` of 70,000 lets it be: 7 bytes are not the string’s own. */
const largest = compactOf(new Spack().string('x'.repeat(70_000 - 5)))
/** In one record, as long as a record may be: its type, the channel and three bytes of length come before. */
const longestRecord = compactOf(new Spack().string('y'.repeat(65_519 - 5 - 5)))
const everyType = compactOf(
  new Spack()
    .integer(-(2n ** 64n))
    .float32(0.5)
    .float64(-0)
    .byte(255)
    .string('ü')
    .integers([1, -1])
    .bytes(new Uint8Array([0, 255]))
    .float64s([Infinity]),
)
const pingOf = (digits: string) => `03${digits}`
const pongOf = (digits: string) => `04${digits}`

const talks: readonly Talk[] = [
  { name: 'every type of value', later: [{ seal: data(last(everyType)) }], messages: [everyType] },
  { name: 'a message of no elements', later: [{ seal: data(last('00')) }], messages: ['00'] },
  { name: 'two messages in a record', later: [{ seal: data(last(compact), last(long)) }], messages: [compact, long] },
  {
    name: 'a message in frames of one record',
    later: [{ seal: data(piece(long.slice(0, 2)), piece(long.slice(2, 20)), last(long.slice(20))) }],
    messages: [long],
  },
  {
    name: 'a message in frames of three records',
    later: [{ seal: [data(piece(long.slice(0, 2))), data(piece(long.slice(2, 20))), data(last(long.slice(20)))] }],
    messages: [long],
  },
  { name: 'a last frame that is empty', later: [{ seal: [data(piece(long)), data(last(''))] }], messages: [long] },
  {
    name: 'the end of a message and the next in one record',
    later: [{ seal: [data(piece(long.slice(0, 8))), data(last(long.slice(8)), last(compact))] }],
    messages: [long, compact],
  },
  {
    name: 'padding before, inside and after a message',
    later: [
      {
        seal: data(
          padding(5, false),
          piece(long.slice(0, 8)),
          padding(9, true),
          padding(0, true),
          last(long.slice(8)),
          padding(1, false),
        ),
      },
    ],
    messages: [long],
  },
  { name: 'padding alone', later: [{ seal: data(padding(100, true)) }] },
  { name: '4,096 frames', later: [{ seal: data(...Array.from({ length: 4096 }, () => padding(1, false))) }] },
  {
    name: 'PING, which you answer',
    later: [{ seal: pingOf('0102030405060708') }, { hears: [pongOf('0102030405060708')] }],
  },
  {
    name: 'PING between the frames of a message',
    later: [
      { seal: data(piece(long.slice(0, 8))) },
      { seal: pingOf('ff'.repeat(8)) },
      { hears: [pongOf('ff'.repeat(8))] },
      { seal: data(last(long.slice(8))) },
    ],
    messages: [long],
  },
  { name: 'PONG that you did not ask for', later: [{ seal: pongOf('0102030405060708') }] },
]

const bigTalks: readonly Talk[] = [
  {
    name: 'the longest record',
    later: [{ seal: data(last(longestRecord)) }],
    messages: [longestRecord],
  },
  {
    name: 'the largest message that you take',
    you: { maxMessageBytes: 70_000 },
    later: [
      {
        seal: [
          data(piece(largest.slice(0, 60_000))),
          data(piece(largest.slice(60_000, 120_000))),
          data(last(largest.slice(120_000))),
        ],
      },
    ],
    messages: [largest],
    yourAccept: '0503000400011170',
  },
]

/** Ends of connections that are as they should be. */
const endings: readonly KitCase[] = [
  {
    name: 'you connect: the peer closes first, you go on',
    you: { role: 'initiator' },
    later: [
      { seal: [accept, message, done] },
      yourMessage,
      yourMessage,
      { hears: [message, message] },
      yourEnd,
      { hears: [done] },
    ],
    expect: { established: true, messages: [compact], end },
  },
  {
    name: 'you listen: you close first, the peer goes on',
    you: { role: 'responder' },
    later: [{ do: 'accept' }, yourEnd, { hears: [yourAccept, done] }, { seal: [message, message, done] }],
    expect: { established: true, messages: [compact, compact], end },
  },
  {
    name: 'you listen: the peer closes before your verdict',
    you: { role: 'responder' },
    later: [{ seal: done }, { do: 'accept' }, yourMessage, yourEnd, { hears: [yourAccept, message, done] }],
    expect: { established: true, end },
  },
  {
    name: 'you connect: CLOSE with a reason of 255 bytes',
    you: { role: 'initiator' },
    later: [{ seal: [accept, `${done}${utf8('ü')}${'78'.repeat(253)}`] }, yourEnd],
    expect: { established: true, end: { code: 0, reason: `ü${'x'.repeat(253)}` } },
  },
  {
    name: 'you listen: you reject, code 3',
    you: { role: 'responder' },
    later: [{ do: 'reject', code: 3, reason: 'not today' }],
    expect: { stage: 'verdict', error: 'NOT_AUTHORIZED', tells: 'reject 3' },
  },
  {
    name: 'you listen: you reject, a code of the application',
    you: { role: 'responder' },
    later: [{ do: 'reject', code: 0x4001, reason: '' }],
    expect: { stage: 'verdict', error: 'NOT_AUTHORIZED', tells: 'reject 16385' },
  },
]

export const conversationCases: readonly KitCase[] = [
  ...handshakes,
  ...talks.flatMap((talk) => [connecting(talk), listening(talk)]),
  ...bigTalks.map(listening),
  ...endings,
]
