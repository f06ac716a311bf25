import { readFileSync } from 'node:fs'
import path from 'node:path'
import { generateX25519 } from '#src/crypto/x25519.js'
import { HandshakeState } from '#src/noise/handshake-state.js'

const folder: string = path.resolve(import.meta.dirname, '../../../../test-vectors')

export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
}

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
export const text = (characters: string): Uint8Array => new TextEncoder().encode(characters)
export const none: Uint8Array = new Uint8Array()

export interface Pair {
  readonly initiator: HandshakeState
  readonly responder: HandshakeState
}

/** Both ends of an XX handshake with fresh keys. */
export function pairXx(prologues: readonly [string, string] = ['same', 'same']): Pair {
  const [initiator, responder] = (['initiator', 'responder'] as const).map(
    (role, index) =>
      new HandshakeState({
        protocolName: 'Noise_XX_25519_AESGCM_SHA256',
        role,
        prologue: text(prologues[index]!),
        staticKeys: generateX25519(),
        generateEphemeral: generateX25519,
      }),
  )
  return { initiator: initiator!, responder: responder! }
}

/** Runs the first `count` messages, each with a payload, and returns the reader of the next message and that message. */
export function upTo(count: number, pair: Pair = pairXx()): { reader: HandshakeState; message: Uint8Array } {
  let [writer, reader] = [pair.initiator, pair.responder]
  for (let index = 0; index < count; index++) {
    reader.readMessage(writer.writeMessage(text(`payload ${index}`)))
    ;[writer, reader] = [reader, writer]
  }
  return { reader, message: writer.writeMessage(text(`payload ${count}`)) }
}
