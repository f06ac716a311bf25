// Faults of the preamble and of the answer to it, and lines that end too early.
import { utf8 } from './changes.js'
import type { KitExpectation } from './files.js'
import type { KitCase } from './record.js'

const magic = utf8('stalk/2\n')
const malformed = { stage: 'preamble', error: 'STALK2_PREAMBLE_INVALID', tells: 'refusal 3' } as const

function preamble(name: string, raw: string, expect: Partial<KitExpectation>): KitCase {
  return { name: `preamble: ${name}`, you: { role: 'responder' }, raw, expect }
}

function reply(name: string, raw: string, error: string): KitCase {
  return { name: `reply: ${name}`, you: { role: 'initiator', pin: 'bob' }, raw, expect: { stage: 'reply', error } }
}

const tls = '16030100c5010000c10303'
const foreign = { stage: 'preamble', error: 'FOREIGN_PROTOCOL' } as const

export const negotiationCases: readonly KitCase[] = [
  preamble('no suite', `${magic}0000`, malformed),
  preamble('17 suites', `${magic}0011`, malformed),
  preamble('a suite twice', `${magic}000200010001`, malformed),
  preamble('an unknown suite twice', `${magic}00030001fafafafa`, malformed),
  preamble('unknown suites only', `${magic}000201010a0a`, {
    stage: 'preamble',
    error: 'STALK2_NO_SUITE',
    tells: 'refusal 1',
  }),
  preamble('an unknown suite first, whose A announces 4,097 bytes', `${magic}0002010100011001`, {
    stage: 'A',
    error: 'STALK2_HANDSHAKE_LENGTH',
    tells: 'refusal 3',
  }),
  preamble('a TLS hello', tls, foreign),
  preamble('an HTTP request', utf8('GET / HTTP/1.1\r\n'), foreign),
  preamble('a stalk/1 hello', '0301000000000000000000000000000000', foreign),
  preamble('a stalk/3 hello', utf8('stalk/3\n'), foreign),
  preamble('one bit of the magic changed', '7374616c6b2f320b', foreign),

  reply('TLS', tls, 'FOREIGN_PROTOCOL'),
  reply('HTTP', utf8('HTTP/1.1 400 Bad Request\r\n'), 'FOREIGN_PROTOCOL'),
  reply('neither of the three', '03', 'FOREIGN_PROTOCOL'),
  ...[1, 2, 3, 9].map((code) => reply(`a refusal in clear, code ${code}`, `00000${code}`, 'STALK2_REFUSED')),
  reply('a retry with the first suite', '020001', 'STALK2_RETRY_INVALID'),
  reply('a retry with an unknown suite', '020101', 'STALK2_RETRY_INVALID'),
  {
    name: 'reply: a retry with a suite that was not offered',
    you: { role: 'initiator', pin: 'bob', suites: [1] },
    raw: '020002',
    expect: { stage: 'reply', error: 'STALK2_RETRY_INVALID' },
  },
  {
    name: 'reply: a second retry',
    you: { role: 'initiator', pin: 'bob' },
    raw: '020002',
    later: [{ raw: '020002' }],
    expect: { stage: 'reply', error: 'STALK2_RETRY_INVALID' },
  },

  ...(
    [
      ['responder', 'preamble', '7374616c'],
      ['responder', 'A', `${magic}0001000100200102`],
      ['initiator', 'reply', '02'],
      ['initiator', 'B', '01020001'],
    ] as const
  ).map(([role, stage, raw]) => ({
    name: `${stage}: the line ends inside it`,
    you: { role, pin: role === 'initiator' ? 'bob' : null },
    raw,
    later: [{ lineEnds: true as const }],
    expect: { stage, error: 'HANDSHAKE_TRUNCATED' },
  })),
]
