// The messages that SPEC, stalk-rpc/1 writes down are those that are sent.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { string, struct } from '@stalk/spack/schema'
import { unary } from '#src/index.js'
import { headSchema, MethodWire, writePlainFailure } from '#src/wire.js'

test('the call that SPEC writes down is the one that is made, byte by byte, and is understood', () => {
  const spec = readFileSync(path.join(import.meta.dirname, '../../../docs/SPEC.md'), 'utf8')
  const [, example = ''] = /^## stalk-rpc\/1$[\s\S]*?```text\n([0-9a-f]{2} [\s\S]*?)```/mu.exec(spec) ?? []
  const lines = example
    .trim()
    .split('\n')
    .map((line) => /^(?:[0-9a-f]{2}(?: +|$))*/u.exec(line)?.[0].replaceAll(' ', '') ?? '')
  const key = struct({ key: string })
  const wire = new MethodWire('store.read', unary({ request: key, response: string, errors: { NOT_FOUND: key } }))
  const head = headSchema(1024, 16)
  const failure = { code: 'NOT_FOUND', message: 'no', details: { key: 'a' } }
  const expected: readonly Uint8Array[] = [
    head.encode({ deadlineMs: 1000 }),
    head.encode({ metadata: { trace: '7' } }),
    head.encode({}),
    wire.writeRequest({ key: 'a' }),
    wire.writeItem('hello'),
    wire.writeFailure(failure),
    writePlainFailure('INTERNAL', 'the handler failed'),
  ]
  assert.deepEqual(
    lines,
    expected.map((message) => Buffer.from(message).toString('hex')),
  )
  assert.deepEqual(wire.answers.decode(wire.writeFailure(failure)), { type: 'error', value: failure })
})
