import { chooseSuite, judge, type Candidate } from '../stalk2/admission.js'
import { closeCodes, type RecordBody } from '../stalk2/control-records.js'
import { frameHandshakeMessage, readHandshakeMessage } from '../stalk2/handshake-message.js'
import { encodePrologue, encodeRetry, readPreamble, type Preamble } from '../stalk2/preamble.js'
import { Responder, type ResponderOptions } from '../stalk2/responder.js'
import type { Suite } from '../stalk2/suites.js'
import { closedError, unexpectedRecord } from '../stalk2/verdict.js'
import type { State, StepContext } from './stalk2-states.js'

// What a listening side does in each state of the handshake: SPEC, stalk/2 §3 to §6.

export function onPreamble(options: ResponderOptions, { queue }: StepContext): State | null {
  const preamble = readPreamble(queue)
  if (preamble === null) return null
  const suite = chooseSuite(preamble, options.suites)
  if (suite.id !== preamble.suiteIds[0]) return { phase: 'awaitUnknownA', options, preamble, suite }
  return { phase: 'awaitA', responder: new Responder(options, suite, encodePrologue(preamble.bytes, null)) }
}

/** The A of a suite that we do not take is framed, skipped, and answered with the suite that we do. */
export function onUnknownA(
  options: ResponderOptions,
  { preamble, suite }: { readonly preamble: Preamble; readonly suite: Suite },
  { queue, limits, output }: StepContext,
): State | null {
  const skipped = readHandshakeMessage(queue, limits.maxFirstMessageBytes, 'A')
  if (skipped === null) return null
  output(encodeRetry(suite.id))
  const retry = { firstMessage: frameHandshakeMessage(skipped), suiteId: suite.id }
  return { phase: 'awaitA', responder: new Responder(options, suite, encodePrologue(preamble.bytes, retry)) }
}

export function onA(responder: Responder, { queue, limits, output, sign }: StepContext): State | null {
  const messageA = readHandshakeMessage(queue, limits.maxFirstMessageBytes, 'A')
  if (messageA === null) return null
  return sign(responder, responder.onA(messageA), (signature) => {
    output(responder.answer(signature))
    return { phase: 'awaitC', responder }
  })
}

export function onC(responder: Responder, { queue, limits, openChannel }: StepContext): State | null {
  const messageC = readHandshakeMessage(queue, limits.maxHandshakeMessageBytes, 'C')
  if (messageC === null) return null
  const { keys, claims } = responder.onC(messageC)
  openChannel(responder.suite, keys)
  return { phase: 'authorizing', candidate: judge(responder, claims), end: null }
}

/** Until the verdict the initiator may only end. */
export function onEarlyRecord(record: RecordBody, candidate: Candidate): State {
  if (record.type !== 'close') throw unexpectedRecord(record, 'before the verdict')
  if (record.statement.code !== closeCodes.done) throw closedError(record.statement)
  return { phase: 'authorizing', candidate, end: record.statement }
}

/** The state of a candidate that was let in. */
export function admitted({ identity, applicationProtocol, maxMessageBytes, channels }: Candidate): State {
  return { phase: 'established', peerIdentity: identity, applicationProtocol, maxMessageBytes, channels }
}
