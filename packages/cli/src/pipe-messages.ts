// The messages of stalk-pipe/1 (SPEC, stalk-pipe/1).
import { Spack } from '@stalk/core'
import { CommandError, exitCodes } from './exit-codes.js'

/** The name of the application protocol. */
export const PIPE_PROTOCOL = 'stalk-pipe/1'

/** A side that gives up closes with one of these. */
export const pipeCloseCodes = {
  /** It cannot read what it should send, or cannot store what it gets. */
  failed: 0x4000,
  /** What it got is not what was sent, or not of this protocol. */
  damaged: 0x4001,
} as const

/** What a message of a peer says. */
export type PipeMessage =
  | { readonly type: 'size'; readonly bytes: number }
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'end'; readonly bytes: number; readonly sha256: Uint8Array }

/** How many bytes will come, as far as the sender knows. */
export function sizeMessage(bytes: number): Spack {
  return new Spack().integer(bytes)
}

/** @param data at least one byte, borrowed until it is sent */
export function dataMessage(data: Uint8Array): Spack {
  return new Spack().bytes(data)
}

/** @param sha256 of all bytes that were sent */
export function endMessage(bytes: number, sha256: Uint8Array): Spack {
  return new Spack().integer(bytes).bytes(sha256)
}

/** Throws a CommandError PIPE_DAMAGED for a message that is none of the three. */
export function readPipeMessage({ elements: [first, second, ...rest] }: Spack): PipeMessage {
  if (second === undefined) {
    if (first?.type === 'byte[]' && first.value.length > 0) return { type: 'data', data: first.value }
    if (first?.type === 'integer') return { type: 'size', bytes: readCount(first.value) }
  }
  if (first?.type === 'integer' && second?.type === 'byte[]' && second.value.length === 32 && rest.length === 0) {
    return { type: 'end', bytes: readCount(first.value), sha256: second.value }
  }
  throw pipeDamaged('the peer sent a message that is not of stalk-pipe/1')
}

/** What arrived is not what was sent. */
export function pipeDamaged(message: string): CommandError {
  return new CommandError('PIPE_DAMAGED', message, exitCodes.lost)
}

function readCount(value: number | bigint): number {
  if (typeof value === 'number' && value >= 0) return value
  throw pipeDamaged('the peer sent a number of bytes that cannot be')
}
