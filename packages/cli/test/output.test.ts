import assert from 'node:assert/strict'
import test from 'node:test'
import { formatAddress } from '#src/output.js'

test('an IPv6 address stands in brackets before its port', () => {
  assert.equal(formatAddress('::1', 80), '[::1]:80')
  assert.equal(formatAddress('127.0.0.1', 80), '127.0.0.1:80')
})
