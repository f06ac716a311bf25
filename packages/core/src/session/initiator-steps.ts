import { StalkError } from '../errors.js'
import { closeCodes, type RecordBody } from '../stalk2/control-records.js'
import { readHandshakeMessage } from '../stalk2/handshake-message.js'
import type { Initiator } from '../stalk2/initiator.js'
import { readPayload } from '../stalk2/payload.js'
import { readReply } from '../stalk2/preamble.js'
import { checkChosenProtocol, closedError, refusedError, rejectedError, unexpectedRecord } from '../stalk2/verdict.js'
import type { Identity } from '../identity/identity.js'
import type { State, StepContext } from './stalk2-states.js'

// What a connecting side does in each state of the handshake: SPEC, stalk/2 §3 to §6.

export function onReply(initiator: Initiator, isRetried: boolean, context: StepContext): State | null {
  const reply = readReply(context.queue)
  if (reply === null) return null
  switch (reply.type) {
    case 'accepted':
      return { phase: 'awaitB', initiator }
    case 'retry':
      if (isRetried) throw new StalkError('STALK2_RETRY_INVALID', 'the peer asks for another suite a second time')
      context.output(initiator.onRetry(reply.suiteId))
      return { phase: 'awaitReply', initiator, isRetried: true }
    case 'refused':
      throw refusedError(reply.code)
  }
}

export function onB(initiator: Initiator, context: StepContext): State | null {
  const messageB = readHandshakeMessage(context.queue, context.limits.maxHandshakeMessageBytes, 'B')
  if (messageB === null) return null
  const proof = initiator.onB(messageB)
  if (proof === null) return sendC(initiator, null, context)
  return context.sign(initiator, proof, (signature) => sendC(initiator, signature, context))
}

function sendC(initiator: Initiator, signature: Uint8Array | null, context: StepContext): State {
  const { messageC, keys, responder } = initiator.finish(signature)
  context.output(messageC)
  context.openChannel(initiator.suite, keys)
  context.tell({ type: 'awaitVerdict' })
  return { phase: 'awaitVerdict', initiator, responder }
}

export function onVerdict(record: RecordBody, { options }: Initiator, responder: Identity): State {
  if (record.type === 'reject') throw rejectedError(record.statement)
  if (record.type === 'close' && record.statement.code !== closeCodes.done) throw closedError(record.statement)
  if (record.type !== 'accept') throw unexpectedRecord(record, 'before the verdict')
  const { maxMessageBytes, applicationProtocols, channels } = readPayload(record.payload, 'ACCEPT')
  const applicationProtocol = checkChosenProtocol(applicationProtocols, options.applicationProtocols)
  return { phase: 'established', peerIdentity: responder, applicationProtocol, maxMessageBytes, channels }
}
