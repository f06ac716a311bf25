// Records after the handshake. An input is a list of plaintexts, `u16 length ‖ plaintext`, which are sealed under a fixed key; if the
// first byte is odd, the second and third say where a byte of the sealed stream is changed. If it has the bit 02, the two sides have
// channels: the one that hears has opened two, and reads what comes on those of the other.
import assert from 'node:assert/strict'
import { StalkError } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { decodeCompact } from '#src/session/message-coding.js'
import { RecordChannel } from '#src/session/record-channel.js'
import { ByteQueue } from '#src/stalk2/byte-queue.js'
import { RecordSealer } from '#src/stalk2/record-layer.js'
import type { Target } from '../target.js'
import { assertSameBytes, outcomeOf, pieces } from '../outcome.js'

const key = new Uint8Array(32).fill(5)
const maxMessageBytes = 1000
const numbers = { rekeyInterval: 3, last: 20 }

const opened = '020f0110016563686f'
const channelSeeds: readonly (readonly string[])[] = [
  // a call in one record: OPEN, message, END
  [`01${opened}100701010702050310`],
  // a message in two frames; credit; END and RESET of what was opened to the peer
  [`01${opened}10040101`, '01100307', '01020902 11e807'.replace(' ', ''), '0102050311', '01020d041340006e6f'],
  // RESET, and what crossed it; credit for the connection itself; DONE and CLOSE
  [`01${opened}020d041000006e6f`, '011007010107', '010207020064', '01020905627965', '020000'],
]

export const recordsTarget: Target = {
  name: 'records',
  reads: 'records after the handshake: frames, messages, channels',
  seeds: [
    program('010007010107', '020000'),
    program('010007010107', '01000701010700070101070103aaaa', '0301020304050607080', '0401020304050607080'),
    program('0100040101', '010100000307', '020003627965'),
    program(`01${'000101'.slice(0, 4).repeat(3)}`, '05', '060003', '020005'),
    program(...Array.from({ length: 20 }, () => '010007010107')),
    new Uint8Array([1, 0, 5, ...program('010007010107', '020000').subarray(3)]),
    ...channelSeeds.map((records) => program(...records).with(0, 2)),
  ],
  run(input) {
    const { plaintexts, damageAt, hasChannels } = parse(input)
    const sealer = new RecordSealer(new CipherState(noiseCiphers.AESGCM, key), numbers)
    const sealed: Uint8Array[] = []
    const ended = outcomeOf(() => {
      for (const plaintext of plaintexts) sealed.push(seal(sealer, plaintext))
      return 'sealed'
    })
    const stream = new Uint8Array(Buffer.concat(sealed))
    if (damageAt !== null && stream.length > 0) stream[damageAt % stream.length]! ^= 1
    const whole = receive([stream], hasChannels)
    assert.deepEqual(receive(pieces(stream), hasChannels), whole, 'the outcome depends on how the bytes were cut')
    const intact =
      damageAt === null || stream.length === 0 ? plaintexts.length : untouched(sealed, damageAt % stream.length)
    assert.ok(whole.records <= intact, 'a record that was damaged is used')
    const expected = plaintexts.slice(0, whole.records).flatMap((plaintext) => [...messageBytes(plaintext)])
    const got = Buffer.concat(whole.messages)
    assert.deepEqual([...got], expected.slice(0, got.length), 'messages have other bytes than the frames')
    return `${ended}, ${Math.min(whole.messages.length, 3)}, ${whole.outcome}`
  },
}

function program(...plaintexts: readonly string[]): Uint8Array {
  const parts = plaintexts.map((digits) => {
    const bytes = Buffer.from(digits, 'hex')
    return Buffer.from([bytes.length >> 8, bytes.length & 0xff, ...bytes])
  })
  return new Uint8Array(Buffer.concat([Buffer.alloc(3), ...parts]))
}

function parse(input: Uint8Array): { plaintexts: Uint8Array[]; damageAt: number | null; hasChannels: boolean } {
  const [flags = 0, high = 0, low = 0] = input
  const plaintexts: Uint8Array[] = []
  let at = 3
  while (at + 2 < input.length && plaintexts.length < 30) {
    const length = Math.max(1, (input[at]! << 8) | input[at + 1]!)
    plaintexts.push(input.slice(at + 2, at + 2 + length))
    at += 2 + length
  }
  return { plaintexts, damageAt: (flags & 1) === 1 ? (high << 8) | low : null, hasChannels: (flags & 2) === 2 }
}

function seal(sealer: RecordSealer, plaintext: Uint8Array): Uint8Array {
  try {
    return sealer.seal(plaintext)
  } catch (error) {
    // the one thing that a sender does wrong here: it goes on at the last counter
    if (error instanceof StalkError && error.code === 'CONNECTION_EXPIRED')
      throw new StalkError('RECORD_EXPIRED', 'at the sender')
    throw error
  }
}

/** How many records come before the one in which this byte is. */
function untouched(sealed: readonly Uint8Array[], at: number): number {
  let end = 0
  return sealed.findIndex((record) => (end += record.length) > at)
}

interface Received {
  readonly outcome: string
  /** How many were opened. */
  readonly records: number
  readonly messages: readonly Uint8Array[]
}

const terms = { creditBytes: 1024, maxChannels: 3 }

function receive(chunks: readonly Uint8Array[], hasChannels: boolean): Received {
  const channel = new RecordChannel({
    keys: {
      send: new CipherState(noiseCiphers.AESGCM, key),
      receive: new CipherState(noiseCiphers.AESGCM, key),
      exporterSecret: key,
      handshakeHash: key,
    },
    limits: {
      ...defaultLimits,
      maxMessageBytes,
      channelCreditBytes: 1024,
      channelWindowBytes: 2048,
      maxChannelBytes: 2048,
    },
    recordNumbers: numbers,
  })
  if (hasChannels) channel.channels.enable('responder', terms, terms)
  for (const name of hasChannels ? ['one', 'two'] : []) channel.channels.open(name, 'normal')
  const queue = new ByteQueue()
  const messages: Uint8Array[] = []
  let records = 0
  const outcome = outcomeOf(() => {
    for (const chunk of chunks) {
      queue.push(chunk)
      while (queue.length > 0) {
        const record = channel.next(queue)
        if (record === null) break
        records += 1
        if (record.type !== 'data') continue
        for (const event of channel.channels.read(record.frames, 0)) {
          if (event.type === 'channelMessage') readChannel(channel, event.id)
          if (event.type !== 'messages') continue
          const { run } = event
          if (hasChannels) channel.channels.consume(run.left, run.costLeft)
          while (run.next()) {
            const message = run.view()
            assert.ok(message.length > 0 && message.length <= maxMessageBytes)
            messages.push(message)
            assertSameBytes(decodeCompact(message, maxMessageBytes), 'compact', message)
          }
        }
      }
    }
    return 'waits'
  })
  checkAnswer(channel, chunks)
  return { outcome, records, messages }
}

/** Messages on channels of the peer are read at once; nobody reads the others. */
function readChannel({ channels }: RecordChannel, id: number): void {
  if (id % 2 === 1) return
  const message = channels.take(id)
  assert.ok(message !== null && message.length > 0 && message.length <= maxMessageBytes)
}

/** What is to be said can be said, there are no more channels than may be, and what is granted is bounded. */
function checkAnswer({ channels }: RecordChannel, chunks: readonly Uint8Array[]): void {
  const heard = chunks.reduce((sum, { length }) => sum + length, 0)
  let said = 0
  for (let body = channels.scheduler.nextRecord(1000, true); body !== null;) {
    said += body.length
    body = channels.scheduler.nextRecord(1000, true)
  }
  assert.ok(said <= 100 + heard, `${said} bytes are said about ${heard}`)
  assert.ok(channels.extraBytes <= 2048 + maxMessageBytes + 1024, `${channels.extraBytes} bytes are granted`)
}

/** The bytes of channel 0 in a DATA record, as far as it is well-formed: written anew, to compare. */
function* messageBytes(plaintext: Uint8Array): Iterable<number> {
  if (plaintext[0] !== 1) return
  let at = 1
  const number = (): number => {
    let value = 0
    for (let shift = 0; at < plaintext.length; shift += 7) {
      const byte = plaintext[at]!
      at += 1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  while (at < plaintext.length) {
    const channel = number()
    const length = Math.floor(number() / 2)
    if (channel === 0) yield* plaintext.subarray(at, at + length)
    at += length
  }
}
