// Every bit that either side hears is flipped once, and the line is cut at every byte, in both roles.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { kitFiles, type KitStep, type KitTranscript } from '../testkit/files.js'
import { KitEnd, type Outcome } from '../testkit/kit-end.js'

const { transcripts } = JSON.parse(readFileSync(kitFiles.transcripts, 'utf8')) as { transcripts: KitTranscript[] }

/** What is heard, and at which stages it is refused: damaged, and cut. */
const records = [
  ['a message', ['record', 'end'], ['end']],
  ['CLOSE', ['record', 'end'], ['end']],
] as const
for (const [name, heard] of [
  [
    'you connect: alice calls bob',
    [['B', ['reply', 'B'], ['reply', 'B']], ['ACCEPT', ['verdict'], ['verdict']], ...records],
  ],
  // an A that is another one is an A: that it is not the one that was sent shows in C
  [
    'you listen: alice calls bob',
    [['preamble and A', ['preamble', 'A', 'C'], ['preamble', 'A']], ['C', ['C'], ['C']], ...records],
  ],
] as const) {
  const transcript = transcripts.find((one) => one.name === name)!
  const places = transcript.steps.flatMap((step, index) => ('receive' in step ? [{ index, step }] : []))
  assert.equal(places.length, heard.length)

  for (const [count, { index, step }] of places.entries()) {
    const sent = Buffer.from(step.receive, 'hex')
    const before = outcomeOf(transcript, transcript.steps.slice(0, index))
    const [what, damagedAt, cutAt] = heard[count]!

    test(`${name}: any bit flipped in ${what} ends in an error, and nothing of it is used`, () => {
      const stages = new Set<Outcome['stage']>()
      for (let bit = 0; bit < sent.length * 8; bit += 1) {
        const damaged = Buffer.from(sent)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        const outcome = after(transcript, index, damaged)
        assert.notEqual(outcome.error, null, `bit ${bit}`)
        assert.deepEqual({ ...outcome, error: null, stage: null }, before, `bit ${bit}`)
        stages.add(outcome.stage)
      }
      assert.deepEqual(stages, new Set(damagedAt))
    })

    test(`${name}: the line cut at any byte of ${what} is named as cut, and nothing of it is used`, () => {
      const stages = new Set<Outcome['stage']>()
      for (let cut = 0; cut < sent.length; cut += 1) {
        const outcome = after(transcript, index, sent.subarray(0, cut))
        const error = before.established ? 'CONNECTION_TRUNCATED' : 'HANDSHAKE_TRUNCATED'
        assert.deepEqual({ ...outcome, stage: null }, { ...before, error }, `byte ${cut}`)
        stages.add(outcome.stage)
      }
      assert.deepEqual(stages, new Set(cutAt))
    })
  }
}

/** What came of it when these bytes come instead of those of the step, and then the line ends. */
function after({ you, steps }: KitTranscript, index: number, bytes: Buffer): Outcome {
  const cut: KitStep[] = [...steps.slice(0, index), { receive: bytes.toString('hex') }, { lineEnds: true }]
  return outcomeOf({ you }, cut)
}

function outcomeOf({ you }: Pick<KitTranscript, 'you'>, steps: readonly KitStep[]): Outcome {
  const signatures = [...you.signatures]
  const kitEnd = new KitEnd(you, () => new Uint8Array(Buffer.from(signatures.shift()!, 'hex')))
  for (const step of steps) {
    if (kitEnd.outcome.error === null) kitEnd.take(step)
  }
  return kitEnd.outcome
}
