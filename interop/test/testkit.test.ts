// The peer itself is right as far as the vectors go, which it does not share any code with.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPython } from '../support/peer.js'

interface Report {
  readonly transcripts: number
  readonly failures: Readonly<Record<string, readonly string[]>>
  readonly records: readonly unknown[]
  readonly spack: { readonly checked: number; readonly wrong: readonly string[] }
}

test('the peer passes all transcripts, records and spack vectors of the testkit', () => {
  const { stdout, stderr } = runPython(['-m', 'peer.testkit'])
  assert.equal(stderr, '')
  const { transcripts, failures, records, spack } = JSON.parse(stdout) as Report
  assert.deepEqual({ failures, records, wrong: spack.wrong }, { failures: {}, records: [], wrong: [] })
  assert.ok(transcripts >= 502 && spack.checked >= 67)
})
