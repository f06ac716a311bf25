import assert from 'node:assert/strict'
import test from 'node:test'
import { errorTable, StalkError, type StalkErrorCode } from '@stalk/core'
import { exitCodeOf, exitCodesHelp } from '#src/exit-codes.js'

const expected: readonly (readonly [code: StalkErrorCode, exitCode: number])[] = [
  ['CONNECT_FAILED', 3],
  ['LISTEN_FAILED', 3],
  ['HANDSHAKE_TIMEOUT', 3],
  ['HANDSHAKE_TRUNCATED', 3],
  ['PIN_MISMATCH', 4],
  ['PIN_EXPONENT_MISMATCH', 4],
  ['STALK1_SIGNATURE_INVALID', 4],
  ['STALK1_EPHEMERAL_LOW_ORDER', 4],
  ['RSA_MODULUS_TOO_SMALL', 4],
  ['CONNECTION_LOST', 5],
  ['CONNECTION_TRUNCATED', 5],
  ['STALK1_OUT_OF_STEP', 5],
  ['CLOSE_TIMEOUT', 5],
  ['IDENTITY_NOT_FOUND', 6],
  ['IDENTITY_PROTOCOL', 6],
  ['MESSAGE_TOO_LARGE', 7],
  ['INTERNAL', 1],
]
for (const [code, exitCode] of expected) {
  test(`${code} ends with exit code ${exitCode}`, () => {
    assert.equal(exitCodeOf(new StalkError(code, '')), exitCode)
  })
}

test('every code of core but INTERNAL has an exit code of its own kind', () => {
  const codes = Object.keys(errorTable) as StalkErrorCode[]
  const others = codes.filter((code) => exitCodeOf(new StalkError(code, '')) === 1)
  assert.deepEqual(others, ['INTERNAL'])
})

test('the help names every exit code that an error can have', () => {
  const codes = Object.keys(errorTable) as StalkErrorCode[]
  for (const code of codes) assert.match(exitCodesHelp, new RegExp(`^ +${exitCodeOf(new StalkError(code, ''))} `, 'mu'))
})

test('what is no error of stalk ends with 1', () => {
  assert.equal(exitCodeOf(new TypeError('x')), 1)
  assert.equal(exitCodeOf('x'), 1)
})
