import { randomBytes } from '../crypto/random.js'
import { generateX25519 } from '../crypto/x25519.js'
import type { Identity } from '../identity/identity.js'
import type { Session } from '../session/session.js'
import { Stalk1Session } from '../session/stalk1-session.js'
import type { Settings } from './options.js'

// The one place where sessions get their randomness: everything below takes it as an argument.

/** A session of the connecting side. */
export function initiatorSession({ identity, limits }: Settings, serverIdentity: Identity | null): Session {
  return Stalk1Session.initiator({ identity, serverIdentity, limits, ephemeral: generateX25519(), iv: randomBytes(16) })
}

/** A session of the listening side. */
export function responderSession({ identity, limits }: Settings): Session {
  return Stalk1Session.responder({ identity, limits, ephemeral: generateX25519() })
}
