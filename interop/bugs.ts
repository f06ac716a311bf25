// What our side must say to a peer with a bug: reviewed against docs/SPEC.md and docs/ERRORS.md, one row for each bug of peer/bugs_*.py.
// `code` is the error that our side raises; null: none, the peer does what is unusual and allowed. `told` is what the peer hears of it.
import type { StalkErrorCode } from '@stalk/core'

export interface Expectation {
  /** Several where SPEC says that it depends on the line which. */
  readonly codes: readonly StalkErrorCode[] | null
  readonly told: string
}

export interface Bug {
  readonly name: string
  readonly what: string
  /** Where docs/SPEC.md says so. */
  readonly spec: string
  /** The peer as the side that connects, to our listener; null: the bug is none of that side. */
  readonly client: Expectation | null
  /** The peer as the side that listens, to our `connect`. */
  readonly server: Expectation | null
  readonly setup: Setup
}

/** What a bug needs to be one. */
interface Setup {
  /** The peer’s identity is an RSA key of 2,048 bits. */
  readonly rsa?: boolean
  /** Both sides have channels. */
  readonly channels?: boolean
  /** Both sides speak this application protocol. */
  readonly protocol?: string
  /** Our side waits for the handshake no longer than this. */
  readonly handshakeMs?: number
}

type Told = 'nothing' | `close ${number}` | `reject ${number}` | `refusal ${number}`
type Cell = readonly [code: StalkErrorCode | null | readonly StalkErrorCode[], told: Told]

function row(
  name: string,
  what: string,
  spec: string,
  sides: { client?: Cell; server?: Cell },
  setup: Setup = {},
): Bug {
  return { name, what, spec, client: expectation(sides.client), server: expectation(sides.server), setup }
}

function expectation(cell: Cell | undefined): Expectation | null {
  if (cell === undefined) return null
  const [code, told] = cell
  return { codes: code === null || typeof code === 'object' ? code : [code], told }
}

/** The same from either side. */
const both = (cell: Cell) => ({ client: cell, server: cell })
/** Allowed: the conversation goes on to its end, which both sides close in good order. */
const fine: Cell = [null, 'nothing']

const preamble: readonly Bug[] = [
  row('skip-preamble', 'sends A without the preamble', '§3', { client: ['FOREIGN_PROTOCOL', 'nothing'] }),
  row('wrong-magic', 'says stalk/3', '§3', { client: ['FOREIGN_PROTOCOL', 'nothing'] }),
  row('no-suites', 'offers no suite at all', '§3', { client: ['STALK2_PREAMBLE_INVALID', 'refusal 3'] }),
  row('seventeen-suites', 'offers 17 suites', '§3', { client: ['STALK2_PREAMBLE_INVALID', 'refusal 3'] }),
  row('suite-twice', 'offers a suite twice', '§3', { client: ['STALK2_PREAMBLE_INVALID', 'refusal 3'] }),
  row('unknown-suites', 'offers only suites that nobody has', '§3', { client: ['STALK2_NO_SUITE', 'refusal 1'] }),
  row('all-flags', 'sets all flags of the preamble', '§3', { client: fine }),
  row(
    'says-nothing',
    'connects and says nothing',
    '§11',
    { client: ['HANDSHAKE_TIMEOUT', 'refusal 3'] },
    { handshakeMs: 3000 },
  ),
  row('half-a-preamble', 'ends the line inside the preamble', '§6', { client: ['HANDSHAKE_TRUNCATED', 'nothing'] }),
  row('half-an-a', 'ends the line inside A', '§6', { client: ['HANDSHAKE_TRUNCATED', 'nothing'] }),
  row('dribble', 'sends everything byte by byte until it is let in, which it may', '§4', both(fine)),
]

const messages: readonly Bug[] = [
  row('skip-a', 'sends something as long as C where A is due', '§4', {
    client: ['STALK2_PAYLOAD_MALFORMED', 'refusal 3'],
  }),
  row('skip-b', 'sends a record where B is due', '§3', { server: ['STALK2_REFUSED', 'nothing'] }),
  row('skip-c', 'sends a record where C is due', '§4', { client: ['NOISE_MESSAGE_LENGTH', 'nothing'] }),
  row('repeat-a', 'sends A twice', '§4', {
    client: [['STALK2_HANDSHAKE_UNEXPECTED', 'NOISE_MESSAGE_LENGTH'], 'nothing'],
  }),
  row('repeat-b', 'sends B twice', '§4', { server: ['STALK2_HANDSHAKE_UNEXPECTED', 'nothing'] }),
  row('repeat-c', 'sends C twice', '§8', { client: ['RECORD_AUTH_FAILED', 'close 2'] }),
  row('short-a', 'sends an A of 31 bytes', '§4', { client: ['NOISE_MESSAGE_LENGTH', 'refusal 3'] }),
  row('short-b', 'sends a B of 79 bytes', '§4', { server: ['NOISE_MESSAGE_LENGTH', 'nothing'] }),
  row('short-c', 'sends a C of 47 bytes', '§4', { client: ['NOISE_MESSAGE_LENGTH', 'nothing'] }),
  row('long-a', 'announces an A of 4,097 bytes', '§4', { client: ['STALK2_HANDSHAKE_LENGTH', 'refusal 3'] }),
  row('long-b', 'announces a B of 16,385 bytes', '§4', { server: ['STALK2_HANDSHAKE_LENGTH', 'nothing'] }),
  row('long-c', 'announces a C of 16,385 bytes', '§4', { client: ['STALK2_HANDSHAKE_LENGTH', 'nothing'] }),
  row(
    'announced-a',
    'announces an A of 4,096 bytes and sends nothing of it',
    '§11',
    { client: ['HANDSHAKE_TIMEOUT', 'refusal 3'] },
    { handshakeMs: 3000 },
  ),
  row(
    'announced-b',
    'announces a B of 16,384 bytes and sends nothing of it',
    '§11',
    { server: ['HANDSHAKE_TIMEOUT', 'nothing'] },
    { handshakeMs: 4000 },
  ),
  row(
    'announced-c',
    'announces a C of 16,384 bytes and sends nothing of it',
    '§11',
    { client: ['HANDSHAKE_TIMEOUT', 'nothing'] },
    { handshakeMs: 3000 },
  ),
  row('longest-b-and-c', 'pads B or C to 16,384 bytes', '§4', both(fine)),
  row('altered-b', 'alters a bit of B on the line', '§4', { server: ['NOISE_DECRYPT_FAILED', 'nothing'] }),
  row('altered-c', 'alters a bit of C on the line', '§4', { client: ['NOISE_DECRYPT_FAILED', 'nothing'] }),
  row('random-c', 'sends a C of random bytes', '§4', { client: ['NOISE_DECRYPT_FAILED', 'nothing'] }),
]

const negotiation: readonly Bug[] = [
  row('retry-not-offered', 'asks for a suite that was not offered', '§3', {
    server: ['STALK2_RETRY_INVALID', 'nothing'],
  }),
  row('retry-first', 'asks for the suite that was tried', '§3', { server: ['STALK2_RETRY_INVALID', 'nothing'] }),
  row('retry-twice', 'asks for another suite twice', '§3', { server: ['STALK2_RETRY_INVALID', 'nothing'] }),
  row('retry-unrecorded', 'asks for another suite, and leaves that out of its prologue', '§3', {
    server: ['NOISE_DECRYPT_FAILED', 'nothing'],
  }),
  row('other-suite', 'answers with the keys of another suite than it says', '§4', {
    server: ['NOISE_DECRYPT_FAILED', 'nothing'],
  }),
  row('wrong-prologue', 'begins its prologue with stalk/1', '§3', { server: ['NOISE_DECRYPT_FAILED', 'nothing'] }),
  row('wrong-transcript', 'has another transcript when it makes C', '§4', {
    client: ['NOISE_DECRYPT_FAILED', 'nothing'],
  }),
  row('unknown-answer', 'answers with 03', '§3', { server: ['FOREIGN_PROTOCOL', 'nothing'] }),
  row('refuses', 'refuses in clear, as busy', '§3', { server: ['STALK2_REFUSED', 'nothing'] }),
  row('answers-http', 'answers as a web server does', '§3', { server: ['FOREIGN_PROTOCOL', 'nothing'] }),
]

const lowOrder = {
  ephemeral: { client: ['SHARED_SECRET_ZERO', 'refusal 3'], server: ['SHARED_SECRET_ZERO', 'nothing'] },
  static: { client: ['SHARED_SECRET_ZERO', 'nothing'], server: ['SHARED_SECRET_ZERO', 'nothing'] },
} as const

const keys: readonly Bug[] = [
  row('ephemeral-zero', 'has an ephemeral key of zeros', '§4', lowOrder.ephemeral),
  row('ephemeral-order-8', 'has an ephemeral key of order 8', '§4', lowOrder.ephemeral),
  row('ephemeral-order-8-other', 'has the other ephemeral key of order 8', '§4', lowOrder.ephemeral),
  row('static-zero', 'has a static key of zeros', '§4', lowOrder.static),
  row('static-order-8', 'has a static key of order 8', '§4', lowOrder.static),
]

/** What is wrong with a payload of C is told with CLOSE; of B nothing is said. */
const payload = (code: StalkErrorCode) => ({ client: [code, 'close 2'], server: [code, 'nothing'] }) as const

const payloads: readonly Bug[] = [
  row('trailing-byte', 'has a byte after the last entry of B or C', '§4', payload('STALK2_PAYLOAD_MALFORMED')),
  row('entry-after-signature', 'has an entry after the signature', '§4', payload('STALK2_PAYLOAD_ORDER')),
  row('entry-twice', 'has the identity twice', '§4', payload('STALK2_PAYLOAD_ORDER')),
  row('entries-out-of-order', 'has the identity after an entry of a higher type', '§4', {
    client: ['STALK2_PAYLOAD_ORDER', 'close 2'],
  }),
  row('unknown-entry', 'has an entry of an unknown type that may be ignored', '§4', both(fine)),
  row(
    'critical-entry',
    'has an entry of an unknown type that must not be ignored',
    '§4',
    payload('STALK2_PAYLOAD_CRITICAL'),
  ),
  row('entry-beyond-end', 'has an entry that is longer than what follows', '§4', payload('STALK2_PAYLOAD_MALFORMED')),
  row('padding-not-zero', 'pads with something else than zeros', '§4', payload('STALK2_PAYLOAD_VALUE')),
  row('misplaced-entry', 'has in B an entry that belongs into C', '§4', {
    server: ['STALK2_PAYLOAD_MISPLACED', 'nothing'],
  }),
  row('unknown-entry-in-a', 'has an entry in A that may be ignored', '§4', { client: fine }),
  row('identity-in-a', 'has an identity in A', '§4', { client: ['STALK2_PAYLOAD_MISPLACED', 'refusal 3'] }),
  row('critical-entry-in-a', 'has an entry in A that must not be ignored', '§4', {
    client: ['STALK2_PAYLOAD_CRITICAL', 'refusal 3'],
  }),
  row('largest-cut', 'announces its largest message in 3 bytes', '§4', { client: ['STALK2_PAYLOAD_VALUE', 'close 2'] }),
  row('protocol-with-space', 'offers an application protocol with a space', '§4', {
    client: ['STALK2_PAYLOAD_VALUE', 'close 2'],
  }),
  row('protocol-twice', 'offers an application protocol twice', '§4', { client: ['STALK2_PAYLOAD_VALUE', 'close 2'] }),
  row('protocols-65', 'offers 65 application protocols', '§4', { client: ['STALK2_PAYLOAD_VALUE', 'close 2'] }),
  row('little-credit', 'grants 1,023 bytes of credit at first', '§4', { client: ['STALK2_PAYLOAD_VALUE', 'close 2'] }),
]

/** A proof that does not hold: REJECT of C; of B nothing is said. */
const proof = (code: StalkErrorCode) => ({ client: [code, 'reject 2'], server: [code, 'nothing'] }) as const
const signature = proof('STALK2_SIGNATURE_INVALID')
const rsa = { rsa: true }

const proofs: readonly Bug[] = [
  row('signed-other-role', 'signs with the role of the other side', '§5', signature),
  row('signed-other-suite', 'signs another suite than the one in use', '§5', signature),
  row('signed-stale-hash', 'signs the hash of another handshake', '§5', signature),
  row('signed-other-static', 'signs another static key than its own', '§5', signature),
  row('signed-other-server', 'signs that it speaks with another server', '§5', signature),
  row('signed-other-payload', 'signs another payload', '§5', signature),
  row('signed-truncated', 'signs all but the hash of the payload', '§5', signature),
  row('signed-without-label', 'signs without the label', '§5', signature),
  row('signed-other-label', 'signs under the label of something else', '§5', signature),
  row('signature-of-another', 'signs with another key than the one it shows', '§5', signature),
  row('signature-altered', 'alters a bit of the signature', '§5', signature),
  row('signature-cut', 'cuts the last byte of the signature', '§5', signature),
  row('signature-of-low-order', 'sends a signature whose R is the neutral point', '§5', signature),
  row('signature-missing', 'shows an identity without a signature', '§5', proof('STALK2_IDENTITY_INCOMPLETE')),
  row('identity-missing', 'signs, and shows no identity', '§5', proof('STALK2_IDENTITY_INCOMPLETE')),
  row('nothing-proved', 'shows neither an identity nor a signature', '§5', {
    server: ['STALK2_IDENTITY_INCOMPLETE', 'nothing'],
  }),
  row('ed25519-short', 'shows an Ed25519 key of 31 bytes', 'identities §spki', proof('SPKI_INVALID')),
  row('ed25519-long', 'shows an Ed25519 key of 33 bytes', 'identities §spki', proof('SPKI_INVALID')),
  row('ed25519-low-order', 'shows an Ed25519 key of order 8', 'identities §ed25519', proof('ED25519_KEY_INVALID')),
  row(
    'ed25519-not-reduced',
    'shows an Ed25519 key whose y is not below the prime',
    'identities §ed25519',
    proof('ED25519_KEY_INVALID'),
  ),
  row('spki-of-something-else', 'shows a key of another algorithm', 'identities §spki', proof('SPKI_INVALID')),
  row('identity-empty', 'shows an identity of no bytes', 'identities §spki', proof('SPKI_INVALID')),
  row('rsa-even-modulus', 'shows an even RSA modulus', 'identities §rsa', proof('RSA_MODULUS_EVEN'), rsa),
  row('rsa-odd-bits', 'shows an RSA modulus of 2,049 bits', 'identities §rsa', proof('RSA_MODULUS_BITS'), rsa),
  row('rsa-too-large', 'shows an RSA modulus of 4,104 bits', 'identities §rsa', proof('RSA_MODULUS_TOO_LARGE'), rsa),
  row('rsa-even-exponent', 'shows an even RSA exponent', 'identities §rsa', proof('RSA_EXPONENT_EVEN'), rsa),
  row('rsa-exponent-1', 'shows the RSA exponent 1', 'identities §rsa', proof('RSA_EXPONENT_TOO_SMALL'), rsa),
  row(
    'rsa-exponent-huge',
    'shows an RSA exponent above the modulus',
    'identities §rsa',
    proof('RSA_EXPONENT_TOO_LARGE'),
    rsa,
  ),
  row(
    'rsa-not-canonical',
    'shows an RSA key with a length that is not the shortest',
    'identities §spki',
    proof('SPKI_INVALID'),
    rsa,
  ),
  row('pss-salt-31', 'signs with a salt of 31 bytes', '§5', signature, rsa),
  row('pss-salt-0', 'signs without a salt', '§5', signature, rsa),
  row('pss-salt-33', 'signs with a salt of 33 bytes', '§5', signature, rsa),
  row('pss-sha512', 'signs with SHA-512 for SHA-256', '§5', signature, rsa),
  row('pkcs1-signature', 'signs with PKCS #1 v1.5 for PSS', '§5', signature, rsa),
  row('rsa-signature-long', 'puts a zero before an RSA signature', '§5', signature, rsa),
  row('rsa-1024', 'has an RSA identity of 1,024 bits', 'identities §rsa', proof('RSA_MODULUS_TOO_SMALL')),
  row('rsa-exponent-3', 'has an RSA identity with the exponent 3', 'identities §rsa', proof('RSA_EXPONENT_NOT_65537')),
  row('other-identity', 'has another identity than the one that is pinned', '§5', {
    server: ['PIN_MISMATCH', 'nothing'],
  }),
  row('no-identity', 'is anonymous where an identity is wanted', '§6', { client: ['ANONYMOUS_REFUSED', 'reject 1'] }),
]

const unexpected: Cell = ['RECORD_UNEXPECTED', 'close 2']
const speaking = { protocol: 'interop/1' }

const verdicts: readonly Bug[] = [
  row('accept-other-protocol', 'accepts with an application protocol that was not offered', '§6', {
    server: ['STALK2_PAYLOAD_VALUE', 'close 2'],
  }),
  row(
    'accept-without-protocol',
    'accepts without an application protocol though some were offered',
    '§6',
    { server: ['STALK2_PAYLOAD_VALUE', 'close 2'] },
    speaking,
  ),
  row('accept-critical-entry', 'accepts with an entry that must not be ignored', '§4', {
    server: ['STALK2_PAYLOAD_CRITICAL', 'close 2'],
  }),
  row('accept-trailing-byte', 'accepts with a byte after the last entry', '§4', {
    server: ['STALK2_PAYLOAD_MALFORMED', 'close 2'],
  }),
  row('accept-identity', 'accepts with an identity', '§4', { server: ['STALK2_PAYLOAD_MISPLACED', 'close 2'] }),
  row('data-before-accept', 'sends a message before it accepts', '§6', { server: unexpected }),
  row('ping-before-accept', 'sends PING before it accepts', '§6', { server: unexpected }),
  row('close-before-accept', 'ends its direction before it accepts', '§6', { server: unexpected }),
  row('reject-without-code', 'rejects with the code 0', '§8', { server: ['RECORD_BODY_INVALID', 'close 2'] }),
  row('reject-cut', 'rejects with half a code', '§8', { server: ['RECORD_BODY_INVALID', 'close 2'] }),
  row('end-before-verdict', 'ends the line instead of a verdict', '§1, §6', {
    server: ['HANDSHAKE_TRUNCATED', 'close 2'],
  }),
  row('no-verdict', 'gives no verdict', '§8, §11', { server: ['HANDSHAKE_TIMEOUT', 'close 4'] }, { handshakeMs: 4000 }),
  row('data-before-verdict', 'sends a message before it is let in', '§6', { client: unexpected }),
  row('accept-before-verdict', 'accepts itself', '§8', { client: unexpected }),
  row('close-before-verdict', 'ends its direction before it is let in, which it may', '§6', {
    client: [null, 'close 0'],
  }),
  row('accept-twice', 'accepts a second time', '§8', { server: unexpected }),
  row('accept-from-client', 'accepts, as the side that connected', '§8', { client: unexpected }),
  row('reject-after-accept', 'rejects after it has accepted', '§8', { server: unexpected }),
  row('reject-from-client', 'rejects, as the side that connected', '§8', { client: unexpected }),
]

/** From the verdict on both sides say CLOSE with 2 of whatever breaks the protocol. */
const broken = (code: StalkErrorCode) => both([code, 'close 2'])
const damaged = broken('RECORD_AUTH_FAILED')
const cut = broken('CONNECTION_TRUNCATED')

const records: readonly Bug[] = [
  row('nonce-reuse', 'seals two records with the same counter', '§7', damaged),
  row('nonce-skip', 'leaves a counter out', '§7', damaged),
  row('early-rekey', 'changes its key before 2^20 records', '§7', damaged),
  row('late-rekey', 'does not change its key at 2^20 records', '§7', { client: ['RECORD_AUTH_FAILED', 'close 2'] }),
  row('replay', 'sends a record a second time', '§7', damaged),
  row('zero-length-record', 'announces a record of 0 bytes', '§7', broken('RECORD_LENGTH')),
  row('empty-record', 'sends a record that is a tag and nothing else', '§7', broken('RECORD_LENGTH')),
  row('tampered-tag', 'alters a bit of a record’s tag', '§7', damaged),
  row('tampered-record', 'alters a bit of a record', '§7', damaged),
  row('tampered-length', 'makes a record one byte longer', '§7', damaged),
  row('garbage', 'sends bytes that are no record', '§7', damaged),
  row('half-a-record', 'ends the line inside a record', '§8', cut),
  row('longest-announced', 'announces the longest record and ends the line', '§8', cut),
  row('end-without-close', 'ends the line without CLOSE', '§8', cut),
  row('reset', 'resets the line', '§8', both([['CONNECTION_LOST', 'CONNECTION_TRUNCATED'], 'nothing'])),
  row('longest-record', 'sends a record of 65,519 bytes of plaintext', '§11', both(fine)),
  row('unknown-record-type', 'sends a record of an unknown type', '§8', broken('RECORD_TYPE_UNKNOWN')),
  row('record-type-0', 'sends a record of type 0', '§8', broken('RECORD_TYPE_UNKNOWN')),
  row('ping-short', 'sends PING with 7 bytes', '§8', broken('RECORD_BODY_INVALID')),
  row('pong-long', 'sends PONG with 9 bytes', '§8', broken('RECORD_BODY_INVALID')),
  row('pong-without-ping', 'sends a PONG that nobody asked for', '§10', both(fine)),
  row('ping-flood', 'sends 21 PINGs at once', '§10', broken('PING_FLOOD')),
  row('twenty-pings', 'sends 20 PINGs at once', '§10', both(fine)),
]

const frames: readonly Bug[] = [
  row('no-frames', 'sends DATA without a frame', '§9', broken('FRAME_EMPTY')),
  row('frame-over-end', 'sends a frame that goes on over the end of its record', '§9', broken('FRAME_MALFORMED')),
  row('frame-announced-huge', 'announces a frame of 2 GiB', '§9', broken('FRAME_MALFORMED')),
  row('frame-number-too-large', 'sends a frame whose length is 2^32', '§9', broken('FRAME_MALFORMED')),
  row('frame-not-minimal', 'sends a frame whose channel is not minimal', '§9', broken('FRAME_MALFORMED')),
  row('frame-empty', 'sends an empty frame that ends nothing', '§9', broken('FRAME_EMPTY')),
  row('message-empty', 'sends a message of no bytes', '§9', broken('FRAME_EMPTY')),
  row('frame-reserved-channel', 'sends a frame on channel 3', '§9', broken('FRAME_CHANNEL')),
  row('frames-4097', 'sends 4,097 frames in a record', '§9', broken('FRAME_COUNT')),
  row('frames-4096', 'sends 4,096 frames in a record', '§9', both(fine)),
]

const noSpack = broken('PEER_MESSAGE_INVALID')

const spacks: readonly Bug[] = [
  row('spack-unknown-type', 'sends a spack with an unknown type', 'spack §elements', noSpack),
  row('spack-cut', 'sends a spack that is cut', 'spack §elements', noSpack),
  row('spack-trailing-byte', 'sends a spack with a byte too many', 'spack §elements', noSpack),
  row('spack-not-minimal', 'sends a number that is not minimal', 'LEB128', noSpack),
  row('spack-utf8', 'sends a string that is no UTF-8', 'spack §elements', noSpack),
  row('spack-boolean', 'sends a boolean that is 2', 'spack §extended', noSpack),
  row('spack-duplicate-key', 'sends a map with a key twice', 'spack §extended', noSpack),
  row('spack-too-deep', 'sends 65 lists inside each other', 'spack §limits', noSpack),
  row('spack-very-deep', 'sends 30,001 lists inside each other', 'spack §limits', noSpack),
  row('spack-count-bomb', 'announces a list of 2^40 entries', 'spack §extended', noSpack),
  row('spack-array-bomb', 'announces a byte[] of 2^40 bytes', 'spack §limits', noSpack),
  row('spack-string-bomb', 'announces a string of 16 MiB', 'spack §elements', noSpack),
  row('spack-many-elements', 'sends 65,537 elements that take no data', 'spack §limits', noSpack),
  row(
    'message-too-large',
    'sends a message that is larger than the other side takes',
    '§9',
    both(['PEER_MESSAGE_TOO_LARGE', 'close 3']),
  ),
  row('message-unfinished', 'begins a large message and ends the line', '§8', cut),
]

const afterClose = broken('RECORD_AFTER_CLOSE')

const ends: readonly Bug[] = [
  row('close-then-data', 'sends a message after CLOSE', '§8', afterClose),
  row('close-twice', 'sends CLOSE twice', '§8', afterClose),
  row('garbage-after-close', 'sends a byte after CLOSE', '§8', afterClose),
  row('close-short', 'sends CLOSE with half a code', '§8', broken('RECORD_BODY_INVALID')),
  row('close-utf8', 'sends CLOSE with a reason that is no UTF-8', '§8', broken('RECORD_BODY_INVALID')),
  row('close-long', 'sends CLOSE with a reason of 256 bytes', '§8', broken('RECORD_BODY_INVALID')),
  row('close-inside-message', 'sends CLOSE inside a message', '§8', broken('MESSAGE_TRUNCATED')),
  row('closes-with-internal', 'gives up with code 6', '§8', both(['CLOSED_BY_PEER', 'nothing'])),
]

const withChannels = { channels: true }
const channel = (name: string, what: string, code: StalkErrorCode) => row(name, what, '§14', broken(code), withChannels)

const channels: readonly Bug[] = [
  channel('frame-on-unopened', 'sends a message on a channel that nobody opened', 'CHANNEL_UNKNOWN'),
  channel('frame-on-highest-channel', 'sends a message on channel 2^32 - 1', 'CHANNEL_UNKNOWN'),
  channel('opened-twice', 'opens a channel twice', 'CHANNEL_ID'),
  channel('wrong-parity', 'opens a channel under a number of the other side', 'CHANNEL_ID'),
  channel('number-left-out', 'leaves a number out', 'CHANNEL_ID'),
  channel('open-channel-0', 'opens channel 0', 'CHANNEL_ID'),
  channel('open-without-name', 'opens a channel without a name', 'CHANNEL_CONTROL_INVALID'),
  channel('open-priority-3', 'opens a channel with the priority 3', 'CHANNEL_CONTROL_INVALID'),
  channel('open-name-utf8', 'opens a channel whose name is no UTF-8', 'CHANNEL_CONTROL_INVALID'),
  channel('ninth-channel', 'opens a channel more than it may', 'CHANNEL_LIMIT'),
  channel('control-empty', 'sends a control message of no bytes', 'CHANNEL_CONTROL_INVALID'),
  channel('control-unknown', 'sends a control message of type 6', 'CHANNEL_CONTROL_INVALID'),
  channel('control-in-two-frames', 'sends a control message in two frames', 'CHANNEL_CONTROL_INVALID'),
  channel('control-trailing-byte', 'sends END with a byte too many', 'CHANNEL_CONTROL_INVALID'),
  channel('credit-overflow', 'grants more credit than there can be', 'CHANNEL_CREDIT_OVERFLOW'),
  channel('credit-of-nothing', 'grants no credit', 'CHANNEL_CONTROL_INVALID'),
  channel('credit-for-padding', 'grants credit for channel 1', 'CHANNEL_UNKNOWN'),
  channel('credit-for-unopened', 'grants credit for a channel that nobody opened', 'CHANNEL_UNKNOWN'),
  channel('end-of-unopened', 'ends a channel that nobody opened', 'CHANNEL_UNKNOWN'),
  channel('end-of-channel-0', 'ends channel 0', 'CHANNEL_UNKNOWN'),
  channel('reset-of-unopened', 'gives up a channel that nobody opened', 'CHANNEL_UNKNOWN'),
  channel('reset-of-channel-0', 'gives up channel 0', 'CHANNEL_UNKNOWN'),
  channel('end-twice', 'ends a channel twice', 'CHANNEL_ENDED'),
  channel('frame-after-end', 'sends a message on a channel that it has ended', 'CHANNEL_ENDED'),
  channel('end-inside-message', 'ends a channel inside a message', 'MESSAGE_TRUNCATED'),
  channel('message-after-done', 'sends a message after DONE', 'CHANNEL_ENDED'),
  channel('open-after-done', 'opens a channel after DONE', 'CHANNEL_ENDED'),
  channel('done-twice', 'says DONE twice', 'CHANNEL_ENDED'),
  channel('done-inside-message', 'says DONE inside a message', 'MESSAGE_TRUNCATED'),
  channel('channel-message-empty', 'sends a message of no bytes on a channel', 'FRAME_EMPTY'),
  channel('channel-spack-cut', 'sends a spack that is cut on a channel', 'PEER_MESSAGE_INVALID'),
  channel(
    'channel-and-faulty-frame',
    'opens a channel and then sends a faulty frame in the same record',
    'FRAME_MALFORMED',
  ),
  channel('credit-exceeded', 'spends more than its credit on the connection itself', 'CHANNEL_CREDIT_EXCEEDED'),
  channel('credit-exceeded-on-channel', 'spends a byte more than its credit on a channel', 'CHANNEL_CREDIT_EXCEEDED'),
  row('credit-spent', 'spends all of its credit on a channel, to the last byte', '§14', both(fine), withChannels),
  row('padding-frames', 'sends padding between and after messages', '§9', both(fine), withChannels),
  channel('channel-flood', 'opens channels and gives them up, 60,000 times', 'CHANNEL_FLOOD'),
  row(
    'close-inside-channel-message',
    'sends CLOSE inside a message of a channel',
    '§8, §14',
    { client: ['MESSAGE_TRUNCATED', 'close 2'] },
    withChannels,
  ),
]

/** The bugs by what they are about. */
export const bugs: Readonly<Record<string, readonly Bug[]>> = {
  'Preamble and line': preamble,
  'Messages of the handshake': messages,
  'Forged negotiation': negotiation,
  'Keys of low order': keys,
  Payloads: payloads,
  'Identity and proof': proofs,
  Verdict: verdicts,
  'Records and keys': records,
  Frames: frames,
  Messages: spacks,
  'The end': ends,
  Channels: channels,
}
