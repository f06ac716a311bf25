// Our side of a stalk/2 session whose keys are fixed, so that an input leads to the same every time.
import type { X25519KeyPair } from '#src/crypto/x25519.js'
import type { Identity } from '#src/identity/identity.js'
import type { SessionEvent } from '#src/session/session.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { fixedIdentity, fixedSignature, fixedX25519 } from '../../testkit/fixed-keys.js'
import { kitIdentities } from '../../testkit/kit-identities.js'

/** Gives the static key pair of a role, then its ephemeral one: the same ones to every session. */
export function keyPairs(role: 'initiator' | 'responder'): () => X25519KeyPair {
  let made = 0
  return () => {
    made += 1
    return fixedX25519(`fuzz ${role} ${made}`)
  }
}

export function ownIdentity(name: string): Identity {
  return kitIdentities.get(name)!
}

/** Gives the session the signatures that it asks for; gives its other events. */
export function ownSign(session: Stalk2Session, name: string): SessionEvent[] {
  return session.takeEvents().flatMap((event) => {
    if (event.type !== 'sign') return [event]
    event.answer(fixedSignature(fixedIdentity(name), event.message))
    return ownSign(session, name)
  })
}
