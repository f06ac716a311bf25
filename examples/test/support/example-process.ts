// The examples as a newcomer runs them: real processes, each with an identity of its own in a directory that goes with the test.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Identity } from '@stalk/core'

const TIMEOUT_MS = 30_000
const nodeArguments = [
  '--import',
  import.meta.resolve('tsx'),
  ...(process.execArgv.includes('@stalk/source') ? ['--conditions', '@stalk/source'] : []),
]

/** A directory, and the programs and identities in it. */
export class Stage {
  readonly directory: string
  readonly #processes: ExampleProcess[] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  /** For one test file, outside of its tests: gone when all of them are over. */
  static async set(): Promise<Stage> {
    const stage = new Stage(await mkdtemp(path.join(tmpdir(), 'stalk-examples-')))
    const end = (): void => stage.#processes.forEach((process) => process.child.kill('SIGKILL'))
    // also when the file ends before its `after`
    process.once('exit', end)
    after(async () => {
      end()
      await Promise.all(stage.#processes.map((process) => process.ended))
      await rm(stage.directory, { recursive: true, force: true })
    })
    return stage
  }

  path(...names: string[]): string {
    return path.join(this.directory, ...names)
  }

  /** A new identity, in a directory of that name. */
  async identity(name: string): Promise<Identity> {
    const identity = await Identity.generate({ type: 'ed25519' })
    await identity.save(this.path(name))
    return identity
  }

  /** Runs an example, `chat/server` for one, with the identity of that name as its default one. */
  run(example: string, identity: string, ...args: readonly (string | number)[]): ExampleProcess {
    const program = path.resolve(import.meta.dirname, '../../src', `${example}.ts`)
    const started = new ExampleProcess([...nodeArguments, program, ...args.map(String)], {
      ...process.env,
      STALK_HOME: this.path(identity),
    })
    this.#processes.push(started)
    return started
  }
}

/** A program at work. */
class ExampleProcess {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  /** Resolves with the exit code; null after a signal. */
  readonly ended: Promise<number | null>
  #isOver = false

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, args, { env, stdio: 'pipe' })
    this.child.stdin.on('error', () => undefined)
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#isOver = true
      return code as number | null
    })
  }

  /** The match of a pattern in what the program has written, as soon as there is one. */
  async seen(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null
    await until(`${String(pattern)} in ${this.child.spawnargs.join(' ')}`, () => {
      match = pattern.exec(this[stream])
      if (match === null && this.#isOver) throw new Error(`ended without ${String(pattern)}: ${this.stderr}`)
      return match !== null
    })
    return match!
  }

  /** The port of a program that listens, once it does. */
  async port(): Promise<number> {
    const [, port] = await this.seen(/^listening on .* port (\d+)$/mu)
    return Number(port)
  }

  /** What it left: resolves when it has ended by itself. */
  async finished(): Promise<{ code: number | null; stdout: string; stderr: string }> {
    await until(`the end of ${this.child.spawnargs.join(' ')}`, () => this.#isOver)
    return { code: await this.ended, stdout: this.stdout, stderr: this.stderr }
  }
}

/** Waits for a condition; after a deadline that only a hanging program reaches, it is an error. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`)
    await pause(10)
  }
}

/** A free port that the system gives to nobody meanwhile: below those that it hands out by itself. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
