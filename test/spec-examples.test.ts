// Every worked example in docs/SPEC.md (a fenced block marked `hex <name>` or `text <name>`) is checked here: against the codec, the
// vectors and, where a formula is spelled out in the document, against that formula.
import assert from 'node:assert/strict'
import { createCipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { Identity, inspectCapture, parseKeyLog } from '@stalk/core'
import { decode, encode, Spack } from '@stalk/spack'
import * as kinds from '@stalk/spack/schema'
import { workedExample } from './worked-example.js'

interface Line {
  /** Without blanks; `…` stands for what is left out. */
  readonly content: string
  readonly comment: string
}

const root = path.resolve(import.meta.dirname, '..')
const vectors = path.join(root, 'test-vectors/v1')
const examples = readExamples(readFileSync(path.join(root, 'docs/SPEC.md'), 'utf8'))
const unchecked = new Set(examples.keys())

const [t1] = (
  JSON.parse(readFileSync(path.join(vectors, 'handshake.json'), 'utf8')) as { transcripts: Record<string, never>[] }
).transcripts as unknown as [Transcript]
const { identities } = JSON.parse(readFileSync(path.join(vectors, 'identities/identities.json'), 'utf8')) as {
  identities: { name: string; e: string; n: string; id_pub: string }[]
}

interface Recorded {
  readonly packet: string
  readonly plain: string
  readonly cipher: string
  readonly keystream_offset: number
}

interface Transcript {
  readonly client_identity: { readonly n: string; readonly e: string }
  readonly client_ephemeral: { readonly private: string; readonly public: string }
  readonly server_ephemeral: { readonly private: string; readonly public: string }
  readonly iv: string
  readonly aes_key: string
  readonly hello: Recorded
  readonly ack: Recorded
  readonly fin: Recorded
  readonly messages: readonly [Recorded, Recorded]
}

test('LEB128: the table of signed numbers is what the codec writes and the formula reads', () => {
  for (const { content, comment } of lines('leb128-signed')) {
    const value = BigInt(comment)
    const packet = encode(new Spack().integer(value), { form: 'compact' })
    assert.equal(hex(packet.subarray(2)), content)
    assert.equal(sum(content) - (bytes(content).at(-1)! >= 64 ? 128n ** BigInt(content.length / 2) : 0n), value)
  }
})

test('LEB128: the table of unsigned numbers is what the formula reads, and what the compact form begins with', () => {
  for (const { content, comment } of lines('leb128-unsigned')) {
    assert.equal(sum(content), BigInt(comment))
    if (Number(comment) > 1000) continue
    const packet = Spack.of(...Array.from({ length: Number(comment) }, () => ['byte', 0] as const))
    assert.equal(hex(encode(packet, { form: 'compact' }).subarray(0, content.length / 2)), content)
  }
})

for (const type of ['float32', 'float64'] as const) {
  test(`the bytes of ${type} are what the codec writes and reads`, () => {
    for (const { content, comment } of lines(type)) {
      const packet = encode(new Spack().push(Number(comment), type), { form: 'compact' })
      assert.equal(hex(packet.subarray(2)), content)
      assert.ok(Object.is(decode(packet, { form: 'compact' }).values()[0], Number(comment)))
    }
  })
}

test('the small spack and the empty one, in both forms', () => {
  const small = Spack.of(
    ['integer', -65],
    ['string', 'é'],
    ['float32', 1.5],
    ['byte[]', Uint8Array.of(0, 255)],
    ['integer[]', [1, 64]],
  )
  for (const form of ['classic', 'compact'] as const) {
    matches(`spack-${form}`, hex(encode(small, { form })))
    matches(`spack-${form}-empty`, hex(encode(new Spack(), { form })))
  }
})

test('the spack of extended types', () => {
  const spack = new Spack()
    .list(new Spack().null().boolean(true).string('é').integers([1, 64]).list([]))
    .map({ a: 5n, b: new Date('2001-02-03T04:05:06.007Z') })
    .boolean(false)
  matches('spack-extended', hex(encode(spack, { form: 'compact' })))
})

test('a schema’s canonical form and fingerprint, and a packet of it', () => {
  const { integer, list, nothing, optional, schema, string, union, float64 } = kinds
  const Example = schema({
    seq: integer,
    name: string,
    tags: optional(list(string)),
    state: union({ moving: float64, idle: nothing }),
  })
  assert.deepEqual(
    lines('schema-fingerprint').map(({ content }) => content),
    [Example.form, Example.fingerprint],
  )
  matches('schema-packet', hex(Example.encode({ seq: 7, name: 'é', state: { type: 'moving', value: 1.5 } })))
})

test('the low-order keys of Ed25519 are refused, with either top bit', () => {
  assert.equal(lines('ed25519-low-order').length, 5)
  for (const { content } of lines('ed25519-low-order')) {
    for (const top of [0, 0x80]) {
      const spki = bytes(`302a300506032b6570032100${content}`)
      spki[43]! |= top
      assert.throws(() => Identity.fromSpki(spki, 'stalk/2'), { code: 'ED25519_KEY_INVALID' })
    }
  }
})

test('SPKI, fingerprint and text of the two keys', () => {
  const ed25519 = Identity.fromSpki(bytes(whole('ed25519-spki')), 'stalk/2')
  const rsa = vectorIdentity('pub-a')
  matches('rsa-spki-pub-a', hex(rsa.spki))
  assert.deepEqual(
    lines('fingerprints').map(({ content }) => content),
    [ed25519.fingerprint, rsa.fingerprint],
  )
  assert.deepEqual(
    lines('identity-text').map(({ content }) => content),
    [ed25519.toString()],
  )
})

test('raw files: header, e and n', () => {
  for (const name of ['pub-a', 'pub-short-e']) {
    const { id_pub: file, e, n } = recorded(name)
    matches(`raw-id-pub-${name}`, file)
    const k = Buffer.from(file, 'hex').readUInt32LE() / 8
    assert.equal(littleEndian(file.slice(-2 * k)), BigInt(n))
    assert.equal(littleEndian(file.slice(8, -2 * k)), BigInt(e))
  }
})

test('an encrypted PEM file has the bytes of the template', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'stalk-spec-'))
  t.after(() => {
    rmSync(directory, { recursive: true })
  })
  const identity = await Identity.generate({ type: 'ed25519' })
  await identity.save(path.join(directory, 'id'), { passphrase: 'correct horse' })
  const pem = readFileSync(path.join(directory, 'id/id_priv'), 'utf8').trim().split('\n')
  assert.equal(pem[0], '-----BEGIN ENCRYPTED PRIVATE KEY-----')
  matches('pem-encrypted-ed25519', Buffer.from(pem.slice(1, -1).join(''), 'base64').toString('hex'))
})

test('the low-order keys of X25519 have no shared secret with any key', () => {
  assert.equal(lines('x25519-low-order').length, 7)
  const privateKey = x25519Private(t1.client_ephemeral.private)
  for (const { content } of lines('x25519-low-order')) {
    for (const top of [0, 0x80]) {
      const point = bytes(content)
      point[31]! |= top
      assert.throws(() => diffieHellman({ privateKey, publicKey: x25519Public(hex(point)) }))
    }
  }
})

test('stalk/1: hello and ack are those of the transcript, and their signatures verify by the formula', () => {
  matches('t1-hello', t1.hello.packet)
  matches('t1-ack', t1.ack.packet)
  const hello = decode(bytes(t1.hello.packet)).values()
  assert.deepEqual(hello.slice(0, 3).map(String), ['100', t1.client_identity.e, t1.client_identity.n])
  assert.equal(hex(hello[4] as Uint8Array), t1.iv)
  assert.equal(vectorIdentity('pub-a').rsa?.n, hello[2])
  verifySignature(hello[1], hello[2], hello[3], hello[5])
  const ack = decode(bytes(t1.ack.packet)).values()
  assert.equal(ack[0], 101)
  verifySignature(ack[2], ack[3], ack[1], ack[4])
})

test('stalk/1: the key is the X25519 secret, the keystream OFB by the formula', () => {
  const [own, other] = lines('t1-private-keys').map(({ content }) => content)
  assert.deepEqual([own, other], [t1.client_ephemeral.private, t1.server_ephemeral.private])
  const secret = diffieHellman({
    privateKey: x25519Private(own!),
    publicKey: x25519Public(t1.server_ephemeral.public),
  })
  matches('t1-key', hex(secret))
  assert.equal(t1.aes_key, hex(secret))
  matches('t1-keystream', hex(keystream(0, 37)))
})

test('stalk/1: fin, ping and pong under one keystream', () => {
  const [ping, pong] = t1.messages
  matches('t1-fin-inner', t1.fin.plain)
  matches('t1-fin-ciphertext', t1.fin.cipher)
  matches('t1-fin', t1.fin.packet)
  matches('t1-ping-inner', ping.plain)
  matches('t1-ping', ping.packet)
  matches('t1-pong', pong.packet)
  const inner: unknown[] = []
  let position = 0
  for (const { packet, keystream_offset: offset } of [t1.fin, ping, pong]) {
    assert.equal(offset, position)
    const ciphertext = decode(bytes(packet)).values()[0] as Uint8Array
    const pad = keystream(position, ciphertext.length)
    inner.push(decode(ciphertext.map((byte, index) => byte ^ pad[index]!)).values())
    position += ciphertext.length
  }
  assert.deepEqual(inner, [[102], ['ping'], ['pong']])
})

test('stalk/2: every value of the worked example is what the formulas give, and what the testkit’s connection carries', () => {
  const given = Object.fromEntries(labelled('s2-keys').map(({ label, value }) => [label, value]))
  const blocks = workedExample({
    initiatorSeed: given['the initiator’s identity: the seed of Ed25519']!,
    responderSeed: given['the responder’s identity: the seed of Ed25519']!,
    e_i: given['e_i, private']!,
    s_i: given['s_i, private']!,
    e_r: given['e_r, private']!,
    s_r: given['s_r, private']!,
  })
  const onTheLine: string[] = []
  for (const [name, values] of Object.entries(blocks)) {
    const expected = values.map(([value, label]) => ({ label, value: hex(value) }))
    assert.deepEqual(labelled(name), expected)
    onTheLine.push(...expected.filter(({ label }) => label.startsWith('on the line')).map(({ value }) => value))
  }
  const { transcripts } = JSON.parse(readFileSync(path.join(root, 'test-vectors/stalk2/transcripts.json'), 'utf8')) as {
    transcripts: { name: string; steps: { receive?: string; send?: string }[] }[]
  }
  const transcript = transcripts.find(({ name }) => name === 'you listen: alice calls bob')
  const carried = transcript!.steps.map(({ receive, send }) => receive ?? send).filter((step) => step !== undefined)
  assert.deepEqual(onTheLine, carried)
})

test('stalk/2: inspectCapture reads the worked example with its keys, and shows the values that stand there', () => {
  const values = ['s2-a', 's2-b', 's2-c', 's2-records'].flatMap((name) => [...labelled(name)])
  const all = (label: string): string[] => values.filter((one) => one.label === label).map(({ value }) => value)
  const onTheLine = values.filter(({ label }) => label.startsWith('on the line')).map(({ value }) => value)
  const senders = [
    'initiator',
    'responder',
    'initiator',
    'responder',
    'initiator',
    'responder',
    'initiator',
    'responder',
  ] as const
  const chunks = senders.map((from, index) => ({ from, bytes: bytes(onTheLine[index]!) }))
  const e_i = onTheLine[0]!.slice(-64)
  const secrets = [
    ...all('k').map((k, index) => [`STALK2_HANDSHAKE_KEY_${index + 1}`, k]),
    ['STALK2_INITIATOR_KEY', all('o1: the initiator’s key for sending')[0]],
    ['STALK2_RESPONDER_KEY', all('o2: the responder’s')[0]],
  ]
  const keyLog = parseKeyLog(secrets.map(([label, secret]) => `${label} ${e_i} ${secret}`).join('\n'))
  const { parts, faults } = inspectCapture(chunks, keyLog)
  assert.deepEqual(faults, [])
  const shown = new Map(
    parts.flatMap(({ name, details }) =>
      details.map(([what, value]) => [`${name}: ${what}`, value instanceof Uint8Array ? hex(value) : value] as const),
    ),
  )
  const given = new Map(labelled('s2-keys').map(({ label, value }) => [label, value]))
  for (const [what, value] of [
    ['B: e', given.get('e_r')],
    ['B: s', given.get('s_r')],
    ['B: h_B', all('h_B')[0]],
    ['B: payload', all('payload of B')[0]],
    ['C: s', given.get('s_i')],
    ['C: h_C', all('h_C')[0]],
    ['C: payload', all('payload of C')[0]],
    ['record 0 ACCEPT: largest message', 16_777_216],
    ['record 0 DATA: frame', 'channel 0, 3 bytes, fin'],
    ['record 2 CLOSE: code', 0],
  ] as const) {
    assert.equal(shown.get(what), value, what)
  }
})

test('negative control: an example with one digit changed, or of another length, does not match', () => {
  const line: Line = { content: '0102…0405', comment: 'x (5 bytes)' }
  assert.match('0102030405', pattern([line]))
  for (const wrong of ['0102030406', '01020405', '010203030405', '0102030405ff'])
    assert.doesNotMatch(wrong, pattern([line]))
  assert.throws(() => pattern([{ content: '01…', comment: 'without a length' }]))
})

// runs last: each test above takes its examples off the list
test('every marked example was checked', () => {
  assert.ok(examples.size > 25)
  assert.deepEqual([...unchecked], [])
})

/** The values of a block whose comments stand above them; `00×N` is N bytes of zeros. */
function labelled(name: string): { label: string; value: string }[] {
  const values: { label: string; value: string }[] = []
  for (const { content, comment } of lines(name)) {
    if (content === '') values.push({ label: comment, value: '' })
    else values.at(-1)!.value += content.replaceAll(/00×(\d+)/gu, (_, count: string) => '00'.repeat(Number(count)))
  }
  return values
}

function readExamples(markdown: string): Map<string, readonly Line[]> {
  const found = new Map<string, readonly Line[]>()
  for (const [, name = '', body = ''] of markdown.matchAll(/^```(?:hex|text) (\S+)\n(.*?)^```$/gmsu)) {
    assert.ok(!found.has(name), `two examples are named ${name}`)
    found.set(
      name,
      body
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { content = '', comment = '' } = /^(?<content>[^#]*)#?(?<comment>.*)$/u.exec(line)?.groups ?? {}
          return { content: content.replaceAll(' ', ''), comment: comment.trim() }
        }),
    )
  }
  // a block of hex without a name would go unchecked
  assert.doesNotMatch(markdown, /^```hex\s*$/mu)
  return found
}

function lines(name: string): readonly Line[] {
  const example = examples.get(name)
  assert.ok(example !== undefined, `SPEC.md has no example ${name}`)
  unchecked.delete(name)
  return example
}

function whole(name: string): string {
  return lines(name)
    .map(({ content }) => content)
    .join('')
}

function matches(name: string, actual: string): void {
  assert.match(actual, pattern(lines(name)), name)
}

/** What is left out is as long as the comment says: `(256 bytes)`. A line that is whole must be as long as its comment says, if it does. */
function pattern(example: readonly Line[]): RegExp {
  const parts = example.map(({ content, comment }) => {
    assert.match(content, /^[0-9a-f]*…?[0-9a-f]*$/u)
    const length = /\((\d+) bytes\)/u.exec(comment)?.[1]
    const hidden = 2 * Number(length) - content.replace('…', '').length
    if (content.includes('…')) assert.ok(hidden >= 0, `no length for ${content}`)
    else assert.ok(length === undefined || hidden === 0, `not as long as it says: ${content}`)
    return content.replace('…', `[0-9a-f]{${hidden}}`)
  })
  return new RegExp(`^${parts.join('')}$`, 'u')
}

function recorded(name: string): (typeof identities)[number] {
  const identity = identities.find((candidate) => candidate.name === name)
  assert.ok(identity !== undefined)
  return identity
}

function vectorIdentity(name: string): Identity {
  const { n, e } = recorded(name)
  return Identity.fromRsa({ n: BigInt(n), e: BigInt(e) }, 'stalk/1')
}

/** SPEC, stalk/1 §3: s^e mod n, big-endian, is zero bytes and the ephemeral key. */
function verifySignature(e: unknown, n: unknown, ephemeral: unknown, signature: unknown): void {
  const modulus = n as bigint
  let result = 1n
  let power = BigInt(`0x${hex(signature as Uint8Array)}`)
  for (let rest = e as bigint; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = (result * power) % modulus
    power = (power * power) % modulus
  }
  assert.equal((signature as Uint8Array).length, modulus.toString(2).length / 8)
  assert.equal(result.toString(16).padStart(64, '0'), hex(ephemeral as Uint8Array))
}

/** SPEC, stalk/1 §2: each block is the encryption of the one before. */
function keystream(start: number, length: number): Uint8Array {
  const key = bytes(t1.aes_key)
  let stream = Buffer.alloc(0)
  for (let block = bytes(t1.iv); stream.length < start + length; stream = Buffer.concat([stream, block])) {
    block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block)
  }
  return stream.subarray(start, start + length)
}

function x25519Private(key: string): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({
    key: Buffer.from(`302e020100300506032b656e04220420${key}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  })
}

function x25519Public(key: string): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: Buffer.from(`302a300506032b656e032100${key}`, 'hex'), format: 'der', type: 'spki' })
}

function sum(digits: string): bigint {
  return bytes(digits).reduceRight((value, byte) => value * 128n + BigInt(byte & 127), 0n)
}

function littleEndian(digits: string): bigint {
  return BigInt(`0x${hex(bytes(digits).reverse())}`)
}

function bytes(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex')
}
