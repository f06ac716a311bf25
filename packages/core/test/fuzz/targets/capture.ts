// Captured connections and key logs, which `stalk inspect` reads. An input is a text: the capture, a line of `---`, the key log.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseCapture } from '#src/inspect/capture.js'
import { inspectCapture } from '#src/inspect/inspect.js'
import { parseKeyLog } from '#src/inspect/key-log-file.js'
import { kitFiles, type KitTranscript } from '../../testkit/files.js'
import { fixedSignature, fixedIdentity } from '../../testkit/fixed-keys.js'
import { KitEnd } from '../../testkit/kit-end.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const { transcripts } = JSON.parse(readFileSync(kitFiles.transcripts, 'utf8')) as { transcripts: KitTranscript[] }

export const captureTarget: Target = {
  name: 'capture',
  reads: 'captures and key logs, and the connections in them',
  seeds: transcripts
    .filter(({ expect }) => expect.established && expect.error === null)
    .slice(0, 4)
    .map(capture),
  dictionary: ['{"from":"initiator","hex":"', '"}\n', '\n\t', '---\n', '===\n', '0011'].map((text) =>
    Buffer.from(text),
  ),
  run(input) {
    const [first = '', second = ''] = new TextDecoder().decode(input).split(/^---\n/mu)
    return outcomeOf(() => {
      const chunks = parseCapture(first)
      const log = parseKeyLog(second)
      const { parts, faults } = inspectCapture(chunks, log)
      assert.ok(parts.length + faults.length <= input.length)
      return `${Math.min(parts.length, 9)} parts, ${faults.map(({ error }) => error.code).join(' ')}`
    }, ['CAPTURE_INVALID', 'KEY_LOG_INVALID', 'CAPTURE_TRUNCATED'])
  },
}

/** What went over the line in a transcript, and its secrets. */
function capture({ you, steps }: KitTranscript): Uint8Array {
  const [own, other] = you.role === 'initiator' ? ['initiator', 'responder'] : ['responder', 'initiator']
  const lines = steps.flatMap((step) => {
    if ('send' in step) return [JSON.stringify({ from: own, hex: step.send })]
    if ('receive' in step) return [JSON.stringify({ from: other, hex: step.receive })]
    return []
  })
  const log: string[] = []
  const signer = you.identity === null ? null : fixedIdentity(you.identity)
  const end = new KitEnd(
    you,
    (message) => fixedSignature(signer!, message),
    (line) => log.push(line),
  )
  for (const step of steps) end.take(step)
  return new TextEncoder().encode([...lines, '---', ...log, ''].join('\n'))
}
