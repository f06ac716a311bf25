import { setTimeout as pause } from 'node:timers/promises'
import type { Protocol } from '@stalk/core'
import type { CommandTable } from '../harness/answer.js'
import { makeKeys } from '../harness/keys.js'
import { percentServed, type ProcessorTimes } from '../harness/processor.js'
import { Report } from '../harness/report.js'
import { Worker, type ProcessName } from '../harness/worker.js'
import type { Fault } from '../processes/faults.js'
import type { Seen, ServerCommands, ServerSetup } from '../processes/server.js'

/** What a scenario plays on: processes that end with it, and the report that it fills. */
export class Stage {
  readonly directory: string
  readonly fault: Fault | null
  readonly report: Report = new Report()
  readonly #workers: { stop(): Promise<void> }[] = []
  readonly #tell: (text: string) => void

  constructor(directory: string, fault: Fault | null, tell: (text: string) => void = () => undefined) {
    this.directory = directory
    this.fault = fault
    this.#tell = tell
  }

  start<Commands extends CommandTable>(file: ProcessName, name?: string): Worker<Commands> {
    const worker = new Worker<Commands>(file, name)
    this.#workers.push(worker)
    return worker
  }

  /** The server that is under load, listening. */
  async listen(protocol: Protocol, options: Pick<ServerSetup, 'options' | 'keepalive'> = {}): Promise<Listening> {
    const { directory, fault } = this
    await makeKeys(directory, protocol)
    const server = this.start<ServerCommands>('server')
    return { server, ...(await server.ask('start', { directory, protocol, fault, ...options })) }
  }

  /** Says how far it is. */
  tell(text: string): void {
    this.#tell(text)
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }
}

/** How long an answer may take before it is lost, also on a busy machine. */
export const PATIENCE_MS = 60_000

interface Listening {
  readonly server: Worker<ServerCommands>
  readonly port: number
}

const QUIET_MS = 60_000

/** Waits until a server has so many connections and no handshakes; what it has seen then, or when it took too long. */
export async function quiet(server: Worker<ServerCommands>, connections = 0): Promise<Seen> {
  const until = performance.now() + QUIET_MS
  for (;;) {
    const seen = await server.ask('seen', undefined)
    const { metrics } = seen
    if ((metrics.connections === connections && metrics.handshakes === 0) || performance.now() > until) return seen
    await pause(20)
  }
}

/** Says how much of a CPU the server had since; times are judged by it. */
export async function processorSince(
  { report }: Stage,
  server: Worker<ServerCommands>,
  before: ProcessorTimes,
): Promise<number> {
  const percent = percentServed(before, (await server.ask('seen', undefined)).processor)
  report.figure('server: had a CPU when it wanted one', percent, '% of the time')
  return percent
}

/** How many in all. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** What every scenario asks of a server in the end. */
export function judgeServer({ report }: Stage, { metrics, wrong, failed, warnings }: Seen): void {
  report.exactly('server: connections left', metrics.connections, 0, 'connections')
  report.exactly('server: messages that are not what was sent', wrong, 0, 'messages')
  report.exactly('server: connections that did not end in order', total(failed), 0, 'connections')
  for (const [code, count] of Object.entries(failed)) report.wrong(`server: ${count} connections ended with ${code}`)
  for (const warning of warnings) report.wrong(`server: a warning of the process: ${warning}`)
}
