import { randomBytes } from '../crypto/random.js'
import { generateX25519 } from '../crypto/x25519.js'
import type { PeerCheck } from '../identity/pins.js'
import type { Session } from '../session/session.js'
import { Stalk1Session } from '../session/stalk1-session.js'
import { Stalk2Session } from '../session/stalk2-session.js'
import { suites } from '../stalk2/suites.js'
import { ownIdentity, type Settings } from './options.js'

// The one place where sessions get their randomness: everything below takes it as an argument.

/** A session of the connecting side. */
export function initiatorSession(settings: Settings, checkServer: PeerCheck | null): Session {
  const { protocol, limits, keepalive, applicationProtocols } = settings
  if (protocol === 'stalk/1') {
    const [identity, ephemeral, iv] = [ownIdentity(settings), generateX25519(), randomBytes(16)]
    return Stalk1Session.initiator({ identity, checkServer, limits, ephemeral, iv })
  }
  const { identity, keyLog } = settings
  const generateKeyPair = generateX25519
  return Stalk2Session.initiator({
    identity,
    checkServer,
    suites,
    limits,
    keepalive,
    applicationProtocols,
    generateKeyPair,
    keyLog,
  })
}

/** A session of the listening side. */
export function responderSession(settings: Settings, allowAnonymous: boolean): Session {
  const { protocol, limits, keepalive, applicationProtocols } = settings
  const identity = ownIdentity(settings)
  if (protocol === 'stalk/1') return Stalk1Session.responder({ identity, limits, ephemeral: generateX25519() })
  return Stalk2Session.responder({
    identity,
    suites,
    limits,
    keepalive,
    applicationProtocols,
    allowAnonymous,
    generateKeyPair: generateX25519,
    keyLog: settings.keyLog,
  })
}
