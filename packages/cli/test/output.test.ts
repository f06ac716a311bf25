import assert from 'node:assert/strict'
import test from 'node:test'
import { escapeControls, formatAddress } from '#src/output.js'

test('what a terminal obeys, reorders or hides is escaped, everything else stays', () => {
  assert.equal(escapeControls('a\u001b[31m\n\u0000\u009b'), 'a\\u001b[31m\\u000a\\u0000\\u009b')
  assert.equal(escapeControls('\u202eabc\u200b\ufeff\u2028\u{e0041}'), '\\u202eabc\\u200b\\ufeff\\u2028\\u{e0041}')
  assert.equal(escapeControls('\ud800'), '\\ud800')
  assert.equal(escapeControls('héllo \\ "wörld" 🙂'), 'héllo \\ "wörld" 🙂')
})

test('an IPv6 address stands in brackets before its port', () => {
  assert.equal(formatAddress('::1', 80), '[::1]:80')
  assert.equal(formatAddress('127.0.0.1', 80), '127.0.0.1:80')
})
