import assert from 'node:assert/strict'
import test from 'node:test'
import {
  decode,
  encode,
  PacketStream,
  Spack,
  type ElementInput,
  type SpackError,
  type SpackErrorCode,
} from '@stalk/spack'
import { fromHex, toHex } from './support/bytes.js'
import { chunkings, readChunks } from './support/chunked.js'
import { refusal } from './support/refusal.js'
import { cases, elementsOf, emitErrors, invalidCases, invalidCodes, spackOf } from './support/vectors.js'

test('the vector files are whole: 100 packets, 17 quirks, 12 emit errors, 59 malformed packets', () => {
  assert.equal(cases.length, 100)
  assert.equal(cases.filter(({ quirk }) => quirk !== undefined).length, 17)
  assert.equal(emitErrors.length, 12)
  assert.equal(invalidCases.length, 59)
})

test('the original’s packets without quirk: the same bytes, the same values, from a buffer and from a stream', () => {
  const regular = cases.filter(({ quirk }) => quirk === undefined)
  assert.equal(regular.length, 83)
  for (const { name, elements, hex } of regular) {
    const bytes = fromHex(hex)
    assert.equal(toHex(encode(spackOf(elements))), hex, name)
    assert.deepEqual(decode(bytes).elements, elementsOf(elements), name)
    const { packets, left } = readChunks([bytes])
    assert.deepEqual(packets, [spackOf(elements)], name)
    assert.equal(left, 0, name)
  }
})

// What the original emits and cannot read: the sign makes it refuse. IEEE 754 has negative numbers, so have we.
const negativeFloats = [
  'f32-minus-1',
  'f32-minus-zero',
  'f32-minus-max',
  'f64-minus-1.5',
  'f64-minus-zero',
  'f32-array-with-negative',
  'f64-array-with-negative',
]

for (const name of negativeFloats) {
  test(`quirk ${name}: the same bytes and values as the original’s, which refuses to read them itself`, () => {
    const { elements, hex } = vectorCase(name)
    assert.equal(toHex(encode(spackOf(elements))), hex)
    assert.deepEqual(decode(fromHex(hex)).elements, elementsOf(elements))
  })
}

// The original writes the number of characters where it reads, as its readme says, a number of bytes. We write bytes, which
// the original reads rightly. What it wrote itself we read as bytes too, and most often refuse.
const characterCounts: Record<string, SpackErrorCode> = {
  'str-e-acute': 'SPACK_INVALID_UTF8',
  'str-a-e-acute': 'SPACK_INVALID_UTF8',
  'str-e-acute-a': 'SPACK_DATA_UNUSED',
  'str-euro': 'SPACK_INVALID_UTF8',
  'str-emoji': 'SPACK_INVALID_UTF8',
  'str-cjk-mixed': 'SPACK_INVALID_UTF8',
  'str-utf8-edges': 'SPACK_INVALID_UTF8',
  'str-from-utf8-bytes': 'SPACK_DATA_UNUSED',
}

for (const [name, code] of Object.entries(characterCounts)) {
  test(`quirk ${name}: lengths are bytes, so the original’s packet is refused (${code}) and ours reads back`, () => {
    const { elements, hex } = vectorCase(name)
    assert.throws(() => decode(fromHex(hex)), refusal(code))
    const ours = encode(spackOf(elements))
    assert.notEqual(toHex(ours), hex)
    assert.deepEqual(decode(ours).elements, elementsOf(elements))
  })
}

test('quirk str-non-ascii-then-int: "éé", 5 from the original reads as "é", 87235, as it does there: nothing tells them apart', () => {
  const { elements, hex } = vectorCase('str-non-ascii-then-int')
  assert.deepEqual(decode(fromHex(hex)).values(), ['é', 87235])
  assert.deepEqual(decode(encode(spackOf(elements))).values(), ['éé', 5])
})

test('quirk str-lone-surrogate: UTF-8 has no surrogates, so it is refused both ways', () => {
  const { elements, hex } = vectorCase('str-lone-surrogate')
  assert.throws(() => spackOf(elements), TypeError)
  assert.throws(() => decode(fromHex(hex)), refusal('SPACK_INVALID_UTF8'))
})

test('every quirk has its own test', () => {
  const tested = [
    ...negativeFloats,
    ...Object.keys(characterCounts),
    'str-non-ascii-then-int',
    'str-lone-surrogate',
  ].sort()
  assert.deepEqual(
    tested,
    cases
      .filter(({ quirk }) => quirk !== undefined)
      .map(({ name }) => name)
      .sort(),
  )
})

test('what the original cannot emit is refused, but for NaN and the infinities, which are floats like others', () => {
  const expectations: Record<
    string,
    [input: [string, unknown], outcome: ErrorConstructor | SpackErrorCode | 'emitted']
  > = {
    'E-byte-256': [['byte', 256], RangeError],
    'E-byte-257': [['byte', 257], RangeError],
    'E-byte-minus-1': [['byte', -1], RangeError],
    'E-f32-inf': [['float32', Infinity], 'emitted'],
    'E-f32-nan': [['float32', NaN], 'emitted'],
    'E-f64-minus-inf': [['float64', -Infinity], 'emitted'],
    'E-f64-nan': [['float64', NaN], 'emitted'],
    'E-empty-int-array': [['integer[]', []], 'SPACK_EMPTY_ARRAY'],
    'E-string-array': [['string[]', ['a']], TypeError],
    'E-mixed-array-int-float': [['integer[]', [1, 2.5]], RangeError],
    'E-byte-array-256': [['byte[]', [256]], TypeError],
    'E-invalid-utf8-bytes-as-string': [['string', Uint8Array.of(0xff)], TypeError],
  }
  assert.deepEqual(Object.keys(expectations).sort(), emitErrors.map(({ name }) => name).sort())
  for (const [name, [input, outcome]] of Object.entries(expectations)) {
    const emit = (): Uint8Array => encode(Spack.of(input as unknown as ElementInput))
    if (outcome === 'emitted') assert.deepEqual(decode(emit()).values(), [input[1]], name)
    else assert.throws(emit, typeof outcome === 'string' ? refusal(outcome) : outcome, name)
  }
})

/** Why we accept a packet of the file. */
interface Reason {
  readonly accepted: string
}
/** What `decode` gives, and what a stream of these bytes gives where that is something else. */
type Expectation =
  SpackErrorCode | Reason | readonly [SpackErrorCode, stream: 'needs more' | 'packets' | SpackErrorCode]

const byteLength: Reason = { accepted: 'the length counts bytes, as in the readme: the original reads it rightly too' }
const properFloat: Reason = { accepted: 'IEEE 754 has it; the original’s float library has not' }

const invalidExpectations: Record<string, Expectation> = {
  'empty-input': ['SPACK_TRUNCATED', 'needs more'],
  'short-31-bytes': ['SPACK_TRUNCATED', 'needs more'],
  'hash-only': ['SPACK_TRUNCATED', 'needs more'],
  'hash-bit-flipped': 'SPACK_HASH_MISMATCH',
  'data-bit-flipped': 'SPACK_HASH_MISMATCH',
  'all-zero-hash': 'SPACK_HASH_MISMATCH',
  'missing-data-size': ['SPACK_TRUNCATED', 'needs more'],
  'types-truncated': ['SPACK_TRUNCATED', 'needs more'],
  'data-size-too-big': ['SPACK_TRUNCATED', 'needs more'],
  'data-size-too-small': ['SPACK_TRAILING_BYTES', 'SPACK_HASH_MISMATCH'],
  'data-size-lies-middle': ['SPACK_TRAILING_BYTES', 'SPACK_HASH_MISMATCH'],
  'int-no-data': 'SPACK_DATA_TRUNCATED',
  'byte-no-data': 'SPACK_DATA_TRUNCATED',
  'f32-three-bytes': 'SPACK_DATA_TRUNCATED',
  'unused-data': 'SPACK_DATA_UNUSED',
  'trailing-bytes-hashed': ['SPACK_TRAILING_BYTES', 'SPACK_HASH_MISMATCH'],
  'trailing-bytes-unhashed': ['SPACK_TRAILING_BYTES', 'packets'],
  'noncanonical-size-hash-raw': 'SPACK_NONCANONICAL',
  'noncanonical-size-hash-canonical': 'SPACK_NONCANONICAL',
  'noncanonical-int-value': 'SPACK_NONCANONICAL',
  'noncanonical-int-minus-1': 'SPACK_NONCANONICAL',
  'int-unterminated': 'SPACK_LEB128_UNTERMINATED',
  'negative-types-size': 'SPACK_NEGATIVE_SIZE',
  'negative-data-size': 'SPACK_NEGATIVE_SIZE',
  'huge-types-size': 'SPACK_PACKET_TOO_LARGE',
  'unknown-type-00': 'SPACK_UNKNOWN_TYPE',
  'unknown-type-06': 'SPACK_UNKNOWN_TYPE',
  'unknown-type-0f': 'SPACK_UNKNOWN_TYPE',
  'unknown-type-11': 'SPACK_UNKNOWN_TYPE',
  'unknown-type-ff': 'SPACK_UNKNOWN_TYPE',
  'array-no-type': 'SPACK_TYPES_TRUNCATED',
  'array-no-length': 'SPACK_TYPES_TRUNCATED',
  'array-of-strings': 'SPACK_UNKNOWN_ARRAY_TYPE',
  'array-of-arrays': 'SPACK_UNKNOWN_ARRAY_TYPE',
  'array-elem-type-0': 'SPACK_UNKNOWN_ARRAY_TYPE',
  'empty-int-array': 'SPACK_EMPTY_ARRAY',
  'empty-float32-array': 'SPACK_EMPTY_ARRAY',
  'empty-float64-array': 'SPACK_EMPTY_ARRAY',
  'byte-array-too-long': 'SPACK_DATA_TRUNCATED',
  'byte-array-negative-length': 'SPACK_NEGATIVE_LENGTH',
  'int-array-negative-length': 'SPACK_NEGATIVE_LENGTH',
  'string-negative-length': 'SPACK_NEGATIVE_LENGTH',
  'string-too-long': 'SPACK_DATA_TRUNCATED',
  'string-no-length': 'SPACK_TYPES_TRUNCATED',
  'string-byte-length-non-ascii': byteLength,
  'string-byte-length-emoji-then-int': byteLength,
  'string-invalid-start': 'SPACK_INVALID_UTF8',
  'string-overlong': 'SPACK_INVALID_UTF8',
  'string-surrogate': 'SPACK_INVALID_UTF8',
  'string-above-10ffff': 'SPACK_INVALID_UTF8',
  'string-truncated-char': 'SPACK_INVALID_UTF8',
  'string-bad-continuation': 'SPACK_INVALID_UTF8',
  'string-bom': { accepted: 'U+FEFF is a character like others: it is kept, as the original does' },
  'f32-inf': properFloat,
  'f32-nan': properFloat,
  'f32-minus-inf': properFloat,
  'f64-inf': properFloat,
  'f64-nan': properFloat,
  'two-packets-back-to-back': ['SPACK_TRAILING_BYTES', 'packets'],
}

const acceptedValues: Record<string, unknown> = {
  'f32-inf': Infinity,
  'f32-nan': NaN,
  'f32-minus-inf': -Infinity,
  'f64-inf': Infinity,
  'f64-nan': NaN,
}

test('every malformed packet of the file is expected to do something', () => {
  assert.deepEqual(Object.keys(invalidExpectations).sort(), invalidCases.map(({ name }) => name).sort())
})

for (const { name, hex, buffer } of invalidCases) {
  const expectation = invalidExpectations[name]!
  const bytes = fromHex(hex)
  if (typeof expectation === 'object' && 'accepted' in expectation) {
    test(`${name} is accepted: ${expectation.accepted}`, () => {
      const expected = name in acceptedValues ? [acceptedValues[name]] : spackOf(buffer.elements!).values()
      assert.deepEqual(decode(bytes).values(), expected)
      assert.deepEqual(readChunks([bytes]).packets, [decode(bytes)])
      assert.equal(toHex(encode(decode(bytes))), hex)
    })
    continue
  }
  const [code, inStream] = typeof expectation === 'string' ? [expectation, expectation] : expectation
  test(`${name} is refused: ${code}; in a stream, however it is cut: ${inStream}`, () => {
    assert.throws(() => decode(bytes), refusal(code))
    for (const [chunking, chunks] of chunkings(bytes)) {
      if (inStream === 'needs more') {
        assert.deepEqual(readChunks(chunks), { packets: [], left: bytes.length }, chunking)
      } else if (inStream === 'packets') {
        const [first, second] = [new Spack().byte(7), new Spack().byte(8)]
        const expected =
          name === 'two-packets-back-to-back' ? { packets: [first, second], left: 0 } : { packets: [first], left: 2 }
        assert.deepEqual(readChunks(chunks), expected, chunking)
      } else {
        assert.throws(() => readChunks(chunks), refusal(inStream), chunking)
      }
    }
  })
}

test('spack-invalid-codes.json says of every invalid packet what is done with it', () => {
  const outcome = (attempt: () => string): string => {
    try {
      return attempt()
    } catch (error) {
      return (error as SpackError).code
    }
  }
  const outcomes = invalidCases.map(({ name, hex }) => {
    const stream = new PacketStream()
    stream.push(fromHex(hex))
    const bytes = outcome(() => (decode(fromHex(hex)), 'ok'))
    return [name, { bytes, stream: outcome(() => (stream.next() === null ? 'more' : 'ok')) }] as const
  })
  assert.deepEqual(invalidCodes, Object.fromEntries(outcomes))
})

function vectorCase(name: string): (typeof cases)[number] {
  return cases.find((vector) => vector.name === name)!
}
