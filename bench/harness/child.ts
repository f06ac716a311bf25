import { fork, type ChildProcess } from 'node:child_process'
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Answer, Command } from './protocol.js'

const file = fileURLToPath(new URL('worker.js', import.meta.url))

/** Room for the sockets of a process is the system’s affair; memory is measured after a collection, hence --expose-gc. */
const execArgv = ['--expose-gc']

/** As much of what a process said last is told when it fails. */
const STDERR_CHARACTERS = 2000

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** A process that does as it is told. Every answer has a deadline, after which the process is killed. */
export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #stderr = ''
  #failure: Error | null = null
  /** Rejects when the process has failed, whether or not it was asked for anything. */
  readonly failed: Promise<never>
  #reject: (error: Error) => void = () => undefined
  /** What it started itself, and what has to go with it. */
  helpers: readonly number[] = []
  /** Whether it listens: a process of a cluster loses what it is told before. */
  readonly #listens: Promise<unknown>

  constructor(child: ChildProcess) {
    this.#process = child
    this.failed = new Promise((_, reject) => (this.#reject = reject))
    this.failed.catch(() => undefined)
    this.#listens = new Promise((resolve) => child.once('message', resolve))
    child.on('message', (answer: Answer) => this.#take(answer))
    child.on('exit', (code, signal) => this.#fail(`the process ended with ${signal ?? code}\n${this.#stderr}`))
    child.on('error', (error) => this.#fail(error.message))
    child.stdout?.resume()
    child.stderr?.on('data', (text: Buffer) => (this.#stderr = `${this.#stderr}${text}`.slice(-STDERR_CHARACTERS)))
  }

  static fork(): Child {
    return new Child(fork(file, { execArgv, silent: true }))
  }

  /** One of several that share a listening port. */
  static forkSharing(): Child {
    cluster.setupPrimary({ exec: file, execArgv, silent: true })
    return new Child(cluster.fork().process)
  }

  get pid(): number {
    return this.#process.pid!
  }

  ask<Result = void>(command: Command, seconds = 60): Promise<Result> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const id = this.#count++
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(`no answer to "${command.do}" within ${seconds} s`)
        this.kill()
      }, seconds * 1000)
      const settle = <Value>(then: (value: Value) => void): ((value: Value) => void) => {
        return (value) => {
          clearTimeout(timer)
          then(value)
        }
      }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
      void this.#listens.then(() => this.#process.send({ id, ...command }))
    })
  }

  kill(): void {
    this.#failure ??= new Error('the process was stopped')
    this.#process.kill('SIGKILL')
    for (const pid of this.helpers) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it went by itself
      }
    }
  }

  #take(answer: Answer): void {
    if ('failure' in answer) {
      this.#fail(answer.failure)
      return
    }
    this.#waiting.get(answer.id)?.resolve(answer.result as never)
    this.#waiting.delete(answer.id)
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message)
    this.#reject(this.#failure)
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}
