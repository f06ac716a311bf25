import { defaultLimits, type Limits } from '#src/limits.js'
import { ChannelTable, type TableEvent } from '#src/session/channel-table.js'
import { encodeControl, type ChannelControl, type ChannelTerms } from '#src/stalk2/channel-control.js'
import { RecordPlan } from '#src/stalk2/frames.js'

/** The channels of two sides that have agreed on them; `a` is the initiator. */
export function tables(limits: Partial<Limits> = {}, peers: Partial<Limits> = limits): Record<'a' | 'b', ChannelTable> {
  const [ofA, ofB] = [
    { ...defaultLimits, ...limits },
    { ...defaultLimits, ...peers },
  ]
  const [a, b] = [new ChannelTable(ofA), new ChannelTable(ofB)]
  a.enable('initiator', terms(ofA), terms(ofB))
  b.enable('responder', terms(ofB), terms(ofA))
  return { a, b }
}

function terms({ channelCreditBytes, maxChannels }: Limits): ChannelTerms {
  return { creditBytes: channelCreditBytes, maxChannels }
}

/** The body of the next DATA record; null: there is none. */
export function nextBody(table: ChannelTable, maxBytes = 32_750): Uint8Array | null {
  return table.scheduler.nextRecord(maxBytes, true)?.slice(1) ?? null
}

/** Queues a message, encoded. */
export function send(table: ChannelTable, id: number, message: Uint8Array): void {
  table.scheduler.send(table.outgoing(id), message)
}

/** Carries all that one side has to say now. */
export function carry(from: ChannelTable, to: ChannelTable, maxBytes?: number): TableEvent[] {
  const events: TableEvent[] = []
  for (let body = nextBody(from, maxBytes); body !== null; body = nextBody(from, maxBytes)) {
    events.push(...to.read(body, 0))
  }
  return events
}

/** The body of a record with one frame; `fin` unless told otherwise. */
export function frame(channel: number, bytes: Uint8Array, isFinal = true): Uint8Array {
  const plan = new RecordPlan(65_519)
  plan.push(channel, bytes, isFinal)
  return plan.encode().slice(1)
}

/** A control message, as a frame. */
export function control(message: ChannelControl): Uint8Array {
  return frame(2, encodeControl(message))
}

export function open(id: number, name = 'x'): Uint8Array {
  return control({ type: 'open', id, priority: 'normal', name })
}

export function reset(id: number): Uint8Array {
  return control({ type: 'reset', id, statement: { code: 0, reason: '' } })
}
