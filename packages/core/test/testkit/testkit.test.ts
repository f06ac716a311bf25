import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { StalkError } from '#src/errors.js'
import { kitCases } from './cases.js'
import { encodeKitFile, kitFiles, type KitTranscript } from './files.js'
import { fixedIdentity } from './fixed-keys.js'
import { recordTranscript } from './record.js'
import { runTranscript } from './run.js'
import { sealedRecords } from './sealed-records.js'

const text = readFileSync(kitFiles.transcripts, 'utf8')
const { transcripts } = JSON.parse(text) as { transcripts: KitTranscript[] }
const negative = transcripts.filter(({ expect }) => expect.error !== null)

for (const transcript of transcripts) {
  test(`testkit: ${transcript.name}`, () => {
    runTranscript(transcript)
    runTranscript(transcript, 1)
  })
}

test('the testkit’s files are what its cases say: npm run testkit', () => {
  assert.ok(text === encodeKitFile('transcripts', kitCases.map(recordTranscript)))
  assert.equal(readFileSync(kitFiles.records, 'utf8'), encodeKitFile('records', sealedRecords()))
})

test('the testkit has at least 150 transcripts with names of their own, four in five of them of a fault', () => {
  assert.ok(transcripts.length >= 150)
  assert.equal(new Set(transcripts.map(({ name }) => name)).size, transcripts.length)
  assert.ok(negative.length >= transcripts.length * 0.8, `${negative.length} of ${transcripts.length}`)
  for (const { name, expect } of transcripts) assert.equal(expect.error === null, expect.stage === null, name)
})

test('the Ed25519 identities of the testkit are made from their names', () => {
  for (const name of ['alice', 'bob', 'carol']) {
    const seed = createHash('sha256').update(`stalk/2 testkit ${name}`).digest()
    const pkcs8 = fixedIdentity(name).privateKey.export({ format: 'der', type: 'pkcs8' })
    assert.deepEqual(pkcs8.subarray(-32), seed)
  }
})

test('a runner that is given another transcript’s bytes says so', () => {
  const [first] = transcripts
  const steps = first!.steps.map((step) => ('send' in step ? { send: step.send.replace(/.$/u, 'x') } : step))
  assert.throws(() => runTranscript({ ...first!, steps }), /step 0/u)
  for (const expect of [
    { error: 'RECORD_LENGTH' },
    { stage: 'C' as const },
    { established: false },
    { messages: [] },
    { end: null },
  ]) {
    assert.throws(
      () => runTranscript({ ...first!, expect: { ...first!.expect, ...expect } }),
      (error) => !(error instanceof StalkError),
    )
  }
})
