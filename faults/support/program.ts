// Programs that the command starts inside a host: what they report, what they are told, and their end.
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** What a program reports: each kind of event has some of these. */
export interface Report {
  readonly event: string
  readonly at: number
  readonly code?: string
  readonly message?: string
  readonly port?: number
  readonly stream?: string
  readonly taken?: number
  readonly have?: number
  readonly first?: number
  readonly count?: number
  readonly again?: number
  readonly bytes?: number
  readonly connections?: number
  readonly repeats?: number
  readonly problems?: readonly { readonly kind: string; readonly number: number }[]
  readonly echoes?: number
  readonly longestMs?: number
  readonly wallClock?: number
  readonly what?: string
  readonly outcome?: string
}

const running = new Set<ChildProcess>()

/** However the command ends: its programs end before it. */
export function killPrograms(): void {
  for (const child of running) child.kill('SIGKILL')
}

export class Program {
  readonly reports: Report[] = []
  readonly #name: string
  readonly #child: ChildProcess
  #stderr = ''
  #exit: string | null = null
  #wake: (() => void)[] = []

  /** @param name for people */
  constructor(name: string, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [file = '', ...parameters] = command
    this.#name = name
    const child = spawn(file, parameters, { stdio: 'pipe', env: { ...process.env, ...env } })
    this.#child = child
    running.add(child)
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.reports.push(JSON.parse(line) as Report)
      this.#changed()
    })
    child.stderr.on('data', (text: Buffer) => (this.#stderr = `${this.#stderr}${text.toString()}`.slice(-4_000)))
    // a program that is gone takes no commands
    child.stdin.on('error', () => undefined)
    child.on('error', (error) => this.#ended(error.message))
    child.on('close', (status, signal) => this.#ended(`${signal ?? status}`))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.#exit !== null
  }

  /** The first report of a kind, or of those that `matches` takes, from report number `from` on. Throws if the program ends without, or if it takes too long. */
  async next(event: string, { from = 0, timeoutMs = 60_000, matches = () => true }: NextOptions = {}): Promise<Report> {
    const deadline = performance.now() + timeoutMs
    for (let index = from; ; index += 1) {
      while (index >= this.reports.length) {
        if (this.#exit !== null) throw this.#failure(`ended (${this.#exit}) without saying ${event}`)
        if (performance.now() > deadline) throw this.#failure(`did not say ${event} within ${timeoutMs} ms`)
        await Promise.race([this.#change(), pause(250)])
      }
      const report = this.reports[index]
      if (report?.event === event && matches(report)) return report
    }
  }

  /** All reports of a kind. */
  all(event: string): readonly Report[] {
    return this.reports.filter((report) => report.event === event)
  }

  /** Sends a line and gives the next report of this kind. */
  async ask(command: string, event: string): Promise<Report> {
    const from = this.reports.length
    this.#child.stdin?.write(`${command}\n`)
    return this.next(event, { from })
  }

  /** Rejects when it ends in another way than by itself and in good order. */
  async failure(): Promise<never> {
    while (this.#exit === null) await this.#change()
    if (this.#exit !== '0') throw this.#failure(`failed (${this.#exit})`)
    return new Promise<never>(() => undefined)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    while (this.#exit === null) await this.#change()
  }

  #failure(what: string): Error {
    const last = this.reports.slice(-3).map((report) => JSON.stringify(report))
    return new Error(`the ${this.#name} ${what}; its last words: ${last.join(' ')} ${this.#stderr}`)
  }

  #ended(how: string): void {
    this.#exit ??= how
    running.delete(this.#child)
    this.#changed()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #changed(): void {
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}

interface NextOptions {
  readonly from?: number
  readonly timeoutMs?: number
  readonly matches?: (report: Report) => boolean
}
