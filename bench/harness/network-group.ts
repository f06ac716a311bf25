import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { freePort } from '../link/sockets.js'
import { Child } from './child.js'
import type { NetworkScenario } from './network-scenario.js'
import type { Account, Command, Ran, Started } from './protocol.js'
import type { Case, Contestant, Group, Outcome } from './scenario.js'

/** A server and a client, or several of each. */
export class NetworkGroup implements Group {
  readonly #scenario: NetworkScenario
  readonly #servers: readonly Child[]
  readonly #clients: readonly Child[]
  #case: Case

  private constructor(scenario: NetworkScenario, variant: Case) {
    const { processes } = variant
    this.#scenario = scenario
    this.#case = variant
    const forkServer = processes === undefined ? Child.fork : Child.forkSharing
    this.#servers = Array.from({ length: processes ?? 1 }, () => forkServer())
    this.#clients = Array.from({ length: processes ?? 1 }, () => Child.fork())
  }

  static async start(
    scenario: NetworkScenario,
    contestant: Contestant,
    caseIndex: number,
    directory: string,
  ): Promise<NetworkGroup> {
    const group = new NetworkGroup(scenario, scenario.cases[caseIndex]!)
    try {
      const wanted = group.#case.processes === undefined ? 0 : await freePort()
      const setup = { scenario: scenario.name, contestant: contestant.name, directory, caseIndex, port: wanted }
      const servers = await ask<Started>(group.#servers, { do: 'start', setup: { ...setup, role: 'server' } })
      for (const [index, { helpers }] of servers.entries()) group.#servers[index]!.helpers = helpers
      const { port } = servers[0]!
      await ask(group.#clients, { do: 'start', setup: { ...setup, role: 'client', port } })
      group.#pin()
      await group.enter(caseIndex)
      return group
    } catch (error) {
      group.stop()
      throw error
    }
  }

  async enter(caseIndex: number): Promise<void> {
    this.#case = this.#scenario.cases[caseIndex]!
    await ask(this.#clients, { do: 'enter', caseIndex }, 180)
  }

  whole(count: number): number {
    const { lines, burst } = this.#scenario
    const part = this.#clients.length * Math.max(1, lines(this.#case)) * burst(this.#case)
    return Math.max(1, Math.round(count / part)) * part
  }

  async round(count: number): Promise<Outcome> {
    const everybody = [...this.#servers, ...this.#clients]
    const countOfClient = count / this.#clients.length
    const countOfLine = countOfClient / Math.max(1, this.#scenario.lines(this.#case))
    await ask(everybody, { do: 'begin', count: countOfLine })
    // a client waits in vain for a server that has failed
    const running = ask<Ran>(this.#clients, { do: 'run', count: countOfClient }, 120)
    const ran = await Promise.race([running, ...this.#servers.map(({ failed }) => failed)])
    const accounts = await ask<Account>(everybody, { do: 'end' })
    const servers = accounts.slice(0, this.#servers.length)
    const startedAt = Math.min(...ran.map((one) => one.startedAt))
    const finishedAt = Math.max(...ran.map((one) => one.finishedAt))
    return {
      count,
      seconds: (finishedAt - startedAt) / 1000,
      cpuSeconds: sum(accounts.map(({ cpuSeconds }) => cpuSeconds)),
      memoryGrowth: sum(servers.map(({ memoryGrowth }) => memoryGrowth)),
      values: ran[0]!.values,
    }
  }

  stop(): void {
    for (const child of [...this.#clients, ...this.#servers]) child.kill()
  }

  /** Where processes are counted, each server has a core, which it shares with its client: otherwise one of them alone would have two. */
  #pin(): void {
    const { processes } = this.#case
    if (processes === undefined || processes > cpus().length) return
    for (const children of [this.#servers, this.#clients]) {
      for (const [index, { pid }] of children.entries())
        execFileSync('taskset', ['-a', '-p', '-c', `${index}`, `${pid}`])
    }
  }
}

function ask<Result>(children: readonly Child[], command: Command, seconds?: number): Promise<Result[]> {
  return Promise.all(children.map((child) => child.ask<Result>(command, seconds)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
