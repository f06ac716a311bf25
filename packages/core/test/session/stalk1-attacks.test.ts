// Every attack that is known to work against the original (docs/THREATS.md has the table). Where the wire format allows it the attack
// is refused; a test whose name begins with SUCCEEDS shows that the format does not, which is why stalk/1 must be asked for by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, Spack } from '@stalk/spack'
import { fromBigEndian, modPow, toBigEndian } from '#src/crypto/big-integer.js'
import { randomBytes } from '#src/crypto/random.js'
import { sha256 } from '#src/crypto/sha256.js'
import { generateX25519, x25519 } from '#src/crypto/x25519.js'
import type { Identity } from '#src/identity/identity.js'
import { DataChannel, readCiphertext } from '#src/stalk1/data-channel.js'
import { ackPacket, finPacket, helloPacket, readAck, readHello, type Offer } from '#src/stalk1/messages.js'
import { makeOffer } from '#src/stalk1/offer.js'
import { code } from '../support/errors.js'
import { alice, bob, carol, mallory } from '../support/people.js'
import { converse, establishedPair, initiator, messagesOf, output, responder, text } from '../support/sessions.js'

function publicNumbers(identity: Identity): Offer['rsa'] {
  assert.ok(identity.rsa !== undefined)
  return identity.rsa
}

const bobsKey = publicNumbers(bob)
const modulusBytes = bob.keysize / 8
const zeros = new Uint8Array(32)

/** An ack and a hello that claim to be Bob, made from his public key alone. */
function forgeries(ephemeral: Uint8Array, signature: Uint8Array): { ack: Uint8Array; hello: Uint8Array } {
  const offer = { rsa: bobsKey, ephemeral, signature }
  return { ack: encode(ackPacket(offer)), hello: encode(helloPacket({ ...offer, iv: randomBytes(16) })) }
}

function refused(forged: { ack: Uint8Array; hello: Uint8Array }, expected: Parameters<typeof code>[0]): void {
  const client = initiator({ serverIdentity: bob })
  assert.throws(() => client.receive(forged.ack), code(expected))
  assert.deepEqual(client.takeEvents(), [])
  const server = responder({ identity: carol })
  assert.throws(() => server.receive(forged.hello), code(expected))
  assert.deepEqual(server.takeOutput(), [])
}

test('a1, a4: a zero ephemeral key with a zero signature is refused, as server and as client', () => {
  refused(forgeries(zeros, new Uint8Array(modulusBytes)), 'STALK1_EPHEMERAL_LOW_ORDER')
})

test('a1, a4: a signature of 0, 1, n-1 or n is refused whatever it signs', () => {
  for (const signature of [0n, 1n, bobsKey.n - 1n, bobsKey.n]) {
    refused(forgeries(generateX25519().publicKey, toBigEndian(signature, modulusBytes)), 'STALK1_SIGNATURE_TRIVIAL')
  }
})

test('a2, a4: an ephemeral key made from a random signature is refused for its length', () => {
  const signature = toBigEndian(fromBigEndian(randomBytes(modulusBytes - 1)), modulusBytes)
  const signed = toBigEndian(modPow(fromBigEndian(signature), bobsKey.e, bobsKey.n))
  refused(forgeries(Buffer.concat([zeros, signed]), signature), 'STALK1_EPHEMERAL_LENGTH')
})

test('a3, a4: 32 zero bytes before a recorded ephemeral key and signature are refused for their length', () => {
  const recorded = makeOffer(bob, generateX25519())
  refused(forgeries(Buffer.concat([zeros, recorded.ephemeral]), recorded.signature), 'STALK1_EPHEMERAL_LENGTH')
})

test('a5: the victim’s modulus with the exponent 1 is refused', () => {
  const ephemeral = generateX25519().publicKey
  const signature = Buffer.concat([new Uint8Array(modulusBytes - 32), ephemeral])
  const offer = { rsa: { n: bobsKey.n, e: 1n }, ephemeral, signature }
  const hello = encode(helloPacket({ ...offer, iv: randomBytes(16) }))
  assert.throws(() => responder({ identity: carol }).receive(hello), code('RSA_EXPONENT_TOO_SMALL'))
  assert.throws(
    () => initiator({ serverIdentity: bob }).receive(encode(ackPacket(offer))),
    code('RSA_EXPONENT_TOO_SMALL'),
  )
})

test('a5: the pinned modulus with another exponent is PIN_EXPONENT_MISMATCH, another key PIN_MISMATCH with both fingerprints', () => {
  const offer = makeOffer(bob, generateX25519())
  const other = encode(ackPacket({ ...offer, rsa: { n: bobsKey.n, e: 65537n } }))
  assert.throws(() => initiator({ serverIdentity: bob }).receive(other), code('PIN_EXPONENT_MISMATCH'))
  const stranger = encode(ackPacket(makeOffer(mallory, generateX25519())))
  assert.throws(
    () => initiator({ serverIdentity: bob }).receive(stranger),
    (error: Error) =>
      code('PIN_MISMATCH')(error) &&
      error.message.includes(bob.fingerprint) &&
      error.message.includes(mallory.fingerprint),
  )
})

test('a signature by another key, or over another ephemeral key, is STALK1_SIGNATURE_INVALID', () => {
  const [mine, other] = [generateX25519(), generateX25519()]
  const { signature } = makeOffer(bob, other)
  refused(forgeries(mine.publicKey, signature), 'STALK1_SIGNATURE_INVALID')
  refused(forgeries(mine.publicKey, makeOffer(mallory, mine).signature), 'STALK1_SIGNATURE_INVALID')
  refused(forgeries(mine.publicKey, signature.subarray(1)), 'STALK1_SIGNATURE_LENGTH')
})

test('SUCCEEDS: b: known plaintext can be changed on the line, nobody notices', () => {
  const { a, b } = establishedPair()
  const said = text('pay alice 10')
  a.send(said)
  const ciphertext = readCiphertext(decode(output(a)))
  const [known, wanted] = [encode(said), encode(text('pay mallo 99'))]
  const forged = ciphertext.map((byte, at) => byte ^ known[at]! ^ wanted[at]!)
  b.receive(encode(new Spack().bytes(forged)))
  assert.deepEqual(messagesOf(b.takeEvents())[0]?.values(), ['pay mallo 99'])
})

test('b: a change without knowing the plaintext is refused', () => {
  const { a, b } = establishedPair()
  a.send(text('pay alice 10'))
  const ciphertext = readCiphertext(decode(output(a)))
  ciphertext[40]! ^= 1
  assert.throws(() => b.receive(encode(new Spack().bytes(ciphertext))), code('STALK1_OUT_OF_STEP'))
})

test('SUCCEEDS: c: when both sides talk at once an eavesdropper gets one plaintext xor the other; both sides then fail', () => {
  const { a, b } = establishedPair()
  const [fromA, fromB] = [text('aaaaaaaa'), text('bbbbbbbb')]
  a.send(fromA)
  b.send(fromB)
  const [lineA, lineB] = [output(a), output(b)]
  const [c1, c2] = [readCiphertext(decode(lineA)), readCiphertext(decode(lineB))]
  const [p1, p2] = [encode(fromA), encode(fromB)]
  assert.deepEqual(
    c1.map((byte, at) => byte ^ c2[at]!),
    p1.map((byte, at) => byte ^ p2[at]!),
  )
  assert.throws(() => a.receive(lineB), code('STALK1_OUT_OF_STEP'))
  assert.throws(() => b.receive(lineA), code('STALK1_OUT_OF_STEP'))
})

test('d: a replayed hello gets an ack and is never established without the ephemeral key', () => {
  const honest = initiator()
  const hello = output(honest)
  converse(honest, responder())
  const server = responder()
  server.receive(hello)
  assert.ok(output(server).length > 0)
  const guess = new DataChannel(randomBytes(32), randomBytes(16), 1000)
  assert.throws(() => server.receive(guess.seal(encode(finPacket()))), code('STALK1_FIN_INVALID'))
  assert.deepEqual(server.takeEvents(), [])
})

test('SUCCEEDS: d: a replayed ack lets a pinned client connect, to nobody who can read it', () => {
  const server = responder()
  server.receive(output(initiator()))
  const recorded = output(server)
  const client = initiator({ serverIdentity: bob })
  client.receive(recorded)
  assert.equal(client.takeEvents()[0]?.type, 'established')
})

test('d2: a replayed data packet is refused', () => {
  const { a, b } = establishedPair()
  a.send(text('once'))
  const line = output(a)
  b.receive(line)
  assert.throws(() => b.receive(line), code('STALK1_OUT_OF_STEP'))
})

test('SUCCEEDS: e: someone in between can put their name on the client’s ephemeral key', () => {
  const client = initiator({ identity: alice, serverIdentity: bob })
  const server = responder({ identity: bob })
  const { ephemeral, iv } = readHello(decode(output(client)))
  // Mallory signs a key that she does not hold: the format asks for no proof of that.
  const renamed = { ...makeOffer(mallory, { ...generateX25519(), publicKey: ephemeral }), iv }
  server.receive(encode(helloPacket(renamed)))
  const told = converse(client, server)
  assert.ok(told.b[0]?.type === 'established' && told.b[0].peerIdentity?.equals(mallory))
  client.send(text('from Alice'))
  server.receive(output(client))
  assert.equal(messagesOf(server.takeEvents()).length, 1)
})

test('SUCCEEDS: e2: two clients that are pinned to one another can be crossed', () => {
  const [a, b] = [
    initiator({ identity: alice, serverIdentity: bob }),
    initiator({ identity: bob, serverIdentity: alice }),
  ]
  const [fromA, fromB] = [readHello(decode(output(a))), readHello(decode(output(b)))]
  a.receive(encode(ackPacket(fromB)))
  b.receive(encode(ackPacket(fromA)))
  assert.equal(a.takeEvents()[0]?.type, 'established')
  assert.equal(b.takeEvents()[0]?.type, 'established')
})

test('e2: a hello that comes back as an ack is refused', () => {
  const client = initiator({ identity: alice, serverIdentity: alice })
  const own = readHello(decode(output(client)))
  assert.throws(() => client.receive(encode(ackPacket(own))), code('STALK1_EPHEMERAL_REFLECTED'))
  const again = initiator({ identity: alice, serverIdentity: alice })
  const other = readHello(decode(output(again)))
  other.ephemeral[31]! ^= 0x80
  assert.throws(() => again.receive(encode(ackPacket(other))), code('STALK1_EPHEMERAL_REFLECTED'))
})

test('SUCCEEDS in part: f: with the vector of the hello changed the client connects; the server refuses the fin', () => {
  const [client, server] = [initiator(), responder()]
  const hello = readHello(decode(output(client)))
  const iv = Uint8Array.from(hello.iv)
  iv[3]! ^= 8
  server.receive(encode(helloPacket({ ...hello, iv })))
  client.receive(output(server))
  assert.equal(client.takeEvents()[0]?.type, 'established')
  assert.throws(() => server.receive(output(client)), code('STALK1_FIN_INVALID'))
  assert.deepEqual(server.takeEvents(), [])
})

test('g: a packet that announces 2^40 bytes is refused from its header', () => {
  const header = Uint8Array.of(...randomBytes(32), 0x03, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20)
  assert.throws(() => responder().receive(header), code('STALK1_PACKET_INVALID'))
  const { b } = establishedPair()
  assert.throws(() => b.receive(header), code('STALK1_PACKET_INVALID'))
})

test('g2: an array that announces 2^40 entries is refused, whatever they are', () => {
  for (const type of [1, 2, 3, 4]) {
    const body = Uint8Array.of(8, 0, 0x10, type, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20)
    const packet = Buffer.concat([sha256(body), body])
    assert.throws(() => responder().receive(packet), code('STALK1_PACKET_INVALID'))
    const [key, iv] = [randomBytes(32), randomBytes(16)]
    const sealed = readCiphertext(decode(new DataChannel(key, iv, 1000).seal(packet)))
    assert.throws(() => new DataChannel(key, iv, 1000).open(sealed), code('STALK1_PACKET_INVALID'))
  }
})

test('g3: an unending LEB128 is refused after a few bytes of a size, and by the limits inside a packet', () => {
  const endless = new Uint8Array(60).fill(0xff)
  assert.throws(() => responder().receive(endless), code('STALK1_PACKET_INVALID'))
})

test('g4: a key of 20,000 bits is refused before any arithmetic', () => {
  const n = (1n << 19_999n) + 1n
  const offer = { rsa: { n, e: n - 2n }, ephemeral: generateX25519().publicKey, signature: new Uint8Array(2500) }
  const hello = encode(helloPacket({ ...offer, iv: randomBytes(16) }))
  assert.throws(() => responder().receive(hello), code('STALK1_PACKET_INVALID'))
  const roomy = responder({ limits: { maxHandshakePacketBytes: 100_000 } })
  assert.throws(() => roomy.receive(hello), code('RSA_MODULUS_TOO_LARGE'))
})

test('g4: a large key with a large exponent is refused before any arithmetic, with a common one it is cheap', () => {
  const n = (1n << 8191n) + 1n
  const offer = {
    rsa: { n, e: n - 2n },
    ephemeral: generateX25519().publicKey,
    signature: new Uint8Array(1024).fill(1),
  }
  const hello = encode(helloPacket({ ...offer, iv: randomBytes(16) }))
  assert.throws(() => responder().receive(hello), code('RSA_KEY_TOO_COSTLY'))
  const patient = responder({ limits: { maxModulusBitsWithLargeExponent: 8192 } })
  assert.throws(() => patient.receive(hello), code('STALK1_SIGNATURE_INVALID'))
  const common = encode(helloPacket({ ...offer, rsa: { n, e: 65537n }, iv: randomBytes(16) }))
  assert.throws(() => responder().receive(common), code('STALK1_SIGNATURE_INVALID'))
})

test('g4: exponents that are even, below 3, negative or above the modulus are refused', () => {
  const table = [
    [bobsKey.n, 'RSA_EXPONENT_TOO_LARGE'],
    [bobsKey.n + 2n, 'RSA_EXPONENT_TOO_LARGE'],
    [2n, 'RSA_EXPONENT_TOO_SMALL'],
    [-3n, 'RSA_EXPONENT_TOO_SMALL'],
    [65536n, 'RSA_EXPONENT_EVEN'],
  ] as const
  for (const [e, expected] of table) {
    const offer = { ...makeOffer(bob, generateX25519()), rsa: { n: bobsKey.n, e } }
    const hello = encode(helloPacket({ ...offer, iv: randomBytes(16) }))
    assert.throws(() => responder({ identity: carol }).receive(hello), code(expected))
  }
})

test('g5: 34 zero bytes end their own session and no other', () => {
  assert.throws(() => responder().receive(new Uint8Array(34)), code('STALK1_PACKET_INVALID'))
  converse(initiator(), responder())
})

test('SUCCEEDS: other: who talks to whom is in clear, and the end of the line cannot be told from a cut', () => {
  const hello = output(initiator({ identity: alice }))
  assert.deepEqual(readHello(decode(hello)).rsa, publicNumbers(alice))
  const { b } = establishedPair()
  b.receiveEnd()
  assert.deepEqual(b.takeEvents(), [{ type: 'end', statement: null }])
})

test('SUCCEEDS: other: with e = 3 anybody can sign some ephemeral key, though none whose secret they know', () => {
  // Textbook RSA: s^e mod n is signed by s. The cube of a small number is a 32-byte message under every modulus.
  const s = fromBigEndian(randomBytes(10)) | (1n << 79n)
  const ephemeral = toBigEndian(s ** 3n, 32)
  const offer = { rsa: { n: bobsKey.n, e: 3n }, ephemeral, signature: toBigEndian(s, modulusBytes) }
  const server = responder({ identity: carol })
  server.receive(encode(helloPacket({ ...offer, iv: randomBytes(16) })))
  const ack = readAck(decode(output(server)))
  const wrongSecret = x25519(generateX25519(), ack.ephemeral)
  const fin = new DataChannel(wrongSecret, randomBytes(16), 1000).seal(encode(finPacket()))
  assert.throws(() => server.receive(fin), code('STALK1_FIN_INVALID'))
})
