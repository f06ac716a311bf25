// A connection is recorded as it would be seen on the line, and read from that and from its key log alone.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Spack } from '@stalk/spack'
import { parseCapture, type CapturedChunk } from '#src/inspect/capture.js'
import { inspectCapture } from '#src/inspect/inspect.js'
import type { InspectedPart, Inspection } from '#src/inspect/inspection.js'
import { parseKeyLog } from '#src/inspect/key-log-file.js'
import { defaultLimits } from '#src/limits.js'
import type { Stalk2InitiatorOptions, Stalk2ResponderOptions } from '#src/session/stalk2-states.js'
import { suites } from '#src/stalk2/suites.js'
import { code } from '../support/errors.js'
import { output, text } from '../support/sessions.js'
import { kitFiles, type KitTranscript } from '../testkit/files.js'
import { KitEnd } from '../testkit/kit-end.js'
import { answer, ed25519Alice, ed25519Bob, end, initiator2, responder2, rsaAlice, type End } from '../support/stalk2.js'

interface Recording {
  readonly chunks: CapturedChunk[]
  readonly lines: string[]
  readonly a: End
  readonly b: End
}

/** Two sides that agree, say a few things, and end, with all that passed between them. */
async function record(
  options: { a?: Partial<Stalk2InitiatorOptions>; b?: Partial<Stalk2ResponderOptions> } = {},
): Promise<Recording> {
  const lines: string[] = []
  const keyLog = (line: string): void => void lines.push(line)
  const identity = options.a?.identity === undefined ? ed25519Alice : options.a.identity
  const limits = { ...defaultLimits, maxRecordBytes: 32_750 }
  const a = end(initiator2({ limits, ...options.a, keyLog }), identity)
  const b = end(responder2(options.b), options.b?.identity ?? ed25519Bob)
  const chunks: CapturedChunk[] = []
  await carry(a, b, chunks)
  a.session.send(Spack.of(['string', 'hello'], ['integer', 42]))
  a.session.send(text('x'.repeat(40_000)))
  b.session.ping(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  a.session.end()
  b.session.end({ code: 0, reason: 'bye' })
  await carry(a, b, chunks)
  return { chunks, lines, a, b }
}

async function carry(a: End, b: End, chunks: CapturedChunk[]): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    for (const [sender, from, to] of [
      ['initiator', a, b],
      ['responder', b, a],
    ] as const) {
      const bytes = output(from.session)
      if (bytes.length === 0) continue
      chunks.push({ from: sender, bytes })
      to.session.receive(bytes.slice(), 0)
      await answer(to)
    }
  }
}

function inspectRecording({ chunks, lines }: Recording, keep: (line: string) => boolean = () => true): Inspection {
  return inspectCapture(chunks, parseKeyLog(lines.filter(keep).join('\n')))
}

function detail(part: InspectedPart | undefined, name: string): unknown {
  return part?.details.find(([label]) => label === name)?.[1]
}

function summary({ parts }: Inspection): string[] {
  return parts.map(({ from, name }) => `${from === 'initiator' ? '>' : '<'} ${name}`)
}

const whole = [
  '> preamble',
  '> A',
  '< accepted',
  '< B',
  '> C',
  '< record 0 ACCEPT',
  '> record 0 DATA',
  '> record 1 DATA',
  '> record 2 DATA',
]

for (const suite of suites) {
  test(`with the key log every part of a connection is read: ${suite.noiseName}`, async () => {
    const recording = await record({
      a: { suites: [suite], applicationProtocols: ['kv/1'] },
      b: { applicationProtocols: ['kv/1'] },
    })
    const inspection = inspectRecording(recording)
    assert.deepEqual(inspection.faults, [])
    assert.deepEqual(summary(inspection).slice(0, whole.length), whole)
    assert.ok(summary(inspection).includes('< record 1 PING'))
    const part = (name: string): InspectedPart | undefined => inspection.parts.find((each) => each.name === name)
    assert.equal(detail(part('B'), 'identity'), ed25519Bob.fingerprint)
    assert.equal(detail(part('C'), 'identity'), ed25519Alice.fingerprint)
    assert.equal(detail(part('C'), 'signature'), 'valid')
    assert.equal(detail(part('C'), 'application protocols'), 'kv/1')
    assert.deepEqual(detail(part('C'), 'h_final'), recording.a.session.channelBinding)
    assert.deepEqual(detail(part('record 0 DATA'), 'message'), Spack.of(['string', 'hello'], ['integer', 42]))
    assert.equal(detail(part('record 3 CLOSE'), 'code'), 0)
    const message = detail(part('record 1 DATA'), 'message') as Spack
    assert.equal((message.values()[0] as string).length, 40_000)
  })
}

test('the parts are those bytes of each side that were on the line, one after the other', async () => {
  const recording = await record()
  const { parts } = inspectRecording(recording)
  for (const sender of ['initiator', 'responder'] as const) {
    const own = parts.filter(({ from }) => from === sender)
    const sent = recording.chunks
      .filter(({ from }) => from === sender)
      .reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.equal(
      own.reduce((at, { offset, length }) => (assert.equal(offset, at), at + length), 0),
      sent,
    )
  }
})

test('RSA, anonymous initiators and a retry are read, too', async () => {
  const rsa = inspectRecording(await record({ a: { identity: rsaAlice } }))
  assert.equal(
    detail(
      rsa.parts.find(({ name }) => name === 'C'),
      'identity',
    ),
    rsaAlice.fingerprint,
  )
  const anonymous = inspectRecording(await record({ a: { identity: null }, b: { allowAnonymous: true } }))
  assert.equal(
    detail(
      anonymous.parts.find(({ name }) => name === 'C'),
      'identity',
    ),
    'none: anonymous',
  )
  const retried = inspectRecording(await record({ b: { suites: suites.slice(1) } }))
  assert.deepEqual(summary(retried).slice(0, 7), ['> preamble', '> A', '< retry', '> A', '< accepted', '< B', '> C'])
  assert.deepEqual([rsa.faults, anonymous.faults, retried.faults], [[], [], []])
})

test('without secrets everything has its length, and nothing is a fault', async () => {
  const recording = await record()
  for (const keep of [() => false, (line: string) => line.includes('_HANDSHAKE_KEY_')]) {
    const { parts, faults } = inspectRecording(recording, keep)
    assert.deepEqual(faults, [])
    assert.ok(parts.some(({ name, details }) => name === 'record 0' && details[0]?.[0] === 'encrypted bytes'))
  }
})

test('no secret of the key log is in what is found', async () => {
  const recording = await record()
  const secrets = new Set(recording.lines.map((line) => line.split(' ')[2]))
  assert.equal(secrets.size, 6)
  for (const { details } of inspectRecording(recording).parts) {
    for (const [, value] of details) {
      if (!(value instanceof Uint8Array)) continue
      const shown = Buffer.from(value).toString('hex')
      for (const secret of secrets) assert.ok(!shown.includes(secret!))
    }
  }
})

test('damage is a fault with its place, and what comes before it is read', async () => {
  const recording = await record()
  const last = recording.chunks.findLastIndex(({ from }) => from === 'initiator')
  const { bytes } = recording.chunks[last]!
  recording.chunks[last] = { from: 'initiator', bytes: bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1) }
  const { parts, faults } = inspectRecording(recording)
  assert.deepEqual(
    faults.map(({ from, error }) => [from, error.code]),
    [['initiator', 'RECORD_AUTH_FAILED']],
  )
  assert.ok(parts.some(({ name }) => name === 'record 1 DATA'))
})

test('a capture cut or changed anywhere is read as far as it goes, and nothing but a StalkError is a fault', async () => {
  const recording = await record()
  const handshake = recording.chunks.slice(0, 4)
  for (const [index, { from, bytes }] of handshake.entries()) {
    for (let at = 0; at < bytes.length; at += 1) {
      const cut = inspectRecording({
        ...recording,
        chunks: [...handshake.slice(0, index), { from, bytes: bytes.subarray(0, at) }],
      })
      assert.ok(cut.parts.length <= 8)
      const changed = handshake.with(index, { from, bytes: bytes.with(at, bytes[at]! ^ 0x41) })
      inspectRecording({ ...recording, chunks: changed })
    }
  }
})

test('an end in the middle is CAPTURE_TRUNCATED, another protocol FOREIGN_PROTOCOL, a refusal the end', async () => {
  const recording = await record()
  const [opening] = recording.chunks
  const cut = inspectRecording({ ...recording, chunks: [{ from: 'initiator', bytes: opening!.bytes.subarray(0, 20) }] })
  assert.deepEqual(
    cut.faults.map(({ offset, error }) => [offset, error.code]),
    [[14, 'CAPTURE_TRUNCATED']],
  )
  const foreign = inspectCapture(
    [{ from: 'initiator', bytes: new TextEncoder().encode('GET / HTTP/1.1\r\n') }],
    new Map(),
  )
  assert.deepEqual(
    foreign.faults.map(({ error }) => error.code),
    ['FOREIGN_PROTOCOL'],
  )
  const refused = inspectRecording({
    ...recording,
    chunks: [opening!, { from: 'responder', bytes: Uint8Array.of(0, 0, 2) }],
  })
  assert.deepEqual(summary(refused), ['> preamble', '> A', '< refused'])
})

test('captures are read as lines of JSON and as tshark prints them', () => {
  const chunks = [
    { from: 'initiator', bytes: Uint8Array.of(0x73, 0x74) },
    { from: 'responder', bytes: Uint8Array.of(1) },
  ]
  assert.deepEqual(parseCapture('{"from":"initiator","hex":"7374"}\r\n\n{"from":"responder","hex":"01"}\n'), chunks)
  const frame = '='.repeat(67)
  const follow = `\n${frame}\nFollow: tcp,raw\nFilter: tcp.stream eq 0\nNode 0: 127.0.0.1:1\nNode 1: 127.0.0.1:2\n7374\n\t01\n${frame}\n`
  assert.deepEqual(parseCapture(follow), chunks)
})

test('what is no capture or no key log is refused with its line', () => {
  for (const [capture, message] of [
    ['', /empty/u],
    ['7374\nxyz', /line 2/u],
    ['737', /line 1/u],
    ['{"from":"initiator"', /line 1 .*JSON/u],
    ['{"from":"server","hex":"00"}', /"from"/u],
    ['{"from":"initiator","hex":5}', /"hex"/u],
  ] as const) {
    assert.throws(
      () => parseCapture(capture),
      (error) => code('CAPTURE_INVALID')(error) && message.test(String(error)),
    )
  }
  assert.throws(
    () => parseKeyLog(`# comment\n\nSTALK2_INITIATOR_KEY 00 ${'ab'.repeat(32)}`),
    (error) => {
      return code('KEY_LOG_INVALID')(error) && String(error).includes('line 3') && !String(error).includes('abab')
    },
  )
})

test('thousands of padding frames and of chunks are read, and told in a line', () => {
  const { transcripts } = JSON.parse(readFileSync(kitFiles.transcripts, 'utf8')) as { transcripts: KitTranscript[] }
  const { steps } = transcripts.find(({ name }) => name === 'you listen: 4,096 frames')!
  const chunks = steps.flatMap((step): CapturedChunk[] => {
    if ('receive' in step)
      return [...Buffer.from(step.receive, 'hex')].map((byte) => ({ from: 'initiator', bytes: Uint8Array.of(byte) }))
    return 'send' in step ? [{ from: 'responder', bytes: new Uint8Array(Buffer.from(step.send, 'hex')) }] : []
  })
  const secrets: string[] = []
  const you = transcripts.find(({ name }) => name === 'you listen: 4,096 frames')!.you
  const signatures = you.signatures.map((digits) => new Uint8Array(Buffer.from(digits, 'hex')))
  const kitEnd = new KitEnd(
    you,
    () => signatures.shift()!,
    (line) => void secrets.push(line),
  )
  for (const step of steps) kitEnd.take(step)
  const { parts, faults, hasSecrets } = inspectCapture(chunks, parseKeyLog(secrets.join('\n')))
  assert.deepEqual([faults, hasSecrets], [[], true])
  const padded = parts.find(({ details }) => details.some(([name]) => name === 'padding'))
  assert.deepEqual(
    parts
      .flatMap(({ details }) => details)
      .filter(([, value]) => typeof value === 'string' && value.startsWith('4096 frames')),
    [['padding', '4096 frames, 4096 bytes']],
  )
  assert.ok(padded !== undefined)
})
