import type { NoiseSecret, SecretObserver } from '../noise/symmetric-state.js'

/** Takes one line of a key log, without its line break. Whoever has such lines can read the connection: debugging only. */
export type KeyLog = (line: string) => void

/** What a line begins with, for each secret: SPEC, stalk/2 §12. */
const labels: Readonly<Record<NoiseSecret['name'], string>> = {
  handshakeKey: 'STALK2_HANDSHAKE_KEY',
  initiatorToResponder: 'STALK2_INITIATOR_KEY',
  responderToInitiator: 'STALK2_RESPONDER_KEY',
  exporterSecret: 'STALK2_EXPORTER_SECRET',
}

/**
 * Writes the secrets of one handshake as lines `LABEL_n <ephemeral key of A> <secret>`, in hexadecimal; n counts the handshake keys.
 *
 * @param initiatorEphemeral asked when the first secret is there: the 32 bytes by which a capture and its secrets find each other
 */
export function keyLogObserver(keyLog: KeyLog, initiatorEphemeral: () => Uint8Array): SecretObserver {
  let handshakeKeys = 0
  return ({ name, secret }) => {
    if (name === 'handshakeKey') handshakeKeys += 1
    const label = name === 'handshakeKey' ? `${labels[name]}_${handshakeKeys}` : labels[name]
    keyLog(`${label} ${hex(initiatorEphemeral())} ${hex(secret)}`)
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
