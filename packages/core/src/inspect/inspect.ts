import { StalkError } from '../errors.js'
import { parseProtocolName } from '../noise/suites.js'
import type { CapturedChunk } from './capture.js'
import { HandshakeInspector } from './handshake-inspector.js'
import { InspectionBuilder, type Inspection } from './inspection.js'
import type { LoggedSecrets } from './key-log-file.js'
import { inspectRecords } from './record-inspector.js'
import { CapturedStream } from './stream.js'

/**
 * Reads a captured stalk/2 connection with the secrets that a key log has of it (SPEC, stalk/2 §12): for debugging. Whatever has no secret
 * there is named with its length. Proofs are verified. Neither keys nor secrets are in the result.
 */
export function inspectCapture(
  capture: readonly CapturedChunk[],
  keyLog: ReadonlyMap<string, LoggedSecrets>,
): Inspection {
  const initiator = new CapturedStream(capture, 'initiator')
  const responder = new CapturedStream(capture, 'responder')
  const builder = new InspectionBuilder()
  const handshake = new HandshakeInspector(initiator, responder, keyLog, builder)
  handshake.run()
  const { established } = handshake
  if (established !== null) {
    const { cipher } = parseProtocolName(established.suite.noiseName)
    inspectRecords(initiator, cipher, established.secrets.get('STALK2_INITIATOR_KEY'), builder)
    inspectRecords(responder, cipher, established.secrets.get('STALK2_RESPONDER_KEY'), builder)
  }
  for (const stream of [initiator, responder]) {
    const isKnown = builder.faults.some(({ from }) => from === stream.from)
    if (isKnown || stream.queue.length === 0) continue
    const reason = `the capture has ${stream.queue.length} bytes more of the ${stream.from}, which are no whole part`
    builder.fault(stream, stream.offset, new StalkError('CAPTURE_TRUNCATED', reason))
  }
  return builder.finish(handshake.hasSecrets)
}
