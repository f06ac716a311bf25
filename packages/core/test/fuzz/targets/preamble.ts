// All that comes before there are keys: preamble and A at a responder, the reply at an initiator.
import assert from 'node:assert/strict'
import { x25519KeyPairFrom } from '#src/crypto/x25519.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { encodePreamble } from '#src/stalk2/preamble.js'
import { initiator2, responder2 } from '../../support/stalk2.js'
import type { Target } from '../target.js'
import { outcomeOf, pieces } from '../outcome.js'

const keys = x25519KeyPairFrom(new Uint8Array(32).fill(9))
const messageA = new Uint8Array([0, 32, ...keys.publicKey])

export const preambleTarget: Target = {
  name: 'preamble',
  reads: 'preamble and A at a listening side, the answer at a connecting one',
  seeds: [
    new Uint8Array([...encodePreamble([1, 2]), ...messageA]),
    new Uint8Array([...encodePreamble([0x0a0a, 2], 0xff), ...messageA, ...messageA]),
    new Uint8Array([...encodePreamble([1]), 0, 38, ...keys.publicKey, 0x10, 0, 3, 1, 2, 3]),
    Uint8Array.of(0, 0, 2),
    Uint8Array.of(2, 0, 2),
    new Uint8Array([1, 0, 96, ...new Uint8Array(96)]),
    Buffer.from('GET / HTTP/1.1\r\n'),
    Uint8Array.of(22, 3, 1, 0, 197),
  ],
  run(input) {
    return `${outcomeOfSession(responder, input)}; ${outcomeOfSession(initiator, input)}`
  },
}

function responder(): Stalk2Session {
  return responder2({ generateKeyPair: () => keys })
}

function initiator(): Stalk2Session {
  return initiator2({ generateKeyPair: () => keys })
}

function outcomeOfSession(make: () => Stalk2Session, input: Uint8Array): string {
  const whole = outcome(make(), [input])
  const cut = outcome(make(), pieces(input))
  // what foreign bytes look like is said of those that are here: only the words may differ
  assert.deepEqual([cut.code, cut.said], [whole.code, whole.said], 'the outcome depends on how the bytes were cut')
  return `${whole.came}, ${whole.said}`
}

interface Outcome {
  readonly came: string
  readonly code: string
  readonly said: string
}

function outcome(session: Stalk2Session, chunks: readonly Uint8Array[]): Outcome {
  const before = session.takeOutput().length
  const came = outcomeOf(() => {
    for (const chunk of chunks) session.receive(chunk, 0)
    return 'waits'
  })
  const asked = session.takeEvents().map(({ type }) => type)
  const said = Buffer.concat(session.takeOutput()).toString('hex')
  // in clear there are a retry, a refusal and, from an initiator, an A
  assert.match(said, before === 0 ? /^(?:02....)?(?:00000[13])?$/u : /^(?:0020.{64})?$/u)
  assert.ok(!asked.includes('established'))
  return { came, code: came.split(' ')[0]!, said: `${asked.join()} ${said}` }
}
