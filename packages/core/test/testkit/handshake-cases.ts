// Faults of A, B and C.
import { createECDH } from 'node:crypto'
import { concatBytes } from '#src/crypto/bytes.js'
import { encodeTlv } from '#src/stalk2/tlv.js'
import { entries, extended, flip, hex, replaced, shortened, toHex, utf8, withEntry, withValue } from './changes.js'
import type { PeerPlan } from './faulty-peer.js'
import type { KitExpectation } from './files.js'
import { fixedIdentity } from './fixed-keys.js'
import type { KitCase } from './record.js'

const identityType = 1
const maxMessageBytesType = 3
const applicationProtocolsType = 4
const aliceSpki = fixedIdentity('alice').spki

interface Fault {
  readonly name: string
  readonly peer: PeerPlan
  readonly error: string
}

/** Faults that are all found as one. */
function allOf(error: string, faults: readonly Omit<Fault, 'error'>[]): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, error }))
}

function inB({ name, peer, error }: Fault): KitCase {
  return { name: `B: ${name}`, you: { role: 'initiator' }, peer, expect: { stage: 'B', error } }
}

function inC({ name, peer, error }: Fault, tells: KitExpectation['tells']): KitCase {
  return { name: `C: ${name}`, you: { role: 'responder' }, peer, expect: { stage: 'C', error, tells } }
}

function inA({ name, peer, error }: Fault): KitCase {
  return { name: `A: ${name}`, you: { role: 'responder' }, peer, expect: { stage: 'A', error, tells: 'refusal 3' } }
}

/** Of a payload, in B as in C. */
const payloadFaults: readonly Fault[] = [
  { name: 'padding that is not zeros', peer: { unsigned: flip(10) }, error: 'STALK2_PAYLOAD_VALUE' },
  {
    name: 'the identity twice',
    peer: {
      unsigned: entries((all) => all.flatMap((entry) => (entry[0] === identityType ? [entry, entry] : [entry]))),
    },
    error: 'STALK2_PAYLOAD_ORDER',
  },
  {
    name: 'the identity before the padding',
    peer: { unsigned: entries(([padding, identity, ...others]) => [identity!, padding!, ...others]) },
    error: 'STALK2_PAYLOAD_ORDER',
  },
  { name: 'an unknown critical entry 80', peer: { unsigned: withEntry(0x80, '') }, error: 'STALK2_PAYLOAD_CRITICAL' },
  { name: 'an unknown critical entry fe', peer: { unsigned: withEntry(0xfe, '00') }, error: 'STALK2_PAYLOAD_CRITICAL' },
  { name: 'a byte after the signature', peer: { payload: extended('00') }, error: 'STALK2_PAYLOAD_MALFORMED' },
  { name: 'two bytes after the signature', peer: { payload: extended('0000') }, error: 'STALK2_PAYLOAD_MALFORMED' },
  { name: 'a signature that is cut', peer: { payload: shortened(1) }, error: 'STALK2_PAYLOAD_MALFORMED' },
  {
    name: 'the signature twice',
    peer: { payload: (bytes) => concatBytes(bytes, bytes.slice(-67)) },
    error: 'STALK2_PAYLOAD_ORDER',
  },
  { name: 'an entry after the signature', peer: { payload: extended('060000') }, error: 'STALK2_PAYLOAD_ORDER' },
]

/** Entries that do not belong into B. */
const misplacedInB = allOf('STALK2_PAYLOAD_MISPLACED', [
  { name: 'a largest message', peer: { unsigned: withEntry(maxMessageBytesType, '01000000') } },
  { name: 'application protocols', peer: { unsigned: withEntry(applicationProtocolsType, utf8('kv/1')) } },
  { name: 'a ticket', peer: { unsigned: withEntry(5, '00') } },
])

const wrongValuesInC = allOf('STALK2_PAYLOAD_VALUE', [
  { name: 'a largest message of 3 bytes', peer: { unsigned: withValue(maxMessageBytesType, shortened(1)) } },
  ...[
    ['no name', ''],
    ['an empty name', 'kv/1,,chat'],
    ['a space', 'kv 1'],
    ['a name twice', 'kv/1,kv/1'],
    ['a name of 256 bytes', 'x'.repeat(256)],
    ['65 names', Array.from({ length: 65 }, (_, index) => `p${index}`).join(',')],
    ['a name beyond ASCII', 'kv/é'],
  ].map(([name, names]) => ({
    name: `application protocols with ${name}`,
    peer: { unsigned: withEntry(applicationProtocolsType, utf8(names!)) },
  })),
])

/** Of a signature, in B as in C. */
const signatureFaults = allOf('STALK2_SIGNATURE_INVALID', [
  { name: 'a signature with its first byte changed', peer: { signature: flip(0) } },
  { name: 'a signature with its last byte changed', peer: { signature: flip(-1) } },
  { name: 'a signature of 63 bytes', peer: { signature: shortened(1) } },
  { name: 'a signature of 65 bytes', peer: { signature: extended('00') } },
  { name: 'a signature of no bytes', peer: { signature: () => new Uint8Array() } },
  { name: 'a signature of 64 zeros', peer: { signature: () => new Uint8Array(64) } },
  { name: 'the signature of somebody else', peer: { signer: 'carol' } },
  { name: 'a signature for the other suite', peer: { proof: () => ({ suiteId: 2 }) } },
  {
    name: 'a signature of another handshake',
    peer: { proof: ({ handshakeHash }) => ({ handshakeHash: flip(0)(handshakeHash) }) },
  },
  {
    name: 'a signature of another static key',
    peer: { proof: ({ staticPublicKey }) => ({ staticPublicKey: flip(0)(staticPublicKey) }) },
  },
  { name: 'a signature of another payload', peer: { payload: withEntry(0x10, '') } },
  { name: 'an RSA signature with a salt of 31 bytes', peer: { identity: 'rsa-2048', saltBytes: 31 } },
  { name: 'an RSA signature with a salt of 33 bytes', peer: { identity: 'rsa-2048', saltBytes: 33 } },
  { name: 'an RSA signature without a salt', peer: { identity: 'rsa-2048', saltBytes: 0 } },
  { name: 'an RSA signature that is cut', peer: { identity: 'rsa-2048', signature: shortened(1) } },
  { name: 'an RSA signature of zeros', peer: { identity: 'rsa-2048', signature: () => new Uint8Array(256) } },
  { name: 'an Ed25519 signature of an RSA identity', peer: { identity: 'rsa-2048', signer: 'carol' } },
])

const incomplete = allOf('STALK2_IDENTITY_INCOMPLETE', [
  { name: 'an identity without a signature', peer: { payload: entries((all) => all.slice(0, -1)) } },
  {
    name: 'a signature without an identity',
    peer: { unsigned: entries((all) => all.filter(([type]) => type !== identityType)) },
  },
])

const ed25519Prefix = '302a300506032b6570032100'
const ecdh = createECDH('prime256v1')
ecdh.setPrivateKey(Buffer.alloc(32, 7))
const rsaPublicKey = fixedIdentity('rsa-2048').spki.slice(19)

/** The SubjectPublicKeyInfo of a modulus of ones, which nobody can sign with: its size alone is looked at. */
function rsaSpkiOf(bits: number): string {
  const integer = (hexadecimal: string): string => `02${derLength(hexadecimal)}${hexadecimal}`
  const numbers = `${integer(`00${'ff'.repeat(bits / 8)}`)}${integer('010001')}`
  const key = `0030${derLength(numbers)}${numbers}`
  const whole = `300d06092a864886f70d010101050003${derLength(key)}${key}`
  return `30${derLength(whole)}${whole}`
}

function derLength(content: string): string {
  const bytes = content.length / 2
  if (bytes < 128) return bytes.toString(16).padStart(2, '0')
  return bytes < 256 ? `81${bytes.toString(16)}` : `82${bytes.toString(16).padStart(4, '0')}`
}

/** Keys that are no identity, in B as in C. */
const identityFaults: readonly Fault[] = (
  [
    ['a P-256 key', `3059301306072a8648ce3d020106082a8648ce3d030107034200${ecdh.getPublicKey('hex')}`, 'SPKI_INVALID'],
    ['an rsa-pss key', `30820120 300b06092a864886f70d01010a ${toHex(rsaPublicKey)}`, 'SPKI_INVALID'],
    ['a byte after the key', `${toHex(aliceSpki)}00`, 'SPKI_INVALID'],
    ['a key that is cut', toHex(shortened(1)(aliceSpki)), 'SPKI_INVALID'],
    ['a length that is not minimal', `30812a${toHex(aliceSpki.slice(2))}`, 'SPKI_INVALID'],
    ['no bytes', '', 'SPKI_INVALID'],
    ['the neutral point', `${ed25519Prefix}01${'00'.repeat(31)}`, 'ED25519_KEY_INVALID'],
    ['a point of order 4', `${ed25519Prefix}${'00'.repeat(32)}`, 'ED25519_KEY_INVALID'],
    ['a point of order 2', `${ed25519Prefix}ec${'ff'.repeat(30)}7f`, 'ED25519_KEY_INVALID'],
    ['a point that is not canonical', `${ed25519Prefix}f0${'ff'.repeat(30)}7f`, 'ED25519_KEY_INVALID'],
    ['an RSA modulus of 1,024 bits', toHex(fixedIdentity('rsa-1024').spki), 'RSA_MODULUS_TOO_SMALL'],
    ['an RSA modulus of 4,104 bits', rsaSpkiOf(4104), 'RSA_MODULUS_TOO_LARGE'],
    ['an RSA modulus of 8,192 bits', rsaSpkiOf(8192), 'RSA_MODULUS_TOO_LARGE'],
    ['an RSA exponent of 3', toHex(fixedIdentity('rsa-2048-e3').spki), 'RSA_EXPONENT_NOT_65537'],
  ] as const
).map(([name, spki, error]) => ({
  name: `as the identity ${name}`,
  peer: { unsigned: withValue(identityType, () => hex(spki)) },
  error,
}))

/** Of a Noise message, in B as in C. */
const noiseFaults: readonly Fault[] = [
  { name: 'the last byte changed', peer: { message: flip(-1) }, error: 'NOISE_DECRYPT_FAILED' },
  { name: 'the static key changed', peer: { message: flip(40) }, error: 'NOISE_DECRYPT_FAILED' },
  { name: 'the first byte changed', peer: { message: flip(0) }, error: 'NOISE_DECRYPT_FAILED' },
  { name: 'a byte more', peer: { message: extended('00') }, error: 'NOISE_DECRYPT_FAILED' },
  { name: 'an end inside the keys', peer: { message: (bytes) => bytes.slice(0, 40) }, error: 'NOISE_MESSAGE_LENGTH' },
  { name: 'no bytes', peer: { message: () => new Uint8Array() }, error: 'NOISE_MESSAGE_LENGTH' },
  { name: '16,385 bytes announced', peer: { framed: replaced(0, '4001') }, error: 'STALK2_HANDSHAKE_LENGTH' },
  { name: 'a static key of low order', peer: { zeroStatic: true }, error: 'SHARED_SECRET_ZERO' },
]

const faultsOfA: readonly Fault[] = [
  ...[
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    `${'00'.repeat(31)}80`,
  ].map((point) => ({
    name: `an ephemeral key of low order, ${point.slice(0, 4)}…${point.slice(-2)}`,
    peer: { messageA: replaced(0, point) },
    error: 'SHARED_SECRET_ZERO',
  })),
  { name: '31 bytes', peer: { messageA: shortened(1) }, error: 'NOISE_MESSAGE_LENGTH' },
  { name: '4,097 bytes announced', peer: { framedA: replaced(0, '1001') }, error: 'STALK2_HANDSHAKE_LENGTH' },
  { name: 'a payload that is no list of entries', peer: { payloadA: hex('00') }, error: 'STALK2_PAYLOAD_MALFORMED' },
  { name: 'padding', peer: { payloadA: hex('000000') }, error: 'STALK2_PAYLOAD_MISPLACED' },
  { name: 'an identity', peer: { payloadA: encodeTlv(identityType, aliceSpki) }, error: 'STALK2_PAYLOAD_MISPLACED' },
  { name: 'an unknown critical entry', peer: { payloadA: hex('900000') }, error: 'STALK2_PAYLOAD_CRITICAL' },
]

const withKv = { fields: { applicationProtocols: ['kv/1'] } }
const noProtocol = { stage: 'C', error: 'NO_APPLICATION_PROTOCOL', tells: 'reject 5' } as const

export const handshakeCases: readonly KitCase[] = [
  ...faultsOfA.map(inA),

  ...noiseFaults.flatMap((fault) => [inB(fault), inC(fault, 'nothing')]),
  ...payloadFaults.flatMap((fault) => [inB(fault), inC(fault, 'close 2')]),
  ...misplacedInB.map(inB),
  ...wrongValuesInC.map((fault) => inC(fault, 'close 2')),
  ...[...incomplete, ...identityFaults, ...signatureFaults].flatMap((fault) => [inB(fault), inC(fault, 'reject 2')]),

  ...allOf('STALK2_SIGNATURE_INVALID', [
    { name: 'the proof of an initiator', peer: { proof: () => ({ role: 'initiator' }) } },
    { name: 'a proof made with your own key, which was stolen', peer: { signer: 'alice' } },
    { name: 'a proof with a server in it', peer: { proof: () => ({ serverSpki: aliceSpki }) } },
  ]).map(inB),
  ...allOf('STALK2_SIGNATURE_INVALID', [
    { name: 'the proof of a responder', peer: { proof: () => ({ role: 'responder' }) } },
    { name: 'a proof made with your own key, which was stolen', peer: { signer: 'bob' } },
    { name: 'a ticket that was put in after the proof', peer: { payload: withEntry(5, '0102') } },
    { name: 'a proof for another server', peer: { proof: () => ({ serverSpki: aliceSpki }) } },
    { name: 'a proof for no server', peer: { proof: () => ({ serverSpki: null }) } },
  ]).map((fault) => inC(fault, 'reject 2')),

  inB({ name: 'nobody', peer: { identity: null }, error: 'STALK2_IDENTITY_INCOMPLETE' }),
  ...['carol', 'rsa-2048'].map((identity) => ({
    name: `B: a proof of ${identity}, who is not expected`,
    you: { role: 'initiator' as const, pin: 'bob' },
    peer: { identity },
    expect: { stage: 'B' as const, error: 'PIN_MISMATCH' },
  })),
  ...[
    {
      name: 'another preamble: a suite was taken out',
      peer: { believedPreamble: () => hex(`${utf8('stalk/2\n')}00010001`) },
    },
    { name: 'another preamble: other flags', peer: { believedPreamble: replaced(8, 'ff') } },
    { name: 'another preamble: suites the other way round', peer: { believedPreamble: replaced(10, '00020001') } },
    { name: 'no retry', peer: { suite: 2, believedRetry: null } },
  ].map(({ name, peer }) => inB({ name: `made for ${name}`, peer, error: 'NOISE_DECRYPT_FAILED' })),

  {
    name: 'C: nobody, which is not allowed',
    you: { role: 'responder' },
    peer: { identity: null },
    expect: { stage: 'C', error: 'ANONYMOUS_REFUSED', tells: 'reject 1' },
  },
  {
    name: 'C: application protocols that you do not speak',
    you: { role: 'responder', applicationProtocols: ['chat'] },
    peer: withKv,
    expect: noProtocol,
  },
  {
    name: 'C: application protocols, of which you have none',
    you: { role: 'responder' },
    peer: withKv,
    expect: noProtocol,
  },
  {
    name: 'C: no application protocols, of which you have one',
    you: { role: 'responder', applicationProtocols: ['chat'] },
    expect: noProtocol,
  },
]
