import type { CipherState } from '../noise/cipher-state.js'
import type { HandshakeState } from '../noise/handshake-state.js'

/** What a handshake leaves, from the point of view of one side. */
export interface TransportKeys {
  readonly send: CipherState
  readonly receive: CipherState
  /** 32 bytes, secret: exported secrets come from it. */
  readonly exporterSecret: Uint8Array
  /** 32 bytes, unique to the connection, not secret. */
  readonly handshakeHash: Uint8Array
}

/** Ends the handshake. */
export function splitKeys(handshake: HandshakeState, role: 'initiator' | 'responder'): TransportKeys {
  const { initiatorToResponder, responderToInitiator, exporterSecret, handshakeHash } = handshake.split()
  return role === 'initiator'
    ? { send: initiatorToResponder, receive: responderToInitiator, exporterSecret, handshakeHash }
    : { send: responderToInitiator, receive: initiatorToResponder, exporterSecret, handshakeHash }
}
