import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Spack, type ElementInput } from '@stalk/core'
import { encodeMessage, parseMessage } from '#src/message-json.js'

const float32 = fc.float()
const classic: fc.Arbitrary<ElementInput> = fc.oneof(
  fc.tuple(fc.constant('integer' as const), fc.bigInt()),
  fc.tuple(fc.constant('integer' as const), fc.maxSafeInteger()),
  fc.tuple(fc.constant('float32' as const), float32),
  fc.tuple(fc.constant('float64' as const), fc.double()),
  fc.tuple(fc.constant('byte' as const), fc.integer({ min: 0, max: 255 })),
  fc.tuple(fc.constant('string' as const), fc.string({ unit: 'binary' })),
  fc.tuple(fc.constant('integer[]' as const), fc.array(fc.bigInt())),
  fc.tuple(fc.constant('float32[]' as const), fc.array(float32)),
  fc.tuple(fc.constant('float64[]' as const), fc.array(fc.double())),
  fc.tuple(fc.constant('byte[]' as const), fc.uint8Array()),
)

const element: fc.Arbitrary<ElementInput> = fc.letrec<{ element: ElementInput }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    classic,
    fc.constant(['null', null] as const),
    fc.tuple(fc.constant('boolean' as const), fc.boolean()),
    fc.tuple(fc.constant('bigint' as const), fc.bigInt()),
    fc.tuple(fc.constant('date' as const), fc.date({ noInvalidDate: true })),
    fc.tuple(
      fc.constant('list' as const),
      fc.array(tie('element'), { maxLength: 4 }).map((inputs) => Spack.of(...inputs)),
    ),
    fc.tuple(
      fc.constant('map' as const),
      fc
        .array(fc.tuple(fc.string({ unit: 'binary' }), tie('element')), { maxLength: 4 })
        .map((members) => new Map(members.map(([key, input]) => [key, Spack.of(input)]))),
    ),
  ),
})).element

test('every message comes back from its JSON as it was, and its JSON is one line', () => {
  fc.assert(
    fc.property(fc.array(element), (elements) => {
      const message = Spack.of(...elements)
      const line = encodeMessage(message)
      assert.equal(line.includes('\n'), false)
      // deepEqual of the strict kind tells -0 from 0 and takes NaN for itself
      assert.deepEqual(parseMessage(line).elements, message.elements)
    }),
  )
})

test('what JSON cannot say is a string: NaN, infinities, -0, whole numbers beyond 2^53', () => {
  const message = new Spack().float64s([NaN, Infinity, -Infinity, -0, 0.1]).integers([2n ** 64n, -(2n ** 53n), 7])
  assert.equal(
    encodeMessage(message),
    '[["float64[]",["NaN","Infinity","-Infinity","-0",0.1]],["integer[]",["18446744073709551616","-9007199254740992",7]]]',
  )
})

test('a whole number of any size may be written as such, and keeps all its digits wherever it stands', () => {
  const digits = '9007199254740993'
  const line = `[["string","\\"${digits}\\\\"],["integer",${digits}],["integer[]",[-${digits},1]],["bigint",${digits}],["list",[["integer",1${digits}]]]]`
  assert.deepEqual(parseMessage(line).values(), [
    `"${digits}\\`,
    2n ** 53n + 1n,
    [-(2n ** 53n) - 1n, 1],
    2n ** 53n + 1n,
    [19007199254740993n],
  ])
})

test('a float takes a whole number that it holds, or that JavaScript writes for it, and rounds what has a point', () => {
  const line = '[["float64",9007199254740994],["float64",123456789012345680000],["float64",9007199254740993.0]]'
  assert.deepEqual(parseMessage(line).values(), [2 ** 53 + 2, 123456789012345680000, 2 ** 53])
})

test('lists hold pairs, maps keys with pairs, and dates are as toISOString writes them', () => {
  const message = new Spack()
    .null()
    .boolean(true)
    .bigint(5n)
    .date(Date.UTC(2001, 1, 3))
    .list(['a', [1.5]])
    .map({ b: null })
  const line =
    '[["null",null],["boolean",true],["bigint","5"],["date","2001-02-03T00:00:00.000Z"],' +
    '["list",[["string","a"],["list",[["float64",1.5]]]]],["map",[["b",["null",null]]]]]'
  assert.equal(encodeMessage(message), line)
  assert.deepEqual(parseMessage(line).elements, message.elements)
})

test('lists and maps inside each other 64 times pass, 65 times do not', () => {
  const line = (depth: number): string => `[${'["list",['.repeat(depth)}${']]'.repeat(depth)}]`
  assert.equal(encodeMessage(parseMessage(line(64))), line(64))
  assert.throws(() => parseMessage(line(66)), { message: /^element 0: list at index 0.*…: lists and maps may be/u })
  assert.throws(() => parseMessage(line(5000)), { message: /inside each other 64 times$/u })
})

test('very large integers are hexadecimal, so that writing them takes no time, and come back', () => {
  const large = new Spack()
    .integer(2n ** 1024n + 1n)
    .integer(-(2n ** 5000n))
    .integer(2n ** 1024n)
  const line = encodeMessage(large)
  assert.match(line, /^\[\["integer","0x10*1"\],\["integer","-0x10*"\],\["integer","\d{309}"\]\]$/u)
  assert.deepEqual(parseMessage(line).elements, large.elements)
})

test('what a terminal would obey is escaped, and comes back', () => {
  const nasty = new Spack().string('\u009b31mA\u007fB\u202eC\u2028\u{e0041}\u001b')
  const line = encodeMessage(nasty)
  assert.match(line, /^[\u0020-\u007e]*$/u)
  assert.deepEqual(parseMessage(line).elements, nasty.elements)
})

test('an empty array is the empty message', () => {
  assert.equal(encodeMessage(parseMessage(' [] ')), '[]')
})

test('an integer of few digits may be a string, hexadecimal digits may be capitals', () => {
  assert.equal(
    encodeMessage(parseMessage('[["integer","-12"],["byte[]","0AfF"]]')),
    '[["integer",-12],["byte[]","0aff"]]',
  )
})

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /^this is not JSON \(--text sends lines as text\): /u],
  ['[["integer",1]', /^this is not JSON \(--text sends lines as text\): /u],
  ['{"integer":1}', /^a message: expected an array of pairs such as .*, got \{"integer":1\}$/u],
  ['[1]', /^element 0: expected a pair \[type, value\], got 1$/u],
  ['[["integer",1,2]]', /^element 0: expected a pair/u],
  ['[["integer"]]', /^element 0: expected a pair/u],
  ['[["byte",1],["toString",1]]', /^element 1: expected a type \(integer, float32, .*\), got "toString"$/u],
  ['[["string[]",[]]]', /^element 0: expected a type/u],
  [
    '[["byte",1],["integer",9007199254740993.0]]',
    /^element 1: integer: a whole number beyond 2\^53 - 1 needs all its digits/u,
  ],
  ['[["integer",1e20]]', /^element 0: integer: a whole number beyond 2\^53 - 1 needs all its digits/u],
  ['[["byte",9007199254740993]]', /^element 0: byte: expected a whole number from 0 to 255, got 9007199254740993$/u],
  ['[["string",[9007199254740993]]]', /^element 0: string: expected a string, got \["9007199254740993"\]$/u],
  ['[["float64",9007199254740993]]', /^element 0: float64: expected a whole number that a float64 can hold .*993$/u],
  ['[["float64[]",[0,-9007199254740993]]]', /^element 0: float64\[\] at index 1: expected a whole number that/u],
  ['[["float32",9007199791611905]]', /^element 0: float32: expected a whole number that a float64 can hold/u],
  ['[["float32",9007199254740994]]', /^element 0: float32: expected a whole number that a float32 can hold/u],
  ['[["integer",1.5]]', /^element 0: integer: expected a whole number, got 1\.5$/u],
  ['[["integer","1.5"]]', /^element 0: integer: expected a whole number, or its digits as a string, got "1\.5"$/u],
  ['[["integer",""]]', /^element 0: integer: expected a whole number, or its digits as a string, got ""$/u],
  ['[["integer","0xg0"]]', /^element 0: integer: expected/u],
  ['[["integer[]",[1,null]]]', /^element 0: integer\[\] at index 1: expected .*, got null$/u],
  ['[["integer[]",1]]', /^element 0: integer\[\]: expected an array, got 1$/u],
  ['[["float64","1"]]', /^element 0: float64: expected a number, "NaN", /u],
  ['[["float64",1e999]]', /^element 0: float64: expected a number, .*, got Infinity$/u],
  ['[["float32",1e39]]', /^element 0: float32: .*range.*/u],
  ['[["float32[]",[0,1e39]]]', /^element 0: float32\[\] at index 1: expected a number within the range of a float32/u],
  ['[["byte",256]]', /^element 0: byte: expected a whole number from 0 to 255, got 256$/u],
  ['[["byte","1"]]', /^element 0: byte: expected a whole number from 0 to 255, got "1"$/u],
  ['[["string",1]]', /^element 0: string: expected a string, got 1$/u],
  ['[["string","\\ud800"]]', /^element 0: string: it has a lone surrogate/u],
  ['[["byte[]","abc"]]', /^element 0: byte\[\]: expected a string of hexadecimal digits, two a byte, got "abc"$/u],
  ['[["null",0]]', /^element 0: null: expected null, got 0$/u],
  ['[["boolean",1]]', /^element 0: boolean: expected true or false, got 1$/u],
  ['[["bigint",1.5]]', /^element 0: bigint: expected a whole number, got 1\.5$/u],
  ['[["date","2001"]]', /^element 0: date: expected a date such as "2001-02-03T04:05:06\.000Z", got "2001"$/u],
  ['[["date",5]]', /^element 0: date: expected a date/u],
  ['[["list",1]]', /^element 0: list: expected an array, got 1$/u],
  ['[["list",[1]]]', /^element 0: list at index 0: expected a pair \[type, value\], got 1$/u],
  ['[["list",[["byte",256]]]]', /^element 0: list at index 0: byte: expected a whole number from 0 to 255/u],
  ['[["map",{"a":1}]]', /^element 0: map: expected an array/u],
  ['[["map",[["a"]]]]', /^element 0: map at index 0: expected a pair \[key, \[type, value\]\]/u],
  ['[["map",[[1,["null",null]]]]]', /^element 0: map at index 0: expected a string, got 1$/u],
  ['[["map",[["a",["null",null]],["a",["null",null]]]]]', /^element 0: map at index 1: expected a key that was not/u],
  ['[["byte[]",[1,2]]]', /^element 0: byte\[\]: expected a string of hexadecimal digits/u],
]
for (const [text, message] of refused) {
  test(`refused, with the place and what was expected: ${text}`, () => {
    assert.throws(() => parseMessage(text), { message })
  })
}

test('a refused value is shown cut', () => {
  assert.throws(() => parseMessage(`[["byte[]","${'x'.repeat(500)}"]]`), { message: /got "x{39}…$/u })
})
