// Writes a transcript: one end is our session, the other a peer under a plan; what they say and do is written down.
import assert from 'node:assert/strict'
import { concatBytes } from '#src/crypto/bytes.js'
import { encodePreamble, encodeRetry, type Retry } from '#src/stalk2/preamble.js'
import { hex, toHex, type Change } from './changes.js'
import { FaultyPeer, type PeerPlan } from './faulty-peer.js'
import type { KitExpectation, KitStep, KitTranscript } from './files.js'
import { fixedIdentity, fixedSignature, fixedX25519Private } from './fixed-keys.js'
import { KitEnd } from './kit-end.js'

/** What happens after the handshake: records of the peer in one go, bytes of the peer, what it must have heard, or something that you do. */
export type LaterStep =
  | { readonly seal: string | readonly string[]; readonly change?: Change }
  | { readonly raw: string }
  | { readonly hears: readonly string[] }
  | Exclude<KitStep, { readonly send: string } | { readonly receive: string }>

/** A transcript that is to be written. */
export interface KitCase {
  readonly name: string
  readonly you: Partial<KitTranscript['you']> & { readonly role: 'initiator' | 'responder' }
  readonly peer?: PeerPlan
  /** Instead of the peer’s part of the handshake: these bytes. */
  readonly raw?: string
  readonly later?: readonly LaterStep[]
  readonly expect: Partial<KitExpectation>
}

export function recordTranscript({ name, you: yours, peer = {}, raw, later = [], expect }: KitCase): KitTranscript {
  const signatures: string[] = []
  const isInitiator = yours.role === 'initiator'
  const you = {
    identity: isInitiator ? 'alice' : 'bob',
    pin: isInitiator ? (peer.identity ?? 'bob') : null,
    suites: [1, 2],
    allowAnonymous: false,
    applicationProtocols: null,
    maxMessageBytes: 16_777_216,
    x25519: ['static', 'ephemeral', 'second static', 'second ephemeral'].map((key) =>
      toHex(fixedX25519Private(`your ${key}`)),
    ),
    ...yours,
    signatures,
  }
  const kitEnd = new KitEnd(you, (message) => {
    const signature = fixedSignature(fixedIdentity(you.identity!), message)
    signatures.push(toHex(signature))
    return signature
  })
  const scene = new Scene(kitEnd)
  scene.listen()
  if (raw !== undefined) scene.receive(hex(raw))
  else if (isInitiator) answerInitiator(scene, peer, you.suites)
  else callResponder(scene, peer, fixedIdentity(you.identity!).spki)
  for (const step of later) scene.later(step)

  const none = { established: false, messages: [], end: null, error: null, stage: null, tells: 'nothing' } as const
  const expected: KitExpectation = { ...none, ...expect }
  assert.equal(scene.told(), expected.tells, `${name}: what the peer is told`)
  return { name, you, steps: scene.steps, expect: expected }
}

/** The steps so far. */
class Scene {
  readonly steps: KitStep[] = []
  readonly #kitEnd: KitEnd
  #heard: Uint8Array[] = []
  /** What the last step led to. */
  #answers: Uint8Array[] = []
  /** What you said last. */
  said: Uint8Array = new Uint8Array()
  /** Whose records come after the handshake. */
  peer: FaultyPeer | null = null

  constructor(kitEnd: KitEnd) {
    this.#kitEnd = kitEnd
  }

  get isOver(): boolean {
    return this.#kitEnd.outcome.error !== null
  }

  /** Hears what you say; records are opened. */
  listen(): void {
    const said = this.#kitEnd.said()
    this.said = hex(said)
    this.#answers = this.peer?.open(this.said) ?? []
    this.#heard.push(...this.#answers)
    if (said !== '') this.steps.push({ send: said })
  }

  take(step: KitStep): void {
    assert.equal(this.isOver, false, 'nothing comes after the failure')
    this.steps.push(step)
    this.#kitEnd.take(step)
    this.listen()
  }

  receive(bytes: Uint8Array): void {
    this.take({ receive: toHex(bytes) })
  }

  later(step: LaterStep): void {
    if ('seal' in step) {
      const records = concatBytes(...[step.seal].flat().map((plaintext) => this.peer!.seal(hex(plaintext))))
      this.receive(step.change?.(records) ?? records)
    } else if ('raw' in step) {
      this.receive(hex(step.raw))
    } else if ('hears' in step) {
      assert.deepEqual(this.#heard.map(toHex), step.hears)
      this.#heard = []
    } else {
      this.take(step)
    }
  }

  /** What the peer was told of the failure. */
  told(): KitExpectation['tells'] {
    if (!this.isOver) return 'nothing'
    const [last] = this.peer === null ? [this.said] : this.#answers.slice(-1)
    if (last === undefined || last.length < 3) return 'nothing'
    const code = last[1]! * 256 + last[2]!
    if (this.peer === null) return `refusal ${code}`
    return last[0] === 6 ? `reject ${code}` : `close ${code}`
  }
}

function callResponder(scene: Scene, plan: PeerPlan, serverSpki: Uint8Array): void {
  const preamble = FaultyPeer.preamble(plan)
  const { offers = [1] } = plan
  const firstSuite = offers[0]!
  let peer = new FaultyPeer('initiator', plan, { suiteId: firstSuite > 2 ? 1 : firstSuite, preamble, retry: null })
  const firstMessage = peer.messageA()
  scene.receive(concatBytes(preamble, firstMessage))
  if (scene.isOver || scene.said.length === 0) return
  if (scene.said[0] === 2) {
    const suiteId = scene.said[1]! * 256 + scene.said[2]!
    peer = new FaultyPeer('initiator', plan, { suiteId, preamble, retry: { firstMessage, suiteId } })
    scene.receive(peer.messageA())
  }
  peer.read(scene.said.slice(3))
  const messageC = peer.provenMessage(serverSpki)
  peer.split()
  scene.peer = peer
  scene.receive(messageC)
}

function answerInitiator(scene: Scene, plan: PeerPlan, suites: readonly number[]): void {
  const preamble = encodePreamble(suites)
  const { suite: suiteId = suites[0]! } = plan
  let messageA: Uint8Array = scene.said.slice(preamble.length)
  let retry: Retry | null = null
  if (suiteId !== suites[0]) {
    retry = { firstMessage: messageA, suiteId }
    scene.receive(encodeRetry(suiteId))
    messageA = scene.said
  }
  const peer = new FaultyPeer('responder', plan, { suiteId, preamble, retry })
  peer.read(messageA.slice(2))
  scene.receive(concatBytes(Uint8Array.of(1), peer.provenMessage(null)))
  if (scene.isOver) return
  peer.read(scene.said.slice(2))
  peer.split()
  scene.peer = peer
}
