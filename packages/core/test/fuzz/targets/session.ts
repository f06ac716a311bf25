// Whole stalk/2 sessions, from the verdict on: see support/session-run.ts. An input is a program.
import { encodeProgram, decodeProgram, mutateProgram, withoutStep, type Step } from '../program.js'
import { kinds, sessionFlags, SessionRun } from '../support/session-run.js'
import type { Target } from '../target.js'

const accept = record('05030004000008000600060000080000ff')
const acceptChat = record('050300040000080004000463686174')
const message = record('010007010107')
const close = record('020000')
// OPEN of 16 (of the peer of a listening side) and of 17, then a message, END
const openAs = (digits: string): Step => record(`01020f01${digits}016563686f`)
const call = (digits: string): Step[] => [openAs(digits), record(`01${digits}07010107020503${digits}`)]

const talks: readonly (readonly Step[])[] = [
  [message, step(kinds.take, '00'), step(kinds.send, '0102'), step(kinds.end, '0000'), close],
  [record('030102030405060708'), step(kinds.ping, '01'), record('040100000000000000'), close, step(kinds.lineEnds, '')],
  [record('010004010100'), record('01000307'), record('020003627965'), step(kinds.send, '01')],
  [
    ...call('10'),
    step(kinds.take, '00'),
    step(kinds.sendOn, '000102'),
    step(kinds.leave, '0000'),
    record('0102020503'),
    close,
  ],
  [...call('11'), step(kinds.take, '00'), step(kinds.sendOn, '000102'), step(kinds.leave, '0001')],
  [
    step(kinds.open, '6162'),
    step(kinds.sendOn, `00${'07'.repeat(1500)}`),
    record('0102090211e807'),
    record('0102090210e807'),
    step(kinds.leave, '0002'),
  ],
  [openAs('10'), openAs('11'), record('01020d041000006e6f'), record('01020d041100006e6f'), record('01020905627965')],
  [
    step(kinds.time, 'ff00'),
    step(kinds.time, 'ff01'),
    step(kinds.time, 'ff02'),
    step(kinds.time, 'ff00'),
    step(kinds.time, 'ff00'),
  ],
  [record('060003'), message],
  [step(kinds.raw, `0011${'00'.repeat(17)}`)],
  Array.from({ length: 22 }, () => record('030102030405060708')),
]

export const initiatorTarget: Target = {
  name: 'initiator',
  weight: 5,
  reads: 'sessions of stalk/2 that connect: verdict, records, channels, ends, deadlines',
  seeds: talks.flatMap((steps) => [
    encodeProgram({ flags: 0, steps: [accept, ...steps] }),
    encodeProgram({ flags: sessionFlags.protocols | sessionFlags.noChannels, steps: [acceptChat, ...steps] }),
  ]),
  mutate: mutateProgram(13),
  shorter: withoutStep,
  run: (input) => run('initiator', input),
}

export const responderTarget: Target = {
  name: 'responder',
  weight: 5,
  reads: 'sessions of stalk/2 that listen: authorization, records, channels, ends, deadlines',
  seeds: talks.flatMap((steps) => [
    encodeProgram({ flags: 0, steps: [step(kinds.decide, '00'), ...steps] }),
    encodeProgram({
      flags: sessionFlags.chacha | sessionFlags.inPieces,
      steps: [close, step(kinds.decide, '03'), ...steps],
    }),
  ]),
  mutate: mutateProgram(13),
  shorter: withoutStep,
  run: (input) => run('responder', input),
}

function run(role: 'initiator' | 'responder', input: Uint8Array): string {
  const program = decodeProgram(input)
  return new SessionRun(role, program.flags).run(program)
}

function record(digits: string): Step {
  return step(kinds.record, digits)
}

function step(kind: number, digits: string): Step {
  return { kind, bytes: new Uint8Array(Buffer.from(digits, 'hex')) }
}
