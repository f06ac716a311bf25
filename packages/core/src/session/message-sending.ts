import type { Spack } from '@stalk/spack'
import { StalkError } from '../errors.js'
import type { OutgoingChannel, Scheduler } from '../stalk2/scheduler.js'
import { encodeCompact, encodeCompactInto, type MessageEncoder, type MessageSizes } from './message-coding.js'

/** Queues a message on a channel. Throws as {@link encodeCompact}; then nothing is queued. */
export function queueCompact(
  scheduler: Scheduler,
  channel: OutgoingChannel,
  message: Spack,
  sizes: MessageSizes,
): void {
  const { messages } = channel
  const memory = messages.reserve()
  if (memory === null) {
    scheduler.send(channel, encodeCompact(message, sizes))
    return
  }
  try {
    queueWritten(scheduler, channel, encodeCompactInto(message, memory, messages.reservedAt, sizes))
  } finally {
    messages.release()
  }
}

/** The same of a value by a schema, which says what is wrong with it. Throws that, and MESSAGE_TOO_LARGE. */
export function queueTyped<T>(
  scheduler: Scheduler,
  channel: OutgoingChannel,
  encoder: MessageEncoder<T>,
  value: T,
  { ownLimit, peerLimit }: MessageSizes,
): void {
  const limit = Math.min(ownLimit, peerLimit)
  const { messages } = channel
  const memory = encoder.encodeInto === undefined ? null : messages.reserve()
  if (memory === null || encoder.encodeInto === undefined) {
    scheduler.send(channel, withinLimit(encoder.encode(value), limit))
    return
  }
  try {
    const start = messages.reservedAt
    const end = encoder.encodeInto(value, memory, start)
    if (typeof end !== 'number') withinLimit(end, limit)
    else if (end - start > limit) throw tooLargeBy(end - start, limit)
    queueWritten(scheduler, channel, end)
  } finally {
    messages.release()
  }
}

/** Queues what was written to the memory that was reserved, up to `end`; or a message that had no room there. */
function queueWritten(scheduler: Scheduler, channel: OutgoingChannel, end: number | Uint8Array): void {
  if (typeof end === 'number') {
    scheduler.commit(channel, end)
  } else {
    channel.messages.release()
    scheduler.send(channel, end)
  }
}

function withinLimit(message: Uint8Array, limit: number): Uint8Array {
  if (message.length > limit) throw tooLargeBy(message.length, limit)
  return message
}

function tooLargeBy(length: number, limit: number): StalkError {
  return new StalkError(
    'MESSAGE_TOO_LARGE',
    `the message is too large: it has ${length} bytes, and ${limit} at most may be sent`,
  )
}
