import { StalkError } from '../errors.js'

/** The secrets of one handshake, by their labels (SPEC, stalk/2 §12). */
export type LoggedSecrets = ReadonlyMap<string, Uint8Array>

const linePattern =
  /^(?<label>STALK2_(?:HANDSHAKE_KEY_[123]|INITIATOR_KEY|RESPONDER_KEY|EXPORTER_SECRET)) (?<ephemeral>[0-9a-f]{64}) (?<secret>[0-9a-f]{64})$/iu

/**
 * Reads a key log: the secrets of every handshake in it, by the ephemeral key of A in lower case hexadecimal. Lines that begin with # are
 * comments.
 *
 * Throws KEY_LOG_INVALID with the number of the line, and nothing of what stands there.
 */
export function parseKeyLog(text: string): ReadonlyMap<string, LoggedSecrets> {
  const handshakes = new Map<string, Map<string, Uint8Array>>()
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const groups = linePattern.exec(line.trim())?.groups
    if (groups === undefined) {
      throw new StalkError(
        'KEY_LOG_INVALID',
        `line ${index + 1} of the key log is not a label of stalk/2 and two times 32 bytes in hexadecimal`,
      )
    }
    const ephemeral = groups['ephemeral']?.toLowerCase() ?? ''
    const secrets = handshakes.get(ephemeral) ?? new Map<string, Uint8Array>()
    secrets.set(groups['label']?.toUpperCase() ?? '', bytesOf(groups['secret'] ?? ''))
    handshakes.set(ephemeral, secrets)
  }
  return handshakes
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16))
}
