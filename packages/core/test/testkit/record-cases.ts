// Faults after the handshake: of the verdict, before it, and of records.
import { extended, flip, replaced, shortened } from './changes.js'
import type { KitExpectation } from './files.js'
import type { KitCase, LaterStep } from './record.js'

const accept = '05'
const done = '020000'
/** A DATA record that brings the integer 7, and the message in the compact form. */
const message = '010007010107'
const compact = '010107'

interface Fault {
  readonly name: string
  readonly later: readonly LaterStep[]
  readonly error: string
  readonly expect?: Partial<KitExpectation>
}

function seal(...plaintexts: readonly string[]): LaterStep {
  return { seal: plaintexts }
}

const recordFaults: readonly Fault[] = [
  { name: 'its tag changed', later: [{ seal: message, change: flip(-1) }], error: 'RECORD_AUTH_FAILED' },
  { name: 'its first byte changed', later: [{ seal: message, change: flip(2) }], error: 'RECORD_AUTH_FAILED' },
  {
    name: 'a byte less announced',
    later: [{ seal: message, change: replaced(0, '0015') }],
    error: 'RECORD_AUTH_FAILED',
  },
  {
    name: 'a byte more announced, which comes',
    later: [{ seal: message, change: (bytes) => replaced(0, '0017')(extended('00')(bytes)) }],
    error: 'RECORD_AUTH_FAILED',
  },
  { name: '16 bytes announced', later: [{ raw: '0010' }], error: 'RECORD_LENGTH' },
  { name: 'no bytes announced', later: [{ raw: '0000' }], error: 'RECORD_LENGTH' },
  { name: '17 zeros', later: [{ raw: `0011${'00'.repeat(17)}` }], error: 'RECORD_AUTH_FAILED' },
  {
    name: 'it comes twice',
    later: [{ seal: message, change: (bytes) => new Uint8Array([...bytes, ...bytes]) }],
    error: 'RECORD_AUTH_FAILED',
    expect: { messages: [compact] },
  },
  {
    name: 'the one before it is missing',
    later: [{ seal: [message, message], change: (bytes) => bytes.slice(bytes.length / 2) }],
    error: 'RECORD_AUTH_FAILED',
  },
  {
    name: 'it comes before the one before it',
    later: [
      {
        seal: [message, message],
        change: (bytes) => new Uint8Array([...bytes.slice(bytes.length / 2), ...bytes.slice(0, bytes.length / 2)]),
      },
    ],
    error: 'RECORD_AUTH_FAILED',
  },
  { name: 'type 0', later: [seal('00')], error: 'RECORD_TYPE_UNKNOWN' },
  { name: 'type 7', later: [seal('0700')], error: 'RECORD_TYPE_UNKNOWN' },
  { name: 'type 255', later: [seal('ff')], error: 'RECORD_TYPE_UNKNOWN' },
  { name: 'ACCEPT', later: [seal(accept)], error: 'RECORD_UNEXPECTED' },
  { name: 'REJECT', later: [seal('060003')], error: 'RECORD_UNEXPECTED' },
  { name: 'PING of 7 bytes', later: [seal(`03${'00'.repeat(7)}`)], error: 'RECORD_BODY_INVALID' },
  { name: 'PING of 9 bytes', later: [seal(`03${'00'.repeat(9)}`)], error: 'RECORD_BODY_INVALID' },
  { name: 'PONG of no bytes', later: [seal('04')], error: 'RECORD_BODY_INVALID' },
  { name: 'CLOSE without a code', later: [seal('02')], error: 'RECORD_BODY_INVALID' },
  { name: 'CLOSE with half a code', later: [seal('0200')], error: 'RECORD_BODY_INVALID' },
  {
    name: 'CLOSE with a reason of 256 bytes',
    later: [seal(`${done}${'78'.repeat(256)}`)],
    error: 'RECORD_BODY_INVALID',
  },
  { name: 'CLOSE with a reason that is no UTF-8', later: [seal(`${done}ff`)], error: 'RECORD_BODY_INVALID' },
  { name: 'DATA without frames', later: [seal('01')], error: 'FRAME_EMPTY' },
  { name: 'an empty frame without fin', later: [seal('010000')], error: 'FRAME_EMPTY' },
  { name: 'a message of no bytes', later: [seal('010001')], error: 'FRAME_EMPTY' },
  { name: 'an empty frame of padding without fin', later: [seal('010100')], error: 'FRAME_EMPTY' },
  { name: 'a frame on channel 2', later: [seal('010203aa')], error: 'FRAME_CHANNEL' },
  { name: 'a frame on channel 15', later: [seal('010f03aa')], error: 'FRAME_CHANNEL' },
  { name: 'a frame on channel 2^32 - 1', later: [seal('01ffffffff0f03aa')], error: 'FRAME_CHANNEL' },
  { name: 'a frame on channel 2^32', later: [seal('01808080801003aa')], error: 'FRAME_MALFORMED' },
  { name: 'a channel that is not minimal', later: [seal('01800003aa')], error: 'FRAME_MALFORMED' },
  { name: 'a length that is not minimal', later: [seal('01008300aa')], error: 'FRAME_MALFORMED' },
  { name: 'a length that does not end', later: [seal('0100ffffffffffff')], error: 'FRAME_MALFORMED' },
  { name: 'a frame that is longer than its record', later: [seal('010005aa')], error: 'FRAME_MALFORMED' },
  { name: 'an end inside a channel', later: [seal('0180')], error: 'FRAME_MALFORMED' },
  { name: 'an end before a length', later: [seal('0100')], error: 'FRAME_MALFORMED' },
  { name: '4,097 frames', later: [seal(`01${'0103aa'.repeat(4097)}`)], error: 'FRAME_COUNT' },
  { name: 'a message that is no spack', later: [seal('010003ff')], error: 'PEER_MESSAGE_INVALID' },
  { name: 'a message of an unknown type', later: [seal('010007017f07')], error: 'PEER_MESSAGE_INVALID' },
  {
    name: 'a message of arrays that nest ten thousand deep',
    later: [seal(`0100a59c01904e${'10'.repeat(10_000)}`)],
    error: 'PEER_MESSAGE_INVALID',
  },
  {
    name: 'a message of lists that nest ten thousand deep',
    later: [seal(`0100c3b802${'0130'.repeat(10_000)}00`)],
    error: 'PEER_MESSAGE_INVALID',
  },
  { name: 'a message that is cut', later: [seal('0100050101')], error: 'PEER_MESSAGE_INVALID' },
  { name: 'a message with a byte too many', later: [seal('01000901010700')], error: 'PEER_MESSAGE_INVALID' },
]

const closed = { end: { code: 0, reason: '' } }

/** How a connection must not end. */
const endFaults: readonly Fault[] = [
  { name: 'the line ends without CLOSE', later: [{ lineEnds: true }], error: 'CONNECTION_TRUNCATED' },
  {
    name: 'the line ends inside a record',
    later: [{ seal: message, change: shortened(1) }, { lineEnds: true }],
    error: 'CONNECTION_TRUNCATED',
  },
  { name: 'CLOSE inside a message', later: [seal('01000201'), seal(done)], error: 'MESSAGE_TRUNCATED' },
  { name: 'a record after CLOSE', later: [seal(done), seal(message)], error: 'RECORD_AFTER_CLOSE', expect: closed },
  { name: 'a byte after CLOSE', later: [seal(done), { raw: '00' }], error: 'RECORD_AFTER_CLOSE', expect: closed },
]

/** What ends a connection at once, without a word. */
const aborts: readonly Fault[] = [
  ...[1, 2, 3, 4, 5, 6].map((code) => ({
    name: `CLOSE, code ${code}`,
    later: [seal(`02000${code}`)],
    error: 'CLOSED_BY_PEER',
  })),
  { name: 'CLOSE of the application, 0x4000', later: [seal('024000627965')], error: 'CLOSED_BY_PEER' },
  {
    name: 'the line ends, though you have closed',
    later: [{ do: 'end' }, { lineEnds: true }],
    error: 'CONNECTION_TRUNCATED',
  },
]

const roles = ['initiator', 'responder'] as const

function established(
  role: (typeof roles)[number],
  { name, later, error, expect }: Fault,
  ending: Partial<KitExpectation>,
): KitCase {
  const first: LaterStep = role === 'initiator' ? seal(accept) : { do: 'accept' }
  return {
    name: `record for the ${role}: ${name}`,
    you: { role },
    later: [first, ...later],
    expect: { established: true, error, ...ending, ...expect },
  }
}

const rejections = [
  [1, 'REJECTED_IDENTITY_REQUIRED'],
  [2, 'REJECTED_NOT_AUTHENTICATED'],
  [3, 'REJECTED_NOT_ALLOWED'],
  [4, 'REJECTED_TICKET'],
  [5, 'REJECTED_NO_PROTOCOL'],
  [6, 'REJECTED_BUSY'],
  [7, 'REJECTED_OTHER'],
  [0x4000, 'REJECTED_OTHER'],
] as const

function verdict(
  name: string,
  later: readonly LaterStep[],
  error: string,
  more: Partial<KitCase['you']> = {},
): KitCase {
  const tells = error.startsWith('REJECTED') || error === 'CLOSED_BY_PEER' ? 'nothing' : 'close 2'
  return {
    name: `verdict: ${name}`,
    you: { role: 'initiator', ...more },
    later,
    expect: { stage: 'verdict', error, tells },
  }
}

function early(name: string, later: readonly LaterStep[], error: string, tells: KitExpectation['tells']): KitCase {
  return {
    name: `before the verdict: ${name}`,
    you: { role: 'responder' },
    later,
    expect: { stage: 'verdict', error, tells },
  }
}

const tooLarge = { stage: 'record', error: 'PEER_MESSAGE_TOO_LARGE', tells: 'close 3', established: true } as const

export const recordCases: readonly KitCase[] = [
  ...rejections.map(([code, error]) =>
    verdict(`REJECT, code ${code}`, [seal(`06${code.toString(16).padStart(4, '0')}6e6f`)], error),
  ),
  verdict('REJECT, code 0', [seal('060000')], 'RECORD_BODY_INVALID'),
  verdict('REJECT without a code', [seal('06')], 'RECORD_BODY_INVALID'),
  verdict('REJECT with a reason of 256 bytes', [seal(`060003${'78'.repeat(256)}`)], 'RECORD_BODY_INVALID'),
  verdict('CLOSE, code 4', [seal('020004')], 'CLOSED_BY_PEER'),
  verdict('CLOSE, code 0', [seal(done)], 'RECORD_UNEXPECTED'),
  verdict('DATA', [seal(message)], 'RECORD_UNEXPECTED'),
  verdict('PING', [seal(`03${'00'.repeat(8)}`)], 'RECORD_UNEXPECTED'),
  verdict('PONG', [seal(`04${'00'.repeat(8)}`)], 'RECORD_UNEXPECTED'),
  verdict('ACCEPT with an identity', [seal('0501000100')], 'STALK2_PAYLOAD_MISPLACED'),
  verdict('ACCEPT with a ticket', [seal('0505000100')], 'STALK2_PAYLOAD_MISPLACED'),
  verdict('ACCEPT with a signature', [seal('05ff000100')], 'STALK2_PAYLOAD_MISPLACED'),
  verdict('ACCEPT with an unknown critical entry', [seal('05800000')], 'STALK2_PAYLOAD_CRITICAL'),
  verdict('ACCEPT with a payload that is cut', [seal('050300')], 'STALK2_PAYLOAD_MALFORMED'),
  verdict('ACCEPT with a protocol that was not offered', [seal('050400046b762f31')], 'STALK2_PAYLOAD_VALUE'),
  verdict('ACCEPT without a protocol, though some were offered', [seal(accept)], 'STALK2_PAYLOAD_VALUE', {
    applicationProtocols: ['kv/1'],
  }),
  verdict('ACCEPT with two protocols', [seal('050400096b762f312c63686174')], 'STALK2_PAYLOAD_VALUE', {
    applicationProtocols: ['kv/1', 'chat'],
  }),
  verdict('ACCEPT that does not authenticate', [{ seal: accept, change: flip(-1) }], 'RECORD_AUTH_FAILED'),
  verdict('16 bytes announced', [{ raw: '0010' }], 'RECORD_LENGTH'),
  verdict('the line ends before it', [{ lineEnds: true }], 'HANDSHAKE_TRUNCATED'),
  verdict(
    'the line ends inside it',
    [{ seal: accept, change: shortened(1) }, { lineEnds: true }],
    'HANDSHAKE_TRUNCATED',
  ),

  early('DATA', [seal(message)], 'RECORD_UNEXPECTED', 'close 2'),
  early('PING', [seal(`03${'00'.repeat(8)}`)], 'RECORD_UNEXPECTED', 'close 2'),
  early('ACCEPT', [seal(accept)], 'RECORD_UNEXPECTED', 'close 2'),
  early('a record that does not authenticate', [{ seal: done, change: flip(-1) }], 'RECORD_AUTH_FAILED', 'close 2'),
  early('a second CLOSE', [seal(done), seal(done)], 'RECORD_AFTER_CLOSE', 'close 2'),
  early('CLOSE, code 1', [seal('020001')], 'CLOSED_BY_PEER', 'nothing'),
  early('the line ends', [{ lineEnds: true }], 'HANDSHAKE_TRUNCATED', 'close 2'),

  ...roles.flatMap((role) => [
    ...recordFaults.map((fault) => established(role, fault, { stage: 'record', tells: 'close 2' })),
    ...endFaults.map((fault) => established(role, fault, { stage: 'end', tells: 'close 2' })),
    ...aborts.map((fault) => established(role, fault, { stage: 'end', tells: 'nothing' })),
  ]),
  {
    name: 'record for the responder: a message of one byte more than you take',
    you: { role: 'responder', maxMessageBytes: 1024 },
    later: [{ do: 'accept' }, seal(`01008310${'07'.repeat(1025)}`)],
    expect: tooLarge,
  },
  {
    name: 'record for the initiator: frames of one message of one byte more than you take',
    you: { role: 'initiator', maxMessageBytes: 1024 },
    later: [seal(accept), seal(`01008010${'07'.repeat(1024)}`), seal('010003aa')],
    expect: tooLarge,
  },
]
