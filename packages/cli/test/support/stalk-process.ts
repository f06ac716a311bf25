// The stalk command as a real process, as it was built: what is installed, and started several times as fast as its source.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const TIMEOUT_MS = 30_000
export const stalkCommand: readonly string[] = [
  process.execPath,
  path.resolve(import.meta.dirname, '../../bin/stalk.js'),
]

export interface Environment {
  readonly STALK_HOME?: string
  readonly STALK_PASSPHRASE?: string
  readonly STALK_DEBUG?: string
  readonly STALKKEYLOG?: string
  readonly HOME?: string
}

/** What a process left behind. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const running = new Set<ChildProcessWithoutNullStreams>()
// also when a test file ends before its `after`
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Ends what a test left running, by its handle, in good order if it can: for `after`. */
export async function endProcesses(): Promise<void> {
  const ends = [...running].map(async (child) => {
    const ended = once(child, 'close')
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
    child.kill('SIGTERM')
    await ended
    clearTimeout(timer)
  })
  await Promise.all(ends)
}

/** A process at work. */
export class StalkProcess {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  readonly #finished: Promise<Finished>

  /** @param input a file to read from, by its descriptor; otherwise `child.stdin` is a pipe */
  constructor(args: readonly string[], environment: Environment = {}, input: number | 'pipe' = 'pipe') {
    const [node = '', ...before] = stalkCommand
    const env = { ...process.env, ...neutral, ...environment }
    this.child = spawn(node, [...before, ...args], {
      env,
      stdio: [input, 'pipe', 'pipe'],
    }) as ChildProcessWithoutNullStreams
    running.add(this.child)
    if (input === 'pipe') this.child.stdin.on('error', () => undefined)
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.#finished = once(this.child, 'close').then(([code]) => {
      running.delete(this.child)
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** Resolves at the end of the process; after 30 s the process is killed and the promise rejects. */
  async finished(): Promise<Finished> {
    return this.#within(this.#finished, 'the process to end')
  }

  /** The match of a pattern in what the process has written, as soon as there is one. */
  async seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream])
      if (match !== null) return match
      const ended = this.#finished.then(() => 'ended')
      const more = once(this.child[stream], 'data').then(() => 'more')
      const what = await this.#within(Promise.race([more, ended]), `${String(pattern)} on ${stream}`)
      if (what === 'ended' && !pattern.test(this[stream]))
        throw new Error(`ended without ${String(pattern)}: ${this.stderr}`)
    }
  }

  /** The port of a listener, once it listens. */
  async port(): Promise<string> {
    const [, port = ''] = await this.seen('stderr', /^listening on .*:(\d+) /mu)
    return port
  }

  async #within<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.child.kill('SIGKILL')
        reject(new Error(`waited too long for ${what}; stdout ${this.stdout}, stderr ${this.stderr}`))
      }, TIMEOUT_MS)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Nothing of whoever runs the tests: no identity, no passphrase, no wishes about colour. */
const neutral = {
  HOME: '/nonexistent',
  STALK_HOME: '',
  STALK_PASSPHRASE: '',
  STALK_DEBUG: '',
  // absent, not empty: node warns when both are there, and its test runner sets the second
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
}

/** Runs a command to its end. */
export function run(
  args: readonly string[],
  options: { input?: string; environment?: Environment } = {},
): Promise<Finished> {
  const stalk = new StalkProcess(args, options.environment)
  stalk.child.stdin.end(options.input ?? '')
  return stalk.finished()
}
