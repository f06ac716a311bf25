import { preambleTarget } from './preamble-target.js'
import { payloadTarget } from './payload-target.js'
import { recordsTarget } from './records-target.js'
import { schemaTarget } from './schema-target.js'
import { spackTarget } from './spack-target.js'
import type { Target } from './fuzz.js'

/** Everything that reads what a peer sent. */
export const targets: readonly Target[] = [preambleTarget, payloadTarget, recordsTarget, spackTarget, schemaTarget]
