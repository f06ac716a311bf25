import { StalkError, type PeerStatement } from '../errors.js'
import { priorities, type Priority } from '../priorities.js'
import { concatBytes } from '../crypto/bytes.js'
import { maxReasonBytes } from './control-records.js'
import { FrameReader } from './frames.js'
import { maxVarint, varintBytes, writeVarint } from './varint.js'

// What the two sides say about channels, one message in a frame: SPEC, stalk/2 §14.

/** The channel on which that is said. */
export const controlChannel = 2

/** The first channel of its own that an initiator opens; that of a responder is one higher. */
export const firstChannel = 16

/** Why a channel is given up; from 0x4000 on codes are the application’s. */
export const resetCodes = {
  /** It is not wanted any more. */
  cancelled: 0,
  /** Nobody took it: nothing that was sent on it was looked at. */
  refused: 1,
  /** Whoever served it failed. */
  internal: 2,
} as const

/** The longest name of a channel, in bytes of UTF-8. */
const maxNameBytes = 255

/** What each side says about channels when the connection begins (SPEC, stalk/2 §4). */
export interface ChannelTerms {
  /** What may be sent to this side at first on each channel. */
  readonly creditBytes: number
  /** How many channels its peer may have open at once. */
  readonly maxChannels: number
}

export const leastCreditBytes = 1024

export type ChannelControl =
  | { readonly type: 'open'; readonly id: number; readonly priority: Priority; readonly name: string }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'reset'; readonly id: number; readonly statement: PeerStatement }
  | { readonly type: 'done'; readonly reason: string }

const types = { open: 1, credit: 2, end: 3, reset: 4, done: 5 } as const

export function encodeControl(control: ChannelControl): Uint8Array {
  switch (control.type) {
    case 'open': {
      const priority = Uint8Array.of(priorities.indexOf(control.priority))
      return concatBytes(numbers(types.open, control.id), priority, new TextEncoder().encode(control.name))
    }
    case 'credit':
      return numbers(types.credit, control.id, control.bytes)
    case 'end':
      return numbers(types.end, control.id)
    case 'reset': {
      const { code, reason } = control.statement
      const statement = concatBytes(Uint8Array.of(code >> 8, code & 0xff), new TextEncoder().encode(reason))
      return concatBytes(numbers(types.reset, control.id), statement)
    }
    case 'done':
      return concatBytes(Uint8Array.of(types.done), new TextEncoder().encode(control.reason))
  }
}

/** Throws CHANNEL_CONTROL_INVALID. */
export function readControl(bytes: Uint8Array): ChannelControl {
  try {
    const reader = new FrameReader(bytes)
    const control = readFields(reader)
    if (!reader.isAtEnd) throw invalid(`a message of type ${bytes[0] ?? 0} has bytes too many`)
    return control
  } catch (cause) {
    if (!(cause instanceof StalkError) || cause.code === 'CHANNEL_CONTROL_INVALID') throw cause
    throw invalid('its numbers are cut or not minimal', cause)
  }
}

function readFields(reader: FrameReader): ChannelControl {
  const type = reader.bytes(1)[0]
  switch (type) {
    case types.open: {
      const id = reader.varint()
      const priority = priorities[reader.bytes(1)[0] ?? 0]
      if (priority === undefined) throw invalid('there is no such priority')
      return { type: 'open', id, priority, name: readText(reader, 'the name of a channel', 1, maxNameBytes) }
    }
    case types.credit: {
      const [id, bytes] = [reader.varint(), reader.varint()]
      if (bytes === 0) throw invalid('a credit of nothing')
      return { type: 'credit', id, bytes }
    }
    case types.end:
      return { type: 'end', id: reader.varint() }
    case types.reset: {
      const id = reader.varint()
      const [high = 0, low = 0] = reader.bytes(2)
      return { type: 'reset', id, statement: { code: high * 256 + low, reason: readReason(reader) } }
    }
    case types.done:
      return { type: 'done', reason: readReason(reader) }
    case undefined:
    default:
      throw invalid(`there is no message of type ${type ?? 'none'}`)
  }
}

function readReason(reader: FrameReader): string {
  return readText(reader, 'a reason', 0, maxReasonBytes)
}

function readText(reader: FrameReader, what: string, least: number, most: number): string {
  const bytes = reader.rest()
  if (bytes.length < least || bytes.length > most) throw invalid(`${what} has ${least} to ${most} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw invalid(`${what} is not UTF-8`, cause)
  }
}

function numbers(type: number, ...values: readonly number[]): Uint8Array {
  let length = 1
  for (const value of values) length += varintBytes(value)
  const bytes = new Uint8Array(length)
  bytes[0] = type
  let at = 1
  for (const value of values) at = writeVarint(bytes, at, value)
  return bytes
}

function invalid(reason: string, cause?: unknown): StalkError {
  return new StalkError('CHANNEL_CONTROL_INVALID', `what the peer says about channels makes no sense: ${reason}`, cause)
}

/** The highest number that a channel can have. */
export const lastChannel: number = maxVarint
