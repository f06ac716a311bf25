// The worked example of stalk/2, from the formulas of docs/SPEC.md alone: node:crypto, and nothing of this project.
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign,
} from 'node:crypto'

/** What is given: keys in hexadecimal. */
export interface Given {
  /** Seeds of Ed25519. */
  readonly initiatorSeed: string
  readonly responderSeed: string
  /** X25519 private keys. */
  readonly e_i: string
  readonly s_i: string
  readonly e_r: string
  readonly s_r: string
}

/** Blocks by name; each line is a value with what it is called. */
export type Blocks = Record<string, readonly (readonly [value: Buffer, name: string])[]>

export function workedExample(given: Given): Blocks {
  const e_i = x25519(given.e_i)
  const s_i = x25519(given.s_i)
  const e_r = x25519(given.e_r)
  const s_r = x25519(given.s_r)
  const initiator = ed25519(given.initiatorSeed)
  const responder = ed25519(given.responderSeed)

  // the preamble
  const preamble = join('stalk/2\n', bytes('00'), u8(2), u16(1), u16(2))
  const prologue = join('stalk/2', bytes('00'), u32(preamble.length), preamble)
  const h0 = join('Noise_XX_25519_AESGCM_SHA256', Buffer.alloc(4))
  const h1 = H(h0, prologue)

  // A
  const h2 = H(h1, e_i.public)
  const hA = H(h2)
  const lineA = join(preamble, u16(32), e_i.public)

  // B
  const h3 = H(hA, e_r.public)
  const ee = dh(e_i, e_r)
  const [ck1, k1] = hkdf(h0, ee)
  const sealedSr = seal(k1, 0, h3, s_r.public)
  const hB = H(h3, sealedSr)
  const es = dh(e_i, s_r)
  const [ck2, k2] = hkdf(ck1, es)
  const unsignedB = padded(entry(1, responder.spki))
  const signedB = join(
    'stalk/2 identity signature',
    bytes('00'),
    'R',
    u16(1),
    hB,
    s_r.public,
    Buffer.alloc(32),
    H(unsignedB),
  )
  const signatureB = sign(null, signedB, responder.private)
  const payloadB = join(unsignedB, entry(0xff, signatureB))
  const sealedB = seal(k2, 0, hB, payloadB)
  const h4 = H(hB, sealedB)
  const messageB = join(e_r.public, sealedSr, sealedB)
  const lineB = join(u8(1), u16(messageB.length), messageB)

  // C
  const sealedSi = seal(k2, 1, h4, s_i.public)
  const hC = H(h4, sealedSi)
  const se = dh(s_i, e_r)
  const [ck3, k3] = hkdf(ck2, se)
  const unsignedC = padded(join(entry(1, initiator.spki), entry(3, u32(16_777_216))))
  const signedC = join(
    'stalk/2 identity signature',
    bytes('00'),
    'I',
    u16(1),
    hC,
    s_i.public,
    H(responder.spki),
    H(unsignedC),
  )
  const signatureC = sign(null, signedC, initiator.private)
  const payloadC = join(unsignedC, entry(0xff, signatureC))
  const sealedC = seal(k3, 0, hC, payloadC)
  const hFinal = H(hC, sealedC)
  const lineC = join(u16(sealedSi.length + sealedC.length), sealedSi, sealedC)

  // the keys, and the records
  const [o1, o2, o3] = hkdf(ck3, Buffer.alloc(0))
  const context = H(Buffer.from('context'))
  const info = join('stalk/2 exp', bytes('00'), 'label', bytes('00'), hFinal, context)
  const exported = hmac(o3, info, u8(1))
  const accept = join(u8(5), entry(3, u32(16_777_216)))
  const message = bytes('010107')
  const data = join(u8(1), u8(0), u8((message.length << 1) | 1), message)
  const close = join(u8(2), u16(0))
  return {
    's2-keys': [
      [bytes(given.initiatorSeed), 'the initiator’s identity: the seed of Ed25519'],
      [initiator.spki, 'its SubjectPublicKeyInfo'],
      [bytes(given.responderSeed), 'the responder’s identity: the seed of Ed25519'],
      [responder.spki, 'its SubjectPublicKeyInfo'],
      [bytes(given.e_i), 'e_i, private'],
      [e_i.public, 'e_i'],
      [bytes(given.s_i), 's_i, private'],
      [s_i.public, 's_i'],
      [bytes(given.e_r), 'e_r, private'],
      [e_r.public, 'e_r'],
      [bytes(given.s_r), 's_r, private'],
      [s_r.public, 's_r'],
    ],
    's2-a': [
      [preamble, 'the preamble: flags 0, the suites 0001 and 0002'],
      [prologue, 'the prologue'],
      [h0, 'h = ck = protocol name, padded'],
      [h1, 'h after the prologue'],
      [h2, 'h after e_i'],
      [hA, 'h after the payload of A, which is empty'],
      [lineA, 'on the line: preamble, length, A'],
    ],
    's2-b': [
      [h3, 'h after e_r'],
      [ee, 'DH(e_i, e_r)'],
      [ck1, 'ck'],
      [k1, 'k'],
      [sealedSr, 'AEAD(k, 0, h, s_r)'],
      [hB, 'h_B'],
      [es, 'DH(e_i, s_r)'],
      [ck2, 'ck'],
      [k2, 'k'],
      [unsignedB, 'payload of B up to the signature: padding, identity'],
      [signedB, 'signed'],
      [signatureB, 'the signature'],
      [payloadB, 'payload of B'],
      [sealedB, 'AEAD(k, 0, h_B, payload)'],
      [h4, 'h'],
      [lineB, 'on the line: 01, length, B'],
    ],
    's2-c': [
      [sealedSi, 'AEAD(k, 1, h, s_i)'],
      [hC, 'h_C'],
      [se, 'DH(s_i, e_r)'],
      [ck3, 'ck'],
      [k3, 'k'],
      [unsignedC, 'payload of C up to the signature: padding, identity, largest message'],
      [signedC, 'signed'],
      [signatureC, 'the signature'],
      [payloadC, 'payload of C'],
      [sealedC, 'AEAD(k, 0, h_C, payload)'],
      [hFinal, 'h_final'],
      [lineC, 'on the line: length, C'],
    ],
    's2-records': [
      [o1, 'o1: the initiator’s key for sending'],
      [o2, 'o2: the responder’s'],
      [o3, 'o3: the exporter secret'],
      [exported, 'exported, label "label", context "context", 32 bytes'],
      [accept, 'responder, record 0: ACCEPT, with the largest message that it takes'],
      [record(o2, 0, accept), 'on the line'],
      [data, 'initiator, record 0: DATA, channel 0, one frame with fin: the spack of one integer, 7'],
      [record(o1, 0, data), 'on the line'],
      [data, 'responder, record 1: the same message'],
      [record(o2, 1, data), 'on the line'],
      [close, 'initiator, record 1: CLOSE, code 0'],
      [record(o1, 1, close), 'on the line'],
      [close, 'responder, record 2: CLOSE, code 0'],
      [record(o2, 2, close), 'on the line'],
    ],
  }
}

interface KeyPair {
  readonly private: ReturnType<typeof createPrivateKey>
  readonly public: Buffer
}

function x25519(secret: string): KeyPair {
  return keyPair(`302e020100300506032b656e04220420${secret}`)
}

function ed25519(seed: string): KeyPair & { readonly spki: Buffer } {
  const pair = keyPair(`302e020100300506032b657004220420${seed}`)
  return { ...pair, spki: join(bytes('302a300506032b6570032100'), pair.public) }
}

function keyPair(pkcs8: string): KeyPair {
  const key = createPrivateKey({ key: bytes(pkcs8), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { private: key, public: spki.subarray(-32) }
}

function dh(mine: KeyPair, theirs: KeyPair): Buffer {
  return diffieHellman({ privateKey: mine.private, publicKey: createPublicKey(theirs.private) })
}

function H(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256')
    .update(join(...parts))
    .digest()
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  return createHmac('sha256', key)
    .update(join(...parts))
    .digest()
}

function hkdf(ck: Buffer, x: Buffer): readonly [Buffer, Buffer, Buffer] {
  const t = hmac(ck, x)
  const first = hmac(t, u8(1))
  const second = hmac(t, first, u8(2))
  return [first, second, hmac(t, second, u8(3))]
}

function seal(k: Buffer, n: number, associatedData: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', k, join(Buffer.alloc(8), u32(n)))
  cipher.setAAD(associatedData)
  return join(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

function record(key: Buffer, counter: number, plaintext: Buffer): Buffer {
  const sealed = seal(key, counter, Buffer.alloc(0), plaintext)
  return join(u16(sealed.length), sealed)
}

function entry(type: number, value: Buffer): Buffer {
  return join(u8(type), u16(value.length), value)
}

/** With one entry of padding before, so that with a signature of 64 bytes it has 512. */
function padded(content: Buffer): Buffer {
  return join(entry(0, Buffer.alloc(512 - 3 - content.length - 3 - 64)), content)
}

function u8(value: number): Buffer {
  return Buffer.from([value])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function u32(value: number): Buffer {
  return join(u16(value >>> 16), u16(value & 0xffff))
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

function join(...parts: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}
