// The side of the command: a process of its own that does as it is told, and answers in time or is ended.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Answer, CommandTable } from './answer.js'

/** As much of what a process said last is told when it fails. */
const STDERR_CHARACTERS = 2000

/** What is compiled, also where tests run this file as it stands: a process has nothing in it but what is measured. */
const processes = path.resolve(
  import.meta.dirname.replace(/([/\\]soak)[/\\]harness$/u, '$1/dist/harness'),
  '../processes',
)

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Names of the files in processes/. */
export type ProcessName = 'server' | 'crowd' | 'churn' | 'flood'

/** A process whose commands are those of `Commands`. */
export class Worker<Commands extends CommandTable> {
  readonly name: string
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #stderr = ''
  #failure: Error | null = null

  constructor(file: ProcessName, name: string = file) {
    this.name = name
    // garbage is collected before memory is measured
    this.#process = fork(path.join(processes, `${file}.js`), { execArgv: ['--expose-gc'], silent: true })
    this.#process.on('message', (answer: Answer) => this.#take(answer))
    this.#process.on('exit', (code, signal) => this.#fail(`it ended with ${signal ?? String(code)}\n${this.#stderr}`))
    this.#process.on('error', (error) => this.#fail(error.message))
    this.#process.stdout?.resume()
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#stderr = `${this.#stderr}${text.toString()}`.slice(-STDERR_CHARACTERS)
    })
  }

  /** Has the process do something; it is ended if that takes longer than `seconds`. */
  ask<Name extends keyof Commands & string>(
    name: Name,
    argument: Parameters<Commands[Name]>[0],
    seconds = 60,
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) throw this.#failure
      const id = this.#count++
      const timer = setTimeout(() => {
        this.#fail(`no answer to "${name}" within ${seconds} s`)
        this.#process.kill('SIGKILL')
      }, seconds * 1000)
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, timer })
      this.#process.send({ id, name, argument })
    })
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    this.#failure ??= new Error(`${this.name} was stopped`)
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }

  #take({ id, result, failure }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    if (failure === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(`${this.name}: ${failure}`))
  }

  #fail(message: string): void {
    this.#failure ??= new Error(`${this.name}: ${message}`)
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(this.#failure)
    }
    this.#waiting.clear()
  }
}
