// Handshake patterns as data: Noise Protocol Framework, revision 34, §7.4, §7.5 and §9.

/** One step of a message (Noise §5.3, §7.1). */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk'

/** A handshake: who knows whom beforehand, and the tokens of each message, the initiator’s first, then in turn. */
export interface HandshakePattern {
  /** Whether the responder knows the initiator’s static key beforehand (`-> s` before `...`). */
  readonly initiatorKnown: boolean
  /** Whether the initiator knows the responder’s static key beforehand (`<- s` before `...`). */
  readonly responderKnown: boolean
  readonly messages: readonly (readonly Token[])[]
}

/**
 * The pattern of a name like `XX` or `XXpsk0+psk3`: one of the fundamental interactive patterns NN, NK, NX, XN, XK, XX,
 * IN, IK, IX and KK, with modifiers psk0..psk3 (Noise §9.4), each once.
 *
 * Throws `TypeError` for any other name.
 */
export function parsePattern(name: string): HandshakePattern {
  const match = /^(?<base>[A-Z]{2})(?<modifiers>(?:psk[0-3](?:\+psk[0-3])*)?)$/u.exec(name)?.groups
  const base = basePatterns.get(match?.['base'] ?? '')
  if (base === undefined) throw new TypeError(`${name} is no handshake pattern of this engine`)
  const positions = Array.from(match?.['modifiers']?.matchAll(/[0-3]/gu) ?? [], ([digit]) => Number(digit))
  const repeated = new Set(positions).size < positions.length
  if (repeated || positions.some((position) => position > base.messages.length)) {
    throw new TypeError(`${name} is no handshake pattern: psk modifiers are distinct and at most the message count`)
  }
  return { ...base, messages: base.messages.map((tokens, index) => withPsk(tokens, index, positions)) }
}

/** psk0 stands at the beginning of the first message, pskN at the end of the Nth (Noise §9.4). */
function withPsk(tokens: readonly Token[], index: number, positions: readonly number[]): readonly Token[] {
  const before: readonly Token[] = index === 0 && positions.includes(0) ? ['psk'] : []
  const after: readonly Token[] = positions.includes(index + 1) ? ['psk'] : []
  return [...before, ...tokens, ...after]
}

const strangers = { initiatorKnown: false, responderKnown: false }
const serverKnown = { initiatorKnown: false, responderKnown: true }
const friends = { initiatorKnown: true, responderKnown: true }

/** Noise §7.5. The first letter is the initiator’s static key, the second the responder’s: None, Known, Xmitted, Immediate. */
const basePatterns: ReadonlyMap<string, HandshakePattern> = new Map<string, HandshakePattern>([
  ['NN', { ...strangers, messages: [message('e'), message('e', 'ee')] }],
  ['NK', { ...serverKnown, messages: [message('e', 'es'), message('e', 'ee')] }],
  ['NX', { ...strangers, messages: [message('e'), message('e', 'ee', 's', 'es')] }],
  ['XN', { ...strangers, messages: [message('e'), message('e', 'ee'), message('s', 'se')] }],
  ['XK', { ...serverKnown, messages: [message('e', 'es'), message('e', 'ee'), message('s', 'se')] }],
  ['XX', { ...strangers, messages: [message('e'), message('e', 'ee', 's', 'es'), message('s', 'se')] }],
  ['KK', { ...friends, messages: [message('e', 'es', 'ss'), message('e', 'ee', 'se')] }],
  ['IN', { ...strangers, messages: [message('e', 's'), message('e', 'ee', 'se')] }],
  ['IK', { ...serverKnown, messages: [message('e', 'es', 's', 'ss'), message('e', 'ee', 'se')] }],
  ['IX', { ...strangers, messages: [message('e', 's'), message('e', 'ee', 'se', 's', 'es')] }],
])

function message(...tokens: readonly Token[]): readonly Token[] {
  return tokens
}
