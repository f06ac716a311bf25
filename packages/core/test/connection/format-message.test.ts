import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spack } from '@stalk/spack'
import { escapeControls, formatMessage } from '#src/connection/format-message.js'

test('every type is shown with its name and value', () => {
  const message = new Spack()
    .integer(-5)
    .float32(0.5)
    .float64(-0)
    .byte(7)
    .string('hi')
    .integers([1, 2n ** 70n])
    .float32s([0.25])
    .float64s([Number.NaN])
    .bytes(Uint8Array.of(0, 171))
  assert.equal(
    formatMessage(message),
    'integer -5, float32 0.5, float64 -0, byte 7, string "hi", integer[2] (1 1180591620717411303424), ' +
      'float32[1] (0.25), float64[1] (NaN), byte[2] 00ab',
  )
  assert.equal(formatMessage(new Spack()), '(empty)')
})

test('the extended types are shown likewise, what is inside in parentheses', () => {
  const message = new Spack()
    .null()
    .boolean(true)
    .bigint(-5n)
    .date(Date.UTC(2001, 1, 3))
    .list(['a', [], 1.5])
    .map({ a: null, 'b c': [1] })
  assert.equal(
    formatMessage(message),
    'null, boolean true, bigint -5, date 2001-02-03T00:00:00.000Z, list[3] (string "a", list[0] (), float64 1.5), ' +
      'map[2] ("a": null, "b c": list[1] (integer 1))',
  )
  assert.match(formatMessage(new Spack().map({ '\u001b[31m': '\u202e' })), /^[\u0020-\u007e]*$/u)
})

test('of what is inside lists and maps a few are shown, however many there are at every level', () => {
  const wide = (depth: number): unknown[] => Array.from({ length: 20 }, () => (depth === 0 ? 1 : wide(depth - 1)))
  const shown = formatMessage(new Spack().list(wide(2)).list([1]))
  assert.equal(shown.match(/integer 1|list\[20\](?= \(l| \(i)/gu)?.length, 1 + 64)
  assert.ok(shown.endsWith('…), list[1] (…)'), shown)
})

test('nothing that a terminal would obey gets through', () => {
  const nasty = '\u001b[31m\u0007\u009b0m\u007f\u202eevil\u2066\u200b\n\r\t"\\\ufeff\u061c\u00ad\u180e'
  const shown = formatMessage(new Spack().string(nasty))
  assert.match(shown, /^[\u0020-\u007e]*$/u)
  assert.equal(JSON.parse(shown.slice('string '.length)), nasty)
})

test('long values are cut and their length is named', () => {
  assert.ok(formatMessage(new Spack().string('x'.repeat(10_000))).endsWith('… (10000 characters)'))
  assert.equal(formatMessage(new Spack().bytes(new Uint8Array(100))), `byte[100] ${'00'.repeat(32)}…`)
  assert.match(
    formatMessage(new Spack().integers(Array.from({ length: 50 }, () => 1))),
    /^integer\[50\] \((?:1 ){16}…\)$/u,
  )
  assert.match(formatMessage(new Spack().integer(-(16n ** 500n))), /^integer -0x1000*… \(501 hexadecimal digits\)$/u)
  const many = new Spack()
  for (let index = 0; index < 20; index += 1) many.byte(1)
  assert.match(formatMessage(many), /, … 4 more$/u)
})

test('a message of huge integers is shown at once and in one short line', () => {
  const huge = 1n << 450_000n
  const message = new Spack()
  for (let index = 0; index < 16; index += 1) message.integers(new Array<bigint>(16).fill(huge))
  assert.ok(formatMessage(message).length <= 4001)
})

test('a cut in the middle of a character beyond the first plane is still safe to print', () => {
  const shown = formatMessage(new Spack().string(`${'x'.repeat(199)}😀😀`))
  assert.match(shown, /^[^\ud800-\udfff]*$/u)
})

test('what a terminal obeys, reorders or hides is escaped, everything else stays', () => {
  assert.equal(escapeControls('a\u001b[31m\n\u0000\u009b'), 'a\\u001b[31m\\u000a\\u0000\\u009b')
  assert.equal(escapeControls('\u202eabc\u200b\ufeff\u2028\u{e0041}'), '\\u202eabc\\u200b\\ufeff\\u2028\\u{e0041}')
  assert.equal(escapeControls('\ud800'), '\\ud800')
  assert.equal(escapeControls('héllo \\ "wörld" 🙂'), 'héllo \\ "wörld" 🙂')
})
