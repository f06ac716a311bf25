// Messages A, B and C whose plaintext is the input: a peer seals it as the protocol says, so that it is read and not refused for its tag.
// The first byte of an input says which message, and what is done with it.
import assert from 'node:assert/strict'
import { defaultLimits } from '#src/limits.js'
import { Stalk2Session } from '#src/session/stalk2-session.js'
import { encodeUnsigned } from '#src/stalk2/payload.js'
import { suiteOf } from '#src/stalk2/suites.js'
import { FaultyPeer, type PeerPlan } from '../../testkit/faulty-peer.js'
import { fixedIdentity } from '../../testkit/fixed-keys.js'
import { keyPairs, ownSign, ownIdentity } from '../support/fixed-session.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const flags = {
  /** A or C to a listening side; otherwise B to a connecting one. */
  toResponder: 1,
  messageA: 2,
  /** The input is all of the payload: nothing is signed. */
  isWhole: 4,
  rsa: 8,
  chacha: 16,
  /** The last byte of the input is where a byte of the Noise message is changed. */
  isDamaged: 32,
}

const fields = {
  maxMessageBytes: 1024,
  applicationProtocols: ['kv/1', 'chat'],
  channels: { creditBytes: 4096, maxChannels: 3 },
}

export const handshakeTarget: Target = {
  name: 'handshake',
  weight: 3,
  reads: 'A, B and C whose payload is anything, sealed as it has to be, signed or not',
  seeds: [
    seed(0, encodeUnsigned({ identity: spki('bob') }, 64)),
    seed(flags.rsa, encodeUnsigned({ identity: spki('rsa-2048') }, 256)),
    seed(flags.toResponder, encodeUnsigned({ identity: spki('alice'), ...fields }, 64)),
    seed(flags.toResponder | flags.chacha, encodeUnsigned({ identity: spki('alice'), ticket: Uint8Array.of(1) }, 64)),
    seed(flags.toResponder | flags.isWhole, encodeUnsigned(fields, 0)),
    seed(flags.toResponder | flags.messageA, new Uint8Array()),
    seed(flags.isDamaged, new Uint8Array([...encodeUnsigned({ identity: spki('bob') }, 64), 50])),
  ],
  run(input) {
    const [mode = 0] = input
    const suiteId = (mode & flags.chacha) === 0 ? 1 : 2
    const content = input.slice(1)
    const session = (mode & flags.toResponder) === 0 ? initiator(suiteId) : responder(suiteId)
    const outcome = outcomeOf(() => {
      if ((mode & flags.toResponder) === 0) toInitiator(session, plan(mode, content, 'bob'), suiteId)
      else toResponder(session, plan(mode, content, 'alice'), { suiteId, isA: (mode & flags.messageA) !== 0 })
      return 'taken'
    })
    if (session.failure !== null) {
      const { failure } = session
      assert.throws(() => session.receive(Uint8Array.of(0), 0), failure, 'one failure poisons')
      session.takeOutput()
      assert.deepEqual(session.takeOutput(), [])
    }
    return `${session.phase} ${outcome}`
  },
}

function seed(mode: number, content: Uint8Array): Uint8Array {
  return new Uint8Array([mode, ...content])
}

function spki(name: string): Uint8Array {
  return fixedIdentity(name).spki
}

function plan(mode: number, content: Uint8Array, name: string): PeerPlan {
  const at = content.at(-1) ?? 0
  const damage = (bytes: Uint8Array): Uint8Array =>
    bytes.length === 0 ? bytes : bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ 1)
  const isWhole = (mode & flags.isWhole) !== 0
  return {
    identity: isWhole ? null : (mode & flags.rsa) === 0 ? name : 'rsa-2048',
    payloadA: (mode & flags.messageA) === 0 ? new Uint8Array() : content.slice(0, 4000),
    ...(isWhole ? { payload: () => content } : { unsigned: () => content }),
    ...((mode & flags.isDamaged) === 0 ? {} : { message: damage }),
  }
}

function toInitiator(session: Stalk2Session, peerPlan: PeerPlan, suiteId: number): void {
  const opening = Buffer.concat(session.takeOutput())
  const preamble = new Uint8Array(opening.subarray(0, 12))
  const peer = new FaultyPeer('responder', peerPlan, { suiteId, preamble, retry: null })
  peer.read(new Uint8Array(opening.subarray(14)))
  session.receive(new Uint8Array([1, ...peer.provenMessage(null)]), 0)
  ownSign(session, 'alice')
}

function toResponder(
  session: Stalk2Session,
  peerPlan: PeerPlan,
  { suiteId, isA }: { readonly suiteId: number; readonly isA: boolean },
): void {
  const preamble = FaultyPeer.preamble({ ...peerPlan, offers: [suiteId] })
  const peer = new FaultyPeer('initiator', peerPlan, { suiteId, preamble, retry: null })
  session.receive(new Uint8Array([...preamble, ...peer.messageA()]), 0)
  ownSign(session, 'bob')
  const answer = Buffer.concat(session.takeOutput())
  if (isA) return
  peer.read(new Uint8Array(answer.subarray(3)))
  session.receive(peer.provenMessage(spki('bob')), 0)
}

const common = { limits: defaultLimits, applicationProtocols: null, keepalive: null }

function initiator(suiteId: number): Stalk2Session {
  return Stalk2Session.initiator({
    ...common,
    suites: [suiteOf(suiteId)!],
    identity: ownIdentity('alice'),
    checkServer: null,
    generateKeyPair: keyPairs('initiator'),
  })
}

function responder(suiteId: number): Stalk2Session {
  return Stalk2Session.responder({
    ...common,
    suites: [suiteOf(suiteId)!],
    applicationProtocols: suiteId === 1 ? ['chat'] : null,
    identity: ownIdentity('bob'),
    allowAnonymous: true,
    generateKeyPair: keyPairs('responder'),
  })
}
