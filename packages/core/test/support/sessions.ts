import { decode, Spack } from '@stalk/spack'
import { randomBytes } from '#src/crypto/random.js'
import { generateX25519 } from '#src/crypto/x25519.js'
import type { Identity } from '#src/identity/identity.js'
import { expectPins } from '#src/identity/pins.js'
import { defaultLimits, type Limits } from '#src/limits.js'
import type { MessageRun } from '#src/message-run.js'
import type { Session, SessionEvent } from '#src/session/session.js'
import { Stalk1Session } from '#src/session/stalk1-session.js'
import { alice, bob } from './people.js'

export function initiator(
  options: { identity?: Identity; serverIdentity?: Identity | null; limits?: Partial<Limits> } = {},
): Stalk1Session {
  const { identity = alice, serverIdentity = bob, limits = {} } = options
  return Stalk1Session.initiator({
    identity,
    checkServer: serverIdentity === null ? null : expectPins([serverIdentity], 'stalk/1'),
    ephemeral: generateX25519(),
    iv: randomBytes(16),
    limits: { ...defaultLimits, ...limits },
  })
}

export function responder(options: { identity?: Identity; limits?: Partial<Limits> } = {}): Stalk1Session {
  const { identity = bob, limits = {} } = options
  return Stalk1Session.responder({ identity, ephemeral: generateX25519(), limits: { ...defaultLimits, ...limits } })
}

/** Everything a session wants to send, as one piece. */
export function output(session: Session): Uint8Array {
  return join(session.takeOutput())
}

export function join(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(chunks))
}

/** Carries bytes both ways until neither side has anything to say; gives what each side was told. */
export function converse(a: Session, b: Session): { a: SessionEvent[]; b: SessionEvent[] } {
  const told = { a: [] as SessionEvent[], b: [] as SessionEvent[] }
  for (let round = 0; round < 100; round += 1) {
    const [fromA, fromB] = [output(a), output(b)]
    if (fromA.length === 0 && fromB.length === 0) return told
    if (fromA.length > 0) b.receive(fromA, 0)
    if (fromB.length > 0) a.receive(fromB, 0)
    told.a.push(...a.takeEvents())
    told.b.push(...b.takeEvents())
  }
  throw new Error('the two sides never fell silent')
}

/** Two sessions whose handshake is done. */
export function establishedPair(limits: Partial<Limits> = {}): { a: Stalk1Session; b: Stalk1Session } {
  const pair = { a: initiator({ limits }), b: responder({ limits }) }
  converse(pair.a, pair.b)
  return pair
}

export function messagesOf(events: readonly SessionEvent[]): Spack[] {
  return events.flatMap(messagesIn)
}

/** The messages that an event brings, whether or not they are decoded. */
export function messagesIn(event: SessionEvent): Spack[] {
  if (event.type === 'message') return [event.message]
  return encodedIn(event).map((message) => decode(message, { form: 'compact' }))
}

/** Those that are not decoded. */
export function encodedIn(event: { readonly type: string; readonly run?: MessageRun }): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (const run = event.run?.copy(); run?.next();) messages.push(run.view())
  return messages
}

export function text(value: string): Spack {
  return new Spack().string(value)
}
