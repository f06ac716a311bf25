import { Child } from './child.js'
import type { Account, Ran } from './protocol.js'
import type { Contestant, Group, Outcome } from './scenario.js'

/** The one process of a codec. */
export class CodecGroup implements Group {
  readonly #child = Child.fork()

  static async start(
    { name }: Contestant,
    scenario: string,
    caseIndex: number,
    directory: string,
  ): Promise<CodecGroup> {
    const group = new CodecGroup()
    const setup = { role: 'codec', scenario, contestant: name, directory, caseIndex, port: 0 } as const
    try {
      await group.#child.ask({ do: 'start', setup })
      await group.enter(caseIndex)
      return group
    } catch (error) {
      group.stop()
      throw error
    }
  }

  enter(caseIndex: number): Promise<void> {
    return this.#child.ask({ do: 'enter', caseIndex })
  }

  whole(count: number): number {
    return Math.max(1, Math.round(count))
  }

  async round(count: number): Promise<Outcome> {
    await this.#child.ask({ do: 'begin', count })
    const { startedAt, finishedAt, values } = await this.#child.ask<Ran>({ do: 'run', count })
    const account = await this.#child.ask<Account>({ do: 'end' })
    return { count, seconds: (finishedAt - startedAt) / 1000, values, ...account }
  }

  stop(): void {
    this.#child.kill()
  }
}
