// The runner: takes a transcript through a session and compares all that can be seen. This is what to write in another language;
// kit-end.ts is what it needs of the peer that it tests.
import assert from 'node:assert/strict'
import type { KitStep, KitTranscript } from './files.js'
import { fromHex, KitEnd } from './kit-end.js'

/** Takes the transcript’s steps and compares what is said at each, and what came of it. */
export function runTranscript({ you, steps, expect }: KitTranscript, portion = Infinity): void {
  const signatures = you.signatures.map(fromHex)
  const kitEnd = new KitEnd(you, () => signatures.shift()!)
  for (const [index, step] of steps.entries()) {
    if ('send' in step) {
      assert.equal(kitEnd.said(), step.send, `step ${index}`)
      continue
    }
    for (const piece of 'receive' in step ? cut(step.receive, portion) : [step]) {
      if (kitEnd.outcome.error === null) kitEnd.take(piece)
    }
  }
  assert.equal(kitEnd.said(), '', 'nothing more is said')
  assert.deepEqual(kitEnd.outcome, {
    established: expect.established,
    messages: expect.messages,
    end: expect.end,
    channels: expect.channels ?? [],
    error: expect.error,
    stage: expect.stage,
  })
}

function cut(hex: string, portion: number): KitStep[] {
  const pieces: KitStep[] = []
  for (let at = 0; at < hex.length; at += 2 * portion) pieces.push({ receive: hex.slice(at, at + 2 * portion) })
  return pieces
}
