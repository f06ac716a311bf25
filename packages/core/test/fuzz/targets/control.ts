// What records and frames say besides messages. The first byte of an input says which: a record’s plaintext, or a message about channels.
import assert from 'node:assert/strict'
import { encodeControl, readControl, type ChannelControl } from '#src/stalk2/channel-control.js'
import {
  encodeAccept,
  encodeClose,
  encodePing,
  encodePong,
  encodeReject,
  readRecordBody,
  type RecordBody,
} from '#src/stalk2/control-records.js'
import { closedError, rejectedError, resetError } from '#src/stalk2/verdict.js'
import type { Target } from '../target.js'
import { outcomeOf } from '../outcome.js'

const statement = { code: 0x4000, reason: 'née' }
const controls: readonly ChannelControl[] = [
  { type: 'open', id: 16, priority: 'bulk', name: 'é' },
  { type: 'credit', id: 300, bytes: 2 ** 32 - 1 },
  { type: 'end', id: 17 },
  { type: 'reset', id: 128, statement },
  { type: 'done', reason: 'bye' },
]
const plaintexts = [
  encodeClose({ code: 0, reason: '' }),
  encodeClose(statement),
  encodeReject(statement),
  encodePing(new Uint8Array(8)),
  encodePong(new Uint8Array(8)),
  encodeAccept(new Uint8Array(4)),
]

export const controlTarget: Target = {
  name: 'control',
  reads: 'CLOSE, REJECT, PING, PONG and ACCEPT, and what is said about channels',
  seeds: [
    ...plaintexts.map((bytes) => new Uint8Array([0, ...bytes])),
    ...controls.map((control) => new Uint8Array([1, ...encodeControl(control)])),
  ],
  run(input) {
    const bytes = input.slice(1)
    return outcomeOf(() => (input[0] === 1 ? readsControl(bytes) : readsRecord(bytes)))
  },
}

function readsControl(bytes: Uint8Array): string {
  const control = readControl(bytes)
  assert.deepEqual(encodeControl(control), bytes)
  if (control.type === 'reset') assertShown(resetError(control.statement).message)
  return control.type
}

function readsRecord(bytes: Uint8Array): string {
  const body = readRecordBody(bytes)
  const written = encodeBody(body)
  if (written !== null) assert.deepEqual(new Uint8Array(written), bytes)
  if (body.type === 'close' || body.type === 'reject') {
    assertShown(closedError(body.statement).message)
    assertShown(rejectedError(body.statement).message)
  }
  return body.type
}

/** Null: frames, which have a target of their own. */
function encodeBody(body: RecordBody): Uint8Array | null {
  switch (body.type) {
    case 'close':
      return encodeClose(body.statement)
    case 'reject':
      return encodeReject(body.statement)
    case 'ping':
      return encodePing(body.data)
    case 'pong':
      return encodePong(body.data)
    case 'accept':
      return encodeAccept(body.payload)
    case 'data':
      return null
  }
}

/** A peer’s reason is shown as text, and nothing in it may move a cursor. */
function assertShown(message: string): void {
  assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
}
