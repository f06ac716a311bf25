import assert from 'node:assert/strict'
import test from 'node:test'
import { errorTable, StalkError, type StalkErrorCode } from '@stalk/core'
import { exitCodeMeanings, exitCodeOf } from '#src/exit-codes.js'

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
  ['FOREIGN_PROTOCOL', 3],
  ['STALK2_REFUSED', 3],
  ['STALK2_SIGNATURE_INVALID', 4],
  ['REJECTED_NOT_ALLOWED', 4],
  ['CLOSED_BY_PEER', 5],
  ['RECORD_AUTH_FAILED', 5],
  ['INTERNAL', 1],
]
for (const [code, exitCode] of expected) {
  test(`${code} ends with exit code ${exitCode}`, () => {
    assert.equal(exitCodeOf(new StalkError(code, '')), exitCode)
  })
}

/** What only happens in programs, or is only told to the handler of a listener’s errors. */
const withoutExitCode: readonly StalkErrorCode[] = [
  'ANONYMOUS_REFUSED',
  'NOT_AUTHORIZED',
  'AUTHORIZATION_FAILED',
  'AUTHORIZATION_TIMEOUT',
  'NO_APPLICATION_PROTOCOL',
  'HANDSHAKE_EVICTED',
  'KEY_LOG_FAILED',
  'CHANNELS_UNAVAILABLE',
  'TOO_MANY_CHANNELS',
  'HANDLER_FAILED',
  'INTERNAL',
  'SEND_QUEUE_FULL',
  'RECONNECT_GAVE_UP',
  'LISTENER_BUSY',
]

test('every code of core that a command can end with has an exit code of its own kind', () => {
  const codes = Object.keys(errorTable) as StalkErrorCode[]
  const others = codes.filter((code) => exitCodeOf(new StalkError(code, '')) === 1)
  assert.deepEqual(others, withoutExitCode)
})

test('the help names every exit code that an error can have', () => {
  const codes = Object.keys(errorTable) as StalkErrorCode[]
  const named = new Set(exitCodeMeanings.map(([exitCode]) => exitCode))
  for (const code of codes) assert.ok(named.has(String(exitCodeOf(new StalkError(code, '')))), code)
})

test('what is no error of stalk ends with 1', () => {
  assert.equal(exitCodeOf(new TypeError('x')), 1)
  assert.equal(exitCodeOf('x'), 1)
})
