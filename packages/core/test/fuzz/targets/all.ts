import { captureTarget } from './capture.js'
import { controlTarget } from './control.js'
import { handshakeTarget } from './handshake.js'
import { identityFilesTarget } from './identity-files.js'
import { identityTextTarget } from './identity-text.js'
import { kindsTarget } from './kinds.js'
import { payloadTarget } from './payload.js'
import { peerListsTarget } from './peer-lists.js'
import { preambleTarget } from './preamble.js'
import { recordsTarget } from './records.js'
import { rpcTarget } from './rpc.js'
import { schemaTarget } from './schema.js'
import { initiatorTarget, responderTarget } from './session.js'
import { spackTarget } from './spack.js'
import { stalk1InitiatorTarget, stalk1ResponderTarget } from './stalk1.js'
import type { Target } from '../target.js'

/** Everything that reads what somebody else wrote. */
export const targets: readonly Target[] = [
  ...[spackTarget, schemaTarget, kindsTarget],
  ...[preambleTarget, payloadTarget, handshakeTarget, recordsTarget, controlTarget, initiatorTarget, responderTarget],
  ...[stalk1InitiatorTarget, stalk1ResponderTarget],
  ...[identityFilesTarget, identityTextTarget, peerListsTarget],
  ...[rpcTarget, captureTarget],
]
