import assert from 'node:assert/strict'
import test from 'node:test'
import vm from 'node:vm'
import { decode, encode, Spack, type ElementInput, type SpackElement } from '@stalk/spack'
import { normalInteger } from '#src/element.js'

/** As a caller without types would: the checks at run time are under test. */
function push(value: unknown, type: string): Spack {
  return Spack.of([type, value] as unknown as ElementInput)
}

test('constructors chain, elements keep order, type and value', () => {
  const bytes = Uint8Array.of(1, 2)
  const spack = new Spack()
    .integer(1)
    .float32(0.5)
    .float64(0.1)
    .byte(255)
    .string('hi')
    .integers([1, 2n ** 64n])
    .float32s([1.5])
    .float64s([0.1])
    .bytes(bytes)
    .push(7, 'byte')
  const expected: SpackElement[] = [
    { type: 'integer', value: 1 },
    { type: 'float32', value: 0.5 },
    { type: 'float64', value: 0.1 },
    { type: 'byte', value: 255 },
    { type: 'string', value: 'hi' },
    { type: 'integer[]', value: [1, 2n ** 64n] },
    { type: 'float32[]', value: Float32Array.of(1.5) },
    { type: 'float64[]', value: Float64Array.of(0.1) },
    { type: 'byte[]', value: bytes },
    { type: 'byte', value: 7 },
  ]
  assert.deepEqual(spack.elements, expected)
  assert.deepEqual([...spack], expected)
  assert.equal(spack.length, 10)
})

test('Spack.of makes what the chain makes', () => {
  assert.deepEqual(
    Spack.of(['integer', 1], ['string', 'hi'], ['float32[]', [1]]),
    new Spack().integer(1).string('hi').float32s([1]),
  )
  assert.deepEqual(Spack.of(), new Spack())
})

test('values destructures, and beyond the end there is undefined', () => {
  const [code, e, n, more] = new Spack().integer(100).integer(3).integer(33).values()
  assert.deepEqual([code, e, n, more], [100, 3, 33, undefined])
})

test('the value of an element is narrowed by its type', () => {
  const lengths = Array.from(new Spack().string('abc').bytes(new Uint8Array(4)), (element) => {
    // compiles only because `type` discriminates
    if (element.type === 'string') return element.value.length
    return element.type === 'byte[]' ? element.value.byteLength : 0
  })
  assert.deepEqual(lengths, [3, 4])
})

test('an integer is a number where that is safe, else a bigint, and never minus zero', () => {
  const spack = new Spack()
    .integer(5n)
    .integer(2n ** 53n)
    .integer(-0)
    .integers([-(2n ** 53n) + 1n, -(2n ** 53n), -0])
  assert.deepEqual(spack.values(), [5, 2n ** 53n, 0, [-(2 ** 53) + 1, -(2n ** 53n), 0]])
  assert.equal(normalInteger(-0n), 0)
  assert.deepEqual(new Spack().byte(-0).values(), [0])
})

test('a float32 is rounded when pushed, so what is held is what arrives', () => {
  assert.deepEqual(new Spack().float32(0.1).float32s([0.1]).values(), [Math.fround(0.1), Float32Array.of(0.1)])
})

test('NaN and the infinities are floats', () => {
  const values = [NaN, Infinity, -Infinity]
  for (const value of values) assert.deepEqual(new Spack().float32(value).float64(value).values(), [value, value])
  assert.deepEqual(new Spack().float32s(values).values(), [Float32Array.from(values)])
})

test('typed arrays are borrowed, plain arrays are copied and frozen', () => {
  const [floats, doubles, bytes] = [Float32Array.of(1), Float64Array.of(1), Uint8Array.of(1)]
  const integers = [1, 2]
  const spack = new Spack().float32s(floats).float64s(doubles).bytes(bytes).integers(integers)
  integers[0] = 99
  const [gotFloats, gotDoubles, gotBytes, gotIntegers] = spack.values()
  assert.ok(gotFloats === floats && gotDoubles === doubles && gotBytes === bytes)
  assert.deepEqual(gotIntegers, [1, 2])
  assert.ok(Object.isFrozen(gotIntegers))
})

test('a Buffer is bytes, and so is a Uint8Array of another realm', () => {
  const foreign = vm.runInNewContext('Uint8Array.of(1, 2)') as Uint8Array
  for (const bytes of [Buffer.from([1, 2]), foreign]) {
    assert.deepEqual(decode(encode(new Spack().bytes(bytes))).values(), [Uint8Array.of(1, 2)])
  }
})

test('the wrong kind of value is a TypeError that names the type, what was given, and the index', () => {
  const cases: [unknown, string, RegExp][] = [
    ['1', 'integer', /^integer: expected a number or a bigint, got a string$/],
    [null, 'integer', /got null$/],
    [undefined, 'float32', /^float32: expected a number, got undefined$/],
    [1n, 'float64', /^float64: expected a number, got a bigint$/],
    [true, 'byte', /^byte: expected a number, got a boolean$/],
    [new Date(0), 'string', /^string: expected a string, got an object of Date$/],
    [Object.create(null), 'string', /got an object$/],
    [{ constructor: undefined }, 'string', /got an object of Object$/],
    [Object.create(null), 'string', /got an object$/],
    [Object.create({ constructor: undefined }), 'string', /got an object$/],
    ['a\ud800', 'string', /^string: it has a lone surrogate/],
    [Int8Array.of(1), 'integer[]', /^integer\[\]: expected an array of numbers, got an object of Int8Array$/],
    [[1, '2'], 'integer[]', /^integer\[\] at index 1: expected a number or a bigint, got a string$/],
    [new Array(1), 'integer[]', /^integer\[\] at index 0: .* got undefined$/],
    [Float64Array.of(1), 'float32[]', /^float32\[\]: expected a Float32Array or an array of numbers, got/],
    [[1n], 'float32[]', /^float32\[\] at index 0/],
    [Float32Array.of(1), 'float64[]', /^float64\[\]: expected a Float64Array or an array of numbers, got/],
    [['a'], 'float64[]', /^float64\[\] at index 0/],
    [[1, 2], 'byte[]', /^byte\[\]: expected a Uint8Array, got an object of Array$/],
    [new ArrayBuffer(1), 'byte[]', /^byte\[\]: expected a Uint8Array, got an object of ArrayBuffer$/],
    [1, 'string[]', /^there is no element type "string\[\]": push takes \(value, type\), and the types are integer, /],
    [1, 'toString', /^there is no element type "toString"/],
  ]
  for (const [value, type, message] of cases) assert.throws(() => push(value, type), { name: 'TypeError', message })
  assert.throws(() => push(1, 5 as unknown as string), {
    name: 'TypeError',
    message: /^there is no element type a number/,
  })
})

test('a value that its type cannot hold is a RangeError', () => {
  const cases: [unknown, string, RegExp][] = [
    [2 ** 53, 'integer', /^integer: 9007199254740992 is not a safe integer: .* must be a bigint$/],
    [1.5, 'integer', /^integer: 1.5 is not a whole number$/],
    [NaN, 'integer', /NaN/],
    [[1, 2.5], 'integer[]', /^integer\[\] at index 1: 2.5/],
    [256, 'byte', /^byte: 256 is not in 0..255$/],
    [-1, 'byte', /^byte: -1/],
    [0.5, 'byte', /^byte: 0.5/],
    [3.5e38, 'float32', /^float32: 3.5e\+38 is beyond the largest float32$/],
    [[0, -1e300], 'float32[]', /^float32\[\] at index 1: -1e\+300/],
  ]
  for (const [value, type, message] of cases) assert.throws(() => push(value, type), { name: 'RangeError', message })
})

test('a refused value leaves the packet as it was', () => {
  const spack = new Spack().integer(1)
  assert.throws(() => spack.byte(300))
  assert.deepEqual(spack.values(), [1])
})
