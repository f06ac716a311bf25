/** The small structured message. */
export interface Reading {
  readonly seq: number
  readonly ts: number
  readonly name: string
  readonly payload: Uint8Array
}

export type Message = Reading | Uint8Array

/** What is sent, so that each side knows every message by its number: how arrival, order and contents are verified. */
export interface Workload<T extends Message = Message> {
  readonly kind: 'reading' | 'bytes'
  /** Bytes of contents in a message: what raw TCP sends for it. */
  readonly size: number
  message(number: number): T
  /** Whether this is the message with that number; looks at some of its bytes, others each time. The same for every peer. */
  verify(message: Message, number: number): boolean
}

const NAMES = 1024
const PAYLOADS = 64
const EPOCH = 1_700_000_000_000.25

/** 4 bytes of number, 8 of time, 12 of name, 64 of payload. */
export function readings(): Workload {
  const names = Array.from({ length: NAMES }, (_, index) => `sensor-${String(index).padStart(5, '0')}`)
  const payloads = Array.from({ length: PAYLOADS }, (_, index) => patterned(64, index))
  return {
    kind: 'reading',
    size: 4 + 8 + 12 + 64,
    message: (number) => ({
      seq: number,
      ts: EPOCH + number,
      name: names[number % NAMES]!,
      payload: payloads[number % PAYLOADS]!,
    }),
    verify(message, number) {
      const { seq, ts, name, payload } = message as Reading
      if (seq !== number || ts !== EPOCH + number || name !== names[number % NAMES]) return false
      return sameSamples(payload, payloads[number % PAYLOADS]!, number)
    },
  }
}

/** Bytes and nothing else, from a pool of different ones. */
export function bytes(size: number): Workload {
  const count = Math.max(2, Math.min(16, Math.floor((4 * 1024 * 1024) / size)))
  const pool = Array.from({ length: count }, (_, index) => patterned(size, index))
  return {
    kind: 'bytes',
    size,
    message: (number) => pool[number % count]!,
    verify: (message, number) => sameSamples(message as Uint8Array, pool[number % count]!, number),
  }
}

/** A Buffer, which is what Node’s programs have, and which no peer has to convert. */
function patterned(size: number, index: number): Uint8Array {
  const pattern = Buffer.alloc(size)
  for (let at = 0; at < size; at += 1) pattern[at] = at * 31 + (at >> 8) + index * 7
  return pattern
}

/** Eight positions all over, which move with the number. Sizes are powers of two. */
function sameSamples(actual: Uint8Array, expected: Uint8Array, number: number): boolean {
  const { length } = expected
  if (actual.length !== length) return false
  const step = length >> 3
  for (let at = (number * 37) & (step - 1); at < length; at += step) {
    if (actual[at] !== expected[at]) return false
  }
  return true
}
