import type { Identity } from '#src/identity/identity.js'
import { recordedIdentity, transcripts, type Transcript } from './vectors.js'

function transcript(index: number): Transcript {
  const found = transcripts[index]
  if (found === undefined) throw new Error(`there is no transcript ${index}`)
  return found
}

/** Four different stalk/1 identities with their private keys, taken from the recordings so that no test waits for new keys. */
export const alice: Identity = recordedIdentity(transcript(0).client_identity)
export const bob: Identity = recordedIdentity(transcript(0).server_identity)
export const carol: Identity = recordedIdentity(transcript(1).client_identity)
export const mallory: Identity = recordedIdentity(transcript(1).server_identity)
/** 1,024 bits: quick, and refused unless the limits are lowered. */
export const small: Identity = recordedIdentity(transcript(2).client_identity)
