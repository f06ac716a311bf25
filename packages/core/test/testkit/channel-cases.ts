// Connections with channels: conversations, and one fault each. SPEC, stalk/2 §14.
import type { KitChannel, KitExpectation } from './files.js'
import type { KitCase, LaterStep } from './record.js'

/** What both sides offer: 4,096 bytes of credit, two channels at once. */
const channels = { creditBytes: 4096, maxChannels: 2 }
const accept = '050300040100000006000600001000' + '0002'
const done = '020000'
const compact = '010107'
const end = { code: 0, reason: '' }
const roles = ['initiator', 'responder'] as const
type Role = (typeof roles)[number]

/** The first channel that the peer of this role, and you in this role, open. */
const theirs = { initiator: 0x11, responder: 0x10 } as const
const yours = { initiator: 0x10, responder: 0x11 } as const

function seal(...plaintexts: readonly string[]): LaterStep {
  return { seal: plaintexts }
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** A DATA record. */
function data(...frames: readonly string[]): string {
  return `01${frames.join('')}`
}

/** A frame of fewer than 64 bytes. */
function frame(channel: number, digits: string, isFinal = true): string {
  return `${byte(channel)}${byte(digits.length + (isFinal ? 1 : 0))}${digits}`
}

function control(digits: string): string {
  return frame(2, digits)
}

/** OPEN with the priority `normal` and the name `x`. */
function open(channel: number): string {
  return control(`01${byte(channel)}0178`)
}

function endOf(channel: number): string {
  return control(`03${byte(channel)}`)
}

function reset(channel: number, code = '0000', reason = ''): string {
  return control(`04${byte(channel)}${code}${reason}`)
}

function credit(channel: number, digits = '01'): string {
  return control(`02${byte(channel)}${digits}`)
}

const sayDone = control('05')

interface Talk {
  readonly name: string
  readonly later: (role: Role) => readonly LaterStep[]
  readonly messages?: readonly string[]
  readonly channels: (role: Role) => readonly KitChannel[]
}

function by(role: Role, channel: KitChannel['channel'], rest: Partial<KitChannel> = {}): KitChannel {
  const opened = channel === yours[role] ? null : { name: 'x', priority: 'normal' }
  return { channel, opened, messages: [], end: null, ...rest }
}

/** Both sides have channels; both end in the end, the peer first. */
function talk(role: Role, { name, later, messages = [], channels: expected }: Talk): KitCase {
  const first: readonly LaterStep[] = role === 'initiator' ? [seal(accept)] : [{ do: 'accept' }, { hears: [accept] }]
  return {
    name: `channels, you are the ${role}: ${name}`,
    you: { role, channels },
    peer: role === 'responder' ? { fields: { channels } } : {},
    later: [...first, ...later(role), seal(data(sayDone)), { do: 'end' }, { hears: [done] }, seal(done)],
    expect: { established: true, messages, end, channels: expected(role) },
  }
}

const talks: readonly Talk[] = [
  { name: 'nobody opens any', later: () => [seal(data(frame(0, compact)))], messages: [compact], channels: () => [] },
  {
    name: 'a call of the peer, in one record, and your answer in one',
    later: (role) => {
      const id = theirs[role]
      return [
        seal(data(open(id), frame(id, compact), endOf(id))),
        { do: 'messageOn', channel: id, compact },
        { hears: [data(frame(id, compact))] },
        { do: 'endChannel', channel: id },
        { hears: [data(endOf(id))] },
      ]
    },
    channels: (role) => [by(role, theirs[role], { messages: [compact], end: 'end' })],
  },
  {
    name: 'a call of yours',
    later: (role) => {
      const id = yours[role]
      return [
        { do: 'open', name: 'x', priority: 'normal' },
        { hears: [data(open(id))] },
        { do: 'messageOn', channel: id, compact },
        { do: 'endChannel', channel: id },
        { hears: [data(frame(id, compact)), data(endOf(id))] },
        seal(data(frame(id, compact), frame(id, compact), endOf(id))),
      ]
    },
    channels: (role) => [by(role, yours[role], { messages: [compact, compact], end: 'end' })],
  },
  {
    name: 'every priority, the longest name, the shortest',
    later: (role) => {
      const id = theirs[role]
      return [seal(data(`02850401${byte(id)}00${'78'.repeat(255)}`)), seal(data(control(`01${byte(id + 2)}02c3bc`)))]
    },
    channels: (role) => [
      by(role, theirs[role], { opened: { name: 'x'.repeat(255), priority: 'interactive' }, end: 'truncated' }),
      by(role, theirs[role] + 2, { opened: { name: 'ü', priority: 'bulk' }, end: 'truncated' }),
    ],
  },
  {
    name: 'frames of two messages, one on the connection itself, take turns',
    later: (role) => {
      const id = theirs[role]
      const [one, two] = [compact.slice(0, 2), compact.slice(2)]
      return [seal(data(open(id), frame(id, one, false), frame(0, one, false)), data(frame(id, two), frame(0, two)))]
    },
    messages: [compact],
    channels: (role) => [by(role, theirs[role], { messages: [compact], end: 'truncated' })],
  },
  {
    name: 'the peer gives a channel of yours up; what crossed is left alone, as is what it says of it later',
    later: (role) => {
      const id = yours[role]
      return [
        { do: 'open', name: 'x', priority: 'normal' },
        { hears: [data(open(id))] },
        seal(data(reset(id, '4001', '6e6f'))),
        seal(data(frame(id, compact), credit(id), endOf(id), reset(id))),
      ]
    },
    channels: (role) => [by(role, yours[role], { end: { code: 0x4001, reason: 'no' } })],
  },
  {
    name: 'you give a channel of the peer up: it counts no more, and what crossed is left alone',
    later: (role) => {
      const id = theirs[role]
      return [
        seal(data(open(id), open(id + 2))),
        { do: 'reset', channel: id, code: 1, reason: 'no' },
        { hears: [data(reset(id, '0001', '6e6f'))] },
        seal(data(frame(id, compact), endOf(id), open(id + 4))),
      ]
    },
    channels: (role) => [
      by(role, theirs[role]),
      by(role, theirs[role] + 2, { end: 'truncated' }),
      by(role, theirs[role] + 4, { end: 'truncated' }),
    ],
  },
  {
    name: 'a channel that both have ended makes room for another',
    later: (role) => {
      const id = theirs[role]
      return [
        seal(data(open(id), endOf(id), open(id + 2))),
        { do: 'endChannel', channel: id },
        { hears: [data(endOf(id))] },
        seal(data(open(id + 4))),
      ]
    },
    channels: (role) => [
      by(role, theirs[role], { end: 'end' }),
      by(role, theirs[role] + 2, { end: 'truncated' }),
      by(role, theirs[role] + 4, { end: 'truncated' }),
    ],
  },
  {
    name: 'credit for the connection itself and for a channel, as much as there can be',
    later: (role) => [
      seal(data(open(theirs[role]))),
      seal(data(credit(0, 'ffdfffff0f'), credit(theirs[role], 'ffdfffff0f'))),
    ],
    channels: (role) => [by(role, theirs[role], { end: 'truncated' })],
  },
]

/** Only one side offers channels: then there are none. */
const unanswered: readonly KitCase[] = [
  {
    name: 'channels: the responder has none',
    you: { role: 'initiator', channels },
    later: [seal('0503000401000000'), seal('010007010107'), { do: 'end' }, { hears: [done] }, seal(done)],
    expect: { established: true, messages: [compact], end },
  },
  {
    name: 'channels: the initiator has none',
    you: { role: 'responder', channels },
    later: [
      { do: 'accept' },
      { hears: ['0503000401000000'] },
      seal('010007010107'),
      seal(done),
      { do: 'end' },
      { hears: [done] },
    ],
    expect: { established: true, messages: [compact], end },
  },
  {
    name: 'channels: you have none, and the responder says something about its own',
    you: { role: 'initiator' },
    later: [seal(accept), seal('010007010107'), { do: 'end' }, { hears: [done] }, seal(done)],
    expect: { established: true, messages: [compact], end },
  },
]

interface Fault {
  readonly name: string
  readonly records: (id: number) => readonly string[]
  readonly error: string
  /** What is known of channels by then; nothing unless told otherwise. */
  readonly channels?: (role: Role, id: number) => readonly KitChannel[]
}

/** A channel of the peer's is there, and nothing has come on it. */
const opened = (role: Role, id: number): readonly KitChannel[] => [by(role, id)]

const faults: readonly Fault[] = [
  { name: 'a control message of no bytes', records: () => [data('0201')], error: 'CHANNEL_CONTROL_INVALID' },
  {
    name: 'a control message in two frames',
    records: () => [data('020205', '0201')],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  { name: 'a control message of type 0', records: () => [data(control('00'))], error: 'CHANNEL_CONTROL_INVALID' },
  { name: 'a control message of type 6', records: () => [data(control('0610'))], error: 'CHANNEL_CONTROL_INVALID' },
  {
    name: 'OPEN without a name',
    records: (id) => [data(control(`01${byte(id)}01`))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'OPEN with a name of 256 bytes',
    records: (id) => [data(`02870401${byte(id)}01${'78'.repeat(256)}`)],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'OPEN with a name that is no UTF-8',
    records: (id) => [data(control(`01${byte(id)}01ff`))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'OPEN with the priority 3',
    records: (id) => [data(control(`01${byte(id)}0378`))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'OPEN with a number that is not minimal',
    records: (id) => [data(control(`01${byte(id + 0x80)}000178`))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  { name: 'CREDIT of nothing', records: () => [data(credit(0, '00'))], error: 'CHANNEL_CONTROL_INVALID' },
  { name: 'CREDIT that is cut', records: () => [data(control('0200'))], error: 'CHANNEL_CONTROL_INVALID' },
  { name: 'CREDIT with a byte too many', records: () => [data(credit(0, '0101'))], error: 'CHANNEL_CONTROL_INVALID' },
  {
    name: 'RESET with half a code',
    records: (id) => [data(control(`04${byte(id)}00`))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'RESET with a reason of 256 bytes',
    records: (id) => [data(`02890404${byte(id)}0000${'78'.repeat(256)}`)],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  {
    name: 'DONE with a reason that is no UTF-8',
    records: () => [data(control('05ff'))],
    error: 'CHANNEL_CONTROL_INVALID',
  },
  { name: 'a frame on channel 3', records: () => [data(frame(3, compact))], error: 'FRAME_CHANNEL' },
  { name: 'a frame on channel 15', records: () => [data(frame(15, compact))], error: 'FRAME_CHANNEL' },
  { name: 'OPEN of a number of yours', records: (id) => [data(open(id ^ 1))], error: 'CHANNEL_ID' },
  { name: 'OPEN of the number after the next', records: (id) => [data(open(id + 2))], error: 'CHANNEL_ID' },
  { name: 'OPEN of channel 0', records: () => [data(open(0))], error: 'CHANNEL_ID' },
  {
    name: 'OPEN of the same number twice',
    records: (id) => [data(open(id)), data(open(id))],
    error: 'CHANNEL_ID',
    channels: opened,
  },
  {
    name: 'OPEN of a third channel where two may be',
    records: (id) => [data(open(id)), data(open(id + 2), open(id + 4))],
    error: 'CHANNEL_LIMIT',
    channels: opened,
  },
  {
    name: 'a frame of a channel that never was',
    records: (id) => [data(frame(id, compact))],
    error: 'CHANNEL_UNKNOWN',
  },
  { name: 'CREDIT for a channel that never was', records: (id) => [data(credit(id))], error: 'CHANNEL_UNKNOWN' },
  { name: 'CREDIT for channel 1', records: () => [data(credit(1))], error: 'CHANNEL_UNKNOWN' },
  { name: 'END of a channel that never was', records: (id) => [data(endOf(id ^ 1))], error: 'CHANNEL_UNKNOWN' },
  { name: 'END of channel 0', records: () => [data(endOf(0))], error: 'CHANNEL_UNKNOWN' },
  { name: 'RESET of a channel that never was', records: (id) => [data(reset(id))], error: 'CHANNEL_UNKNOWN' },
  {
    name: 'a frame after END',
    records: (id) => [data(open(id)), data(endOf(id), frame(id, compact))],
    error: 'CHANNEL_ENDED',
    channels: opened,
  },
  {
    name: 'END twice',
    records: (id) => [data(open(id)), data(endOf(id), endOf(id))],
    error: 'CHANNEL_ENDED',
    channels: opened,
  },
  { name: 'a message after DONE', records: () => [data(sayDone, frame(0, compact))], error: 'CHANNEL_ENDED' },
  { name: 'OPEN after DONE', records: (id) => [data(sayDone, open(id))], error: 'CHANNEL_ENDED' },
  { name: 'DONE twice', records: () => [data(sayDone, sayDone)], error: 'CHANNEL_ENDED' },
  {
    name: 'END inside a message',
    records: (id) => [data(open(id)), data(frame(id, '01', false), endOf(id))],
    error: 'MESSAGE_TRUNCATED',
    channels: opened,
  },
  {
    name: 'DONE inside a message',
    records: (id) => [data(open(id)), data(frame(id, '01', false), sayDone)],
    error: 'MESSAGE_TRUNCATED',
    channels: opened,
  },
  {
    name: 'CLOSE inside a message of a channel',
    records: (id) => [data(open(id)), data(frame(id, '01', false)), done],
    error: 'MESSAGE_TRUNCATED',
    channels: opened,
  },
  {
    name: 'a byte more than there is credit for, in a frame that ends a message',
    records: (id) => [data(open(id)), data(`${byte(id)}833f${'07'.repeat(4033)}`)],
    error: 'CHANNEL_CREDIT_EXCEEDED',
    channels: opened,
  },
  {
    name: 'a byte more than there is credit for, in a frame that does not, on the connection itself',
    records: () => [data(`008240${'07'.repeat(4097)}`)],
    error: 'CHANNEL_CREDIT_EXCEEDED',
  },
  {
    name: 'more CREDIT than there can be',
    records: (id) => [data(open(id)), data(credit(id, '80e0ffff0f'))],
    error: 'CHANNEL_CREDIT_OVERFLOW',
    channels: opened,
  },
  {
    name: 'a message of no bytes on a channel',
    records: (id) => [data(open(id)), data(frame(id, ''))],
    error: 'FRAME_EMPTY',
    channels: opened,
  },
  {
    name: 'a message on a channel that is no spack',
    records: (id) => [data(open(id)), data(frame(id, 'ff'))],
    error: 'PEER_MESSAGE_INVALID',
    channels: opened,
  },
]

function fault(role: Role, { name, records, error, channels: expected }: Fault): KitCase {
  const stage = error === 'MESSAGE_TRUNCATED' ? 'end' : 'record'
  const expectation: Partial<KitExpectation> = { established: true, error, stage, tells: 'close 2' }
  const first: LaterStep = role === 'initiator' ? seal(accept) : { do: 'accept' }
  const id = theirs[role]
  return {
    name: `channels for the ${role}: ${name}`,
    you: { role, channels },
    peer: role === 'responder' ? { fields: { channels } } : {},
    later: [first, ...records(id).map((record) => seal(record))],
    expect: expected === undefined ? expectation : { ...expectation, channels: expected(role, id) },
  }
}

export const channelCases: readonly KitCase[] = [
  ...roles.flatMap((role) => talks.map((each) => talk(role, each))),
  ...unanswered,
  ...roles.flatMap((role) => faults.map((each) => fault(role, each))),
]
