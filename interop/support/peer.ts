// The second implementation as a process: what it writes, line by line, and its end.
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Described } from './describe.js'

export const python: string = process.env['PYTHON'] ?? 'python3'
const folder = path.resolve(import.meta.dirname, '..')

/** What it says of itself: each kind of event has some of these. */
export interface PeerEvent {
  readonly event: string
  readonly port?: number
  readonly text?: string
  readonly suite?: number
  readonly channelBinding?: string
  readonly exported?: string
  readonly peerIdentity?: string | null
  readonly applicationProtocol?: string | null
  readonly hasChannels?: boolean
  readonly channel?: string
  readonly elements?: readonly Described[]
  readonly code?: string | number
  readonly peer?: { readonly code: number; readonly reason: string } | null
  readonly what?: string
  readonly recordsSent?: number
  readonly recordsReceived?: number
  readonly rekeysSent?: number
  readonly rekeysReceived?: number
}

export class Peer implements AsyncDisposable {
  readonly events: PeerEvent[] = []
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #ended: Promise<number | null>
  readonly #watchers = new Set<() => void>()
  #isOver = false
  #stderr = ''

  /** @param args as for `python3 -m peer` */
  constructor(args: readonly string[], timeoutMs = 30_000) {
    this.#child = spawn(python, ['-m', 'peer', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as PeerEvent)
      this.#wake()
    })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code) => {
        clearTimeout(timer)
        this.#isOver = true
        this.#wake()
        resolve(code)
      })
    })
    this.#ended.catch(() => undefined)
  }

  /** The first event of this kind, once it is there. */
  async event(kind: string): Promise<PeerEvent> {
    for (;;) {
      const found = this.find(kind)
      if (found !== undefined) return found
      if (this.#isOver) throw new Error(`the peer ended without ${kind}: ${JSON.stringify(this.events.slice(-2))} ${this.#stderr}`)
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  find(kind: string): PeerEvent | undefined {
    return this.events.find(({ event }) => event === kind)
  }

  /** Waits for its end, which it has to come to by itself. */
  async ended(): Promise<void> {
    const code = await this.#ended
    if (code !== 0) throw new Error(`the peer ended with ${String(code)}: ${this.#stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended.catch(() => undefined)
  }

  #wake(): void {
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }
}

/** Runs one of the peer’s modules to its end and gives what it printed. */
export function runPython(args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(python, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, maxBuffer: 64 * 1024 * 1024 })
}
