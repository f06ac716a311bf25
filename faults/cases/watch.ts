// One stream through a fault that ends its connection: what each side says of that, and when.
import { amount } from '../support/amounts.js'
import type { Program, Report } from '../support/program.js'
import type { Others, Stage, Stream, StreamResult } from '../support/stage.js'
import type { Expected } from './expected.js'
import type { Notice, Row } from './fault.js'

/** How long to wait for what should have been noticed before. */
const UNNOTICED_MS = 20_000

export class Watch {
  readonly #stage: Stage
  readonly #stream: Stream
  readonly #programs: Readonly<Record<'client' | 'listener', Program>>
  readonly #from: Readonly<Record<'client' | 'listener', number>>
  readonly #notice: { client?: Notice; listener?: Notice } = {}
  readonly #problems: string[] = []

  constructor(stage: Stage, stream: Stream) {
    this.#stage = stage
    this.#stream = stream
    this.#programs = { client: stream.sender, listener: stage.receiver }
    this.#from = { client: stream.sender.reports.length, listener: stage.receiver.reports.length }
    for (const { code, message } of stream.sender.all('lost'))
      this.#problems.push(`a connection was lost before the fault: ${code} ${message}`)
    if (stream.sender.all('done').length > 0) this.#problems.push('all was sent before the fault')
  }

  /** Waits until a side says what ended its connection, and compares. */
  async look(
    side: 'client' | 'listener',
    expected: Expected | undefined,
    after: Expected['after'],
    at: number,
  ): Promise<void> {
    if (expected?.after !== after) return
    const { codes, earliestMs, latestMs } = expected
    const ofStream = (report: Report): boolean => side === 'client' || report.stream === this.#stream.fingerprint
    const options = { from: this.#from[side], timeoutMs: latestMs + UNNOTICED_MS, matches: ofStream }
    const report = await this.#programs[side].next('lost', options).catch((error: unknown) => {
      this.#problems.push(`unnoticed: ${String(error)}`)
      return null
    })
    if (report === null) return
    const { code = '' } = report
    const ms = report.at - at
    this.#notice[side] = { code, ms: Math.round(ms) }
    if (!codes.includes(code)) this.#problems.push(`the ${side} says ${code}, not ${codes.join(' or ')}`)
    if (ms < earliestMs) this.#problems.push(`the ${side} gave up after ${amount(ms)} ms: too early`)
    if (ms > latestMs) this.#problems.push(`the ${side} noticed after ${amount(ms)} ms: too late`)
  }

  /** @param others what is said once for all streams of a fault */
  row(result: StreamResult | undefined, others: Others): Row {
    const { mode, messages } = this.#stream
    const { seconds = 0, problems = [], report } = result ?? {}
    return {
      by: names[mode],
      messages,
      seen: [...this.#seen(report?.repeats ?? 0), ...others.seen],
      notice: this.#notice,
      seconds,
      problems: [...this.#problems, ...problems, ...others.problems],
    }
  }

  #seen(repeats: number): readonly string[] {
    const { sender } = this.#stream
    const told = sender.all('unconfirmed')
    if (told.length === 0) return [`went on at message ${amount((sender.all('have').at(-1)?.have ?? 0) + 1)}`]
    const count = told.reduce((sum, report) => sum + (report.count ?? 0), 0)
    const again = told.reduce((sum, report) => sum + (report.again ?? 0), 0)
    const seen = [`${amount(count)} unconfirmed; ${amount(again)} sent again, of which ${amount(repeats)} had arrived`]
    const resumed = this.#stage.receiver.all('resumed').find(({ stream }) => stream === this.#stream.fingerprint)
    const confirmed = (told[0]?.first ?? 1) - 1
    if (resumed !== undefined) {
      const dead = Math.max(0, confirmed - (resumed.taken ?? 0))
      seen.push(`${amount(dead)} that were confirmed had died unread with the listener`)
    }
    return seen
  }
}

const names: Readonly<Record<Stream['mode'], string>> = {
  plain: 'connect',
  reconnecting: 'reconnecting',
  answered: 'reconnecting, answered',
}
