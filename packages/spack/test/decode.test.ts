import assert from 'node:assert/strict'
import test from 'node:test'
import { decode, encode, Spack, SpackError, spackErrorTable, type SpackForm } from '@stalk/spack'
import { hasNaN } from './support/floats.js'
import { classicPacket, compactPacket, concat, fromHex, sealed, toHex } from './support/bytes.js'
import { refusal } from './support/refusal.js'

const forms: readonly SpackForm[] = ['classic', 'compact']

test('every entry of the error table says when it is raised and what to do', () => {
  for (const [code, entry] of Object.entries(spackErrorTable)) {
    assert.match(code, /^SPACK_[A-Z0-9_]+$/u)
    assert.match(entry.when, /^[A-Z].*\.$/u)
    assert.match(entry.remedy, /^[A-Z].*\.$/u)
  }
})

test('an error has its class, name and code, and its message says where, what was found and what was expected', () => {
  const packet = compactPacket('01 05 05', '07 616263')
  assert.throws(() => decode(packet, { form: 'compact' }), {
    constructor: SpackError,
    name: 'SpackError',
    code: 'SPACK_DATA_TRUNCATED',
    message: 'a string at data byte 1 needs 5 bytes, 3 are left',
  })
})

test('the default form is the classic one, for both directions', () => {
  const spack = new Spack().integer(1)
  assert.deepEqual(encode(spack), encode(spack, { form: 'classic' }))
  assert.deepEqual(decode(encode(spack)), spack)
})

test('an unknown form is a TypeError both ways', () => {
  const options = { form: 'json' as SpackForm }
  assert.throws(() => encode(new Spack(), options), TypeError)
  assert.throws(() => decode(new Uint8Array(), options), TypeError)
})

test('anything but a Uint8Array is a TypeError that says what was given', () => {
  const notBytes = 'abc' as unknown as Uint8Array
  assert.throws(() => decode(notBytes), { name: 'TypeError', message: 'expected a Uint8Array, got a string' })
  assert.throws(() => decode(new ArrayBuffer(4) as unknown as Uint8Array), TypeError)
})

test('a packet cut anywhere is refused in both forms, and so is one with a byte more', () => {
  const spack = new Spack()
    .integer(300)
    .string('héllo')
    .float64s([1, 2])
    .bytes(Uint8Array.of(1, 2, 3))
  for (const form of forms) {
    const bytes = encode(spack, { form })
    assert.deepEqual(decode(bytes, { form }), spack)
    for (let end = 0; end < bytes.length; end += 1) {
      assert.throws(() => decode(bytes.subarray(0, end), { form }), SpackError, `${form} cut at ${end}`)
    }
    assert.throws(() => decode(concat(bytes, Uint8Array.of(0)), { form }), SpackError)
  }
})

test('the sizes are checked before the hash, the hash before the elements', () => {
  const zeros = new Uint8Array(32)
  assert.throws(
    () => decode(concat(zeros, fromHex('01 09 ff 05'))),
    refusal('SPACK_TRUNCATED', '44 bytes, there are 36'),
  )
  assert.throws(() => decode(concat(zeros, fromHex('01 00 ff'))), refusal('SPACK_HASH_MISMATCH'))
  assert.throws(() => decode(sealed('01 00 ff')), refusal('SPACK_UNKNOWN_TYPE', 'type 255, just before types byte 1'))
})

test('all 32 bytes of the hash count', () => {
  const packet = encode(new Spack().byte(1))
  for (let index = 0; index < 32; index += 1) {
    const damaged = packet.slice()
    damaged[index]! ^= 0x80
    assert.throws(() => decode(damaged), refusal('SPACK_HASH_MISMATCH'))
  }
})

test('a size of more than 7 bytes is refused without reading on, in both forms', () => {
  const endless = new Uint8Array(100).fill(0x80)
  assert.throws(() => decode(sealed(endless)), refusal('SPACK_PACKET_TOO_LARGE', 'goes on after 7 bytes'))
  assert.throws(() => decode(endless, { form: 'compact' }), refusal('SPACK_PACKET_TOO_LARGE', 'goes on after 7 bytes'))
})

test('a length of more than 7 bytes is too long, one that the types cut off is unterminated', () => {
  const options = { form: 'compact' } as const
  const string = compactPacket('05 80808080808080 01', '')
  assert.throws(() => decode(string, options), refusal('SPACK_STRING_TOO_LONG'))
  assert.throws(() => decode(compactPacket('1002 80808080808080 01', ''), options), refusal('SPACK_ARRAY_TOO_LONG'))
  assert.throws(
    () => decode(compactPacket('05 80', '01'), options),
    refusal('SPACK_LEB128_UNTERMINATED', 'bytes of types'),
  )
})

test('a length that is not minimal is refused', () => {
  assert.throws(
    () => decode(classicPacket('05 8100', '61')),
    refusal('SPACK_NONCANONICAL', 'types byte 1 takes 2 bytes'),
  )
})

test('the data of an array are there before it is allocated', () => {
  const limits = { maxArrayLength: Infinity, maxByteArrayBytes: Infinity, maxStringBytes: Infinity }
  // 2^40 entries: an attempt to allocate them would be a RangeError, not a SpackError
  for (const types of ['1001', '1002', '1003', '1004', '05']) {
    const packet = compactPacket(`${types} 808080808020`, '0102030405')
    assert.throws(() => decode(packet, { form: 'compact', limits }), refusal('SPACK_DATA_TRUNCATED'), types)
  }
})

test('an array is refused for want of data as a whole, not at the entry where the data end', () => {
  for (const [types, what] of [
    ['100105', 'integer[] of 5 entries'],
    ['100205', 'float32[] of 5 entries'],
    ['100305', 'float64[] of 5 entries'],
  ] as const) {
    const [, , count] = fromHex(types)
    const entryBytes = { '100105': 1, '100205': 4, '100305': 8 }[types]
    const data = '00'.repeat(count! * entryBytes - 1)
    assert.throws(() => decode(classicPacket(types, data)), refusal('SPACK_DATA_TRUNCATED', what))
  }
})

test('floats need all of their bytes, alone and in arrays', () => {
  for (const [types, data] of [
    ['02', '000000'],
    ['03', '00000000000000'],
    ['100202', '00000000000000'],
    ['100301', '00000000000000'],
  ] as const) {
    assert.throws(() => decode(classicPacket(types, data)), refusal('SPACK_DATA_TRUNCATED'))
  }
})

test('arrays of floats come back bit by bit, however many entries they have and wherever they stand', () => {
  for (let count = 0; count < 20; count += 1) {
    const bits = Uint8Array.from({ length: 8 * count }, (_, index) => (index * 37 + 11) & 0x7e)
    const [floats, doubles] = [new Float32Array(bits.buffer), new Float64Array(bits.buffer)]
    // a byte before them, and between them: neither is aligned
    const packet = new Spack().byte(1).float32s(floats).byte(2).float64s(doubles)
    const [, floatsBack, , doublesBack] = decode(encode(packet, { form: 'compact' }), { form: 'compact' }).values()
    assert.deepEqual([floatsBack, doublesBack], [floats, doubles])
  }
})

test('every NaN is read, whatever its bits, and one NaN is written for any', () => {
  for (const [types, data] of [
    ['02', '0100c07f'],
    ['02', '0000c0ff'],
    ['02', '0100807f'],
    ['03', '010000000000f87f'],
    ['03', '000000000000f8ff'],
    ['100202', '0000803f 0000c0ff'],
    ['100301', '010000000000f07f'],
  ] as const) {
    assert.ok(hasNaN(decode(classicPacket(types, data))), types)
  }
  const strange32 = new Float32Array(fromHex('0100c0ff').buffer as ArrayBuffer)
  const strange64 = new Float64Array(fromHex('010000000000f8ff').buffer as ArrayBuffer)
  const bytes = encode(new Spack().float32s(strange32).float64s(strange64), { form: 'compact' })
  assert.equal(toHex(bytes), '06' + '100201' + '100301' + '0000c07f' + '000000000000f87f')
})

test('what is decoded shares no memory with the input, whether Uint8Array, Buffer or part of a larger buffer', () => {
  const bytes = encode(new Spack().bytes(Uint8Array.of(1, 2, 3)).string('abc'))
  const padded = concat(new Uint8Array(5), bytes, new Uint8Array(5))
  for (const input of [bytes.slice(), Buffer.from(bytes), padded.subarray(5, 5 + bytes.length)]) {
    const packet = decode(input)
    input.fill(0xee)
    const [value] = packet.values()
    assert.deepEqual(value, Uint8Array.of(1, 2, 3))
    assert.equal((value as Uint8Array).buffer.byteLength, 3)
  }
})

test('what is encoded is of exactly its size and shares no memory with the packet', () => {
  const source = Uint8Array.of(1, 2, 3)
  for (const form of forms) {
    const spack = new Spack().bytes(source)
    const bytes = encode(spack, { form })
    assert.equal(bytes.buffer.byteLength, bytes.length)
    const before = toHex(bytes)
    source.fill(9)
    assert.equal(toHex(bytes), before)
  }
})

test('strings of every length around the quick paths come back: ASCII, two, three and four bytes', () => {
  for (const unit of ['a', 'é', '€', '😀', 'a😀', '\u0000', '\ufeff']) {
    for (let count = 0; count <= 70; count += 1) {
      const spack = new Spack().string(unit.repeat(count)).string('after')
      assert.deepEqual(decode(encode(spack)), spack)
    }
  }
})

test('a decoded integer[] is frozen like a pushed one', () => {
  assert.ok(Object.isFrozen(decode(encode(new Spack().integers([1, 2]))).values()[0]))
})
