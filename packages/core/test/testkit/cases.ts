// All transcripts of the testkit: what is done to whom, and what must come of it. The expectations are written by hand, from SPEC.
import { channelCases } from './channel-cases.js'
import { conversationCases } from './conversation-cases.js'
import { handshakeCases } from './handshake-cases.js'
import { negotiationCases } from './negotiation-cases.js'
import type { KitCase } from './record.js'
import { recordCases } from './record-cases.js'

export const kitCases: readonly KitCase[] = [
  ...conversationCases,
  ...negotiationCases,
  ...handshakeCases,
  ...recordCases,
  ...channelCases,
]
