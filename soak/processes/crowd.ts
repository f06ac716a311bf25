// Clients that stay: as many connections as it is told, which say something when it is told.
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { KeepaliveTimes } from '@stalk/core'
import { answer } from '../harness/answer.js'
import { clientAddress, dialFrom, type Line } from '../harness/dial.js'
import { clientKeys } from '../harness/keys.js'
import { memoryInUse, type Memory } from '../harness/memory.js'
import { message, verify } from '../harness/messages.js'
import { Member } from './member.js'

export interface CrowdSetup {
  readonly directory: string
  readonly port: number
  /** Its addresses are 127.`group`.x.y. */
  readonly group: number
  readonly keepalive?: Partial<KeepaliveTimes> | false
  /** So long after the last message its answer is lost. */
  readonly patienceMs: number
}

/** Round trips of a while. */
export interface RoundTrips {
  readonly sent: number
  readonly answered: number
  readonly lost: number
  readonly wrong: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

const ADDRESSES = 200
const CONNECTING_AT_ONCE = 16
const TICK_MS = 5
const NEWCOMER = 0x7fff_ffff

let line: Line | null = null
let group = 0
let patienceMs = 0
let members: Member[] = []
let isClosing = false
let endedEarly = 0

const commands = {
  async start({ directory, port, keepalive, ...setup }: CrowdSetup): Promise<void> {
    const keys = await clientKeys(directory, 'stalk/2')
    line = { port, protocol: 'stalk/2', keys, ...(keepalive === undefined ? {} : { keepalive }) }
    group = setup.group
    patienceMs = setup.patienceMs
  },
  /** Opens so many connections, and has one verified round trip on each; gives how many seconds that took. */
  async open(count: number): Promise<number> {
    isClosing = false
    endedEarly = 0
    const startedAt = performance.now()
    members = []
    let next = 0
    const openSome = async (): Promise<void> => {
      while (next < count) await openOne(next++)
    }
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, openSome))
    await answersOf(members)
    return (performance.now() - startedAt) / 1000
  },
  /** Messages of all members in turn, so many a second in all. Times count from when a message was due. */
  async paced({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<RoundTrips> {
    return measured(async () => {
      const startedAt = performance.now()
      const total = Math.round(perSecond * seconds)
      for (let said = 0; said < total;) {
        const due = Math.min(total, ((performance.now() - startedAt) * perSecond) / 1000)
        for (; said < due; said += 1) members[said % members.length]?.say(startedAt + (said * 1000) / perSecond)
        await pause(TICK_MS)
      }
    })
  },
  /** Each member has so many messages on their way at any time. */
  async flatOut({ window, seconds }: { window: number; seconds: number }): Promise<RoundTrips> {
    return measured(async (onAnswer) => {
      const until = performance.now() + seconds * 1000
      for (const member of members) {
        member.onAnswer = (milliseconds) => {
          onAnswer(milliseconds)
          if (performance.now() < until) member.say()
        }
        for (let count = 0; count < window; count += 1) member.say()
      }
      await pause(seconds * 1000)
    })
  },
  /** A client that comes, has one round trip and goes: milliseconds until its answer; null if it got none. */
  async newcomer(): Promise<number | null> {
    const startedAt = performance.now()
    try {
      const connection = await dialFrom(clientAddress(group, ADDRESSES, ADDRESSES + 1), settled())
      connection.send(message('client', NEWCOMER, 0))
      const answered = verify(await connection.receive(), 'server', 0) === NEWCOMER
      const milliseconds = performance.now() - startedAt
      await connection.close()
      return answered ? milliseconds : null
    } catch {
      return null
    }
  },
  /** How many ended without being asked to. */
  endedEarly: (): number => endedEarly,
  /** Closes all, in order; gives how many ended with an error. */
  async closeAll(): Promise<number> {
    isClosing = true
    let failed = 0
    let next = 0
    const closeSome = async (): Promise<void> => {
      for (let member = members[next++]; member !== undefined; member = members[next++]) {
        await member.connection.close()
        if (member.connection.error !== null) failed += 1
      }
    }
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, closeSome))
    members = []
    return failed
  },
  memory: (): Promise<Memory> => memoryInUse(),
}

export type CrowdCommands = typeof commands
answer(commands)

function settled(): Line {
  if (line === null) throw new Error('the crowd was not started')
  return line
}

async function openOne(index: number): Promise<void> {
  const connection = await dialFrom(clientAddress(group, index, ADDRESSES), settled())
  void connection.closed.then(() => {
    if (!isClosing) endedEarly += 1
  })
  const member = new Member(connection, index)
  member.say()
  members.push(member)
}

/** @param run resolves when it has said everything */
async function measured(run: (onAnswer: (milliseconds: number) => void) => Promise<void>): Promise<RoundTrips> {
  const histogram = createHistogram()
  const [sentBefore, wrongBefore] = [sum(({ sent }) => sent), sum(({ wrong }) => wrong)]
  let answered = 0
  const onAnswer = (milliseconds: number): void => {
    answered += 1
    histogram.record(Math.max(1, Math.round(milliseconds * 1000)))
  }
  for (const member of members) member.onAnswer = onAnswer
  const startedAt = performance.now()
  await run(onAnswer)
  await answersOf(members)
  const seconds = (performance.now() - startedAt) / 1000
  for (const member of members) member.onAnswer = null
  return {
    sent: sum(({ sent }) => sent) - sentBefore,
    answered,
    lost: sum(({ unanswered }) => unanswered),
    wrong: sum(({ wrong }) => wrong) - wrongBefore,
    seconds,
    p50: histogram.percentile(50) / 1000,
    p99: histogram.percentile(99) / 1000,
    longest: histogram.max / 1000,
  }
}

/** Waits until everything is answered, or for as long as an answer may take. */
async function answersOf(those: readonly Member[]): Promise<void> {
  const until = performance.now() + patienceMs
  while (those.some(({ unanswered }) => unanswered > 0) && performance.now() < until) await pause(TICK_MS)
}

function sum(of: (member: Member) => number): number {
  return members.reduce((total, member) => total + of(member), 0)
}
