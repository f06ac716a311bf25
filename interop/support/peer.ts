// The second implementation: peers out of one process, what they write, line by line, and their end.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Described } from './describe.js'

const python: string = process.env['PYTHON'] ?? 'python3'
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
  readonly told?: string
  readonly recordsSent?: number
  readonly recordsReceived?: number
  readonly rekeysSent?: number
  readonly rekeysReceived?: number
}

/** One peer. */
export class Peer {
  readonly events: PeerEvent[] = []
  readonly #watchers = new Set<() => void>()
  #exit: { readonly status: number; readonly text: string } | null = null

  /** The first event of this kind, once it is there. */
  async event(kind: string): Promise<PeerEvent> {
    for (;;) {
      const found = this.find(kind)
      if (found !== undefined) return found
      if (this.#exit !== null) throw new Error(`the peer ended without ${kind}: ${this.lastWords}`)
      await this.#change()
    }
  }

  /** The port that it listens on, or from which it has connected. */
  async port(kind: 'listening' | 'connected'): Promise<number> {
    const { port } = await this.event(kind)
    if (port === undefined) throw new Error(`no port: ${this.lastWords}`)
    return port
  }

  find(kind: string): PeerEvent | undefined {
    return this.events.find(({ event }) => event === kind)
  }

  /** Waits for its end, which it has to come to by itself. */
  async ended(): Promise<void> {
    while (this.#exit === null) await this.#change()
    if (this.#exit.status !== 0) throw new Error(`the peer has failed: ${this.lastWords}`)
  }

  get lastWords(): string {
    return `${this.#exit?.text ?? ''} ${JSON.stringify(this.events.slice(-3))}`
  }

  /** A line of it came. */
  take(event: PeerEvent & { readonly exit?: number }): void {
    if (event.exit === undefined) this.events.push(event)
    else this.#exit = { status: event.exit, text: event.text ?? '' }
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.add(resolve))
  }
}

/** The process that all peers of a test file come from. */
export class Peers {
  readonly #child = spawn(python, ['-m', 'peer.pool'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] })
  readonly #peers = new Map<number, Peer>()
  #count = 0

  constructor() {
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as PeerEvent & { id: number }
      this.#peers.get(event.id)?.take(event)
    })
    this.#child.on('close', () => {
      for (const peer of this.#peers.values())
        peer.take({ event: 'exit', exit: 1, text: 'the process of the peers ended' })
    })
  }

  /**
   * Starts a peer.
   *
   * @param args as for `python3 -m peer`
   * @param seconds after which it is ended, as a test that needs it has failed
   */
  start(args: readonly string[], seconds = 120): Peer {
    this.#count += 1
    const peer = new Peer()
    this.#peers.set(this.#count, peer)
    this.#child.stdin.write(`${JSON.stringify({ id: this.#count, args, seconds })}\n`)
    return peer
  }

  /** When all that is needed is done. */
  async close(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.stdin.end()
    await closed
  }
}

/** Runs one of the peer’s modules to its end and gives what it printed. */
export function runPython(args: readonly string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(python, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, maxBuffer: 64 * 1024 * 1024 })
}
