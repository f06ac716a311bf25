import { signAs } from '#src/identity/sign.js'
import { generateX25519 } from '#src/crypto/x25519.js'
import { Identity } from '#src/identity/identity.js'
import { expectPins } from '#src/identity/pins.js'
import { defaultLimits } from '#src/limits.js'
import type { SessionEvent } from '#src/session/session.js'
import { Stalk2Session } from '#src/session/stalk2-session.js'
import type { Stalk2InitiatorOptions, Stalk2ResponderOptions } from '#src/session/stalk2-states.js'
import { defaultKeepalive } from '#src/stalk2/keepalive.js'
import { suites } from '#src/stalk2/suites.js'
import { output } from './sessions.js'

/** Stalk/2 identities of both kinds, made once. */
export const ed25519Alice: Identity = await Identity.generate({ type: 'ed25519' })
export const ed25519Bob: Identity = await Identity.generate({ type: 'ed25519' })
export const rsaAlice: Identity = await Identity.generate({ type: 'rsa', protocol: 'stalk/2', bits: 2048 })
export const rsaBob: Identity = await Identity.generate({ type: 'rsa', protocol: 'stalk/2', bits: 2048 })

const common = {
  suites,
  limits: defaultLimits,
  applicationProtocols: null,
  keepalive: defaultKeepalive,
  generateKeyPair: generateX25519,
}

/** What an initiator is made with; `pin` is whom it expects, null for whoever answers. */
export type InitiatorOptions2 = Partial<Stalk2InitiatorOptions> & { readonly pin?: Identity | null }

export function initiator2({ pin = ed25519Bob, ...options }: InitiatorOptions2 = {}): Stalk2Session {
  const checkServer = pin === null ? null : expectPins([pin], 'stalk/2')
  return Stalk2Session.initiator({ ...common, identity: ed25519Alice, checkServer, ...options })
}

export function responder2(options: Partial<Stalk2ResponderOptions> = {}): Stalk2Session {
  return Stalk2Session.responder({ ...common, identity: ed25519Bob, allowAnonymous: false, ...options })
}

/** One end of a conversation: its session, who signs for it, and what it was told. */
export interface End {
  readonly session: Stalk2Session
  readonly identity: Identity | null
  readonly told: SessionEvent[]
  /** What the session threw. */
  error: unknown
}

export function end(session: Stalk2Session, identity: Identity | null): End {
  return { session, identity, told: [], error: null }
}

/** One step of an end: keeps what it throws. */
export function attempt(to: End, step: () => void): void {
  try {
    step()
  } catch (error) {
    to.error ??= error
  }
}

/** Answers what a session asks for: signatures are made, peers let in. */
export async function answer(to: End): Promise<void> {
  for (const event of to.session.takeEvents()) {
    to.told.push(event)
    if (event.type === 'sign') {
      const signature = await signAs(to.identity!, event.message)
      attempt(to, () => event.answer(signature))
      await answer(to)
    } else if (event.type === 'authorize') {
      attempt(to, () => event.accept(0))
      await answer(to)
    }
  }
}

/** Carries bytes both ways, all at once or in portions, until both fall silent or fail. */
export async function converse2(a: End, b: End, portion = Infinity): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const [fromA, fromB] = [output(a.session), output(b.session)]
    if (fromA.length === 0 && fromB.length === 0) return
    for (const [to, bytes] of [
      [b, fromA],
      [a, fromB],
    ] as const) {
      for (let at = 0; at < bytes.length && to.error === null; at += portion) {
        const chunk = bytes.slice(at, Math.min(bytes.length, at + portion))
        attempt(to, () => to.session.receive(chunk, 0))
        await answer(to)
      }
    }
  }
  throw new Error('the two sides never fell silent')
}

/** Two ends whose handshake is done. */
export async function establishedPair2(
  options: { a?: InitiatorOptions2; b?: Partial<Stalk2ResponderOptions> } = {},
): Promise<{ a: End; b: End }> {
  const own = options.a?.identity === undefined ? ed25519Alice : options.a.identity
  const a = end(initiator2({ pin: options.b?.identity ?? ed25519Bob, ...options.a }), own)
  const b = end(responder2(options.b), options.b?.identity ?? ed25519Bob)
  await converse2(a, b)
  for (const { error } of [a, b]) if (error instanceof Error) throw error
  return { a, b }
}

export function typesOf({ told }: End): string[] {
  return told.map(({ type }) => type)
}
