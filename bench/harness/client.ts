import { catalogue, loadPeer } from '../peers/catalogue.js'
import { findScenario } from '../scenarios/catalogue.js'
import type { Link, Peer, Receive } from '../link/peer.js'
import type { Case } from './scenario.js'
import type { NetworkScenario } from './network-scenario.js'
import type { Setup } from './protocol.js'
import { checker } from './server.js'
import type { Message, Workload } from './workload.js'
import type { Role } from './worker.js'

/** A connection of the client: whoever uses it says what happens to the messages that arrive. */
export interface Line {
  readonly link: Link
  receive: Receive
  /** How many messages were sent over it, where each is answered. */
  exchanged: number
}

/** The client’s side of a network scenario. */
export class Client {
  /** Those that stay open. */
  readonly lines: Line[] = []
  readonly workload: Workload
  /** Fails unless the message is the one with that number. */
  readonly check: (message: Message | null, number: number) => void
  readonly #open: (receive: Receive) => Promise<Link>

  constructor(peer: Peer, setup: Setup, scenario: NetworkScenario, fail: (error: Error) => void) {
    const isRaw = catalogue.find(({ name }) => name === setup.contestant)?.limit === true
    this.workload = scenario.workload(scenario.cases[setup.caseIndex]!)
    this.check = checker(this.workload, isRaw, fail)
    const context = { directory: setup.directory, workload: this.workload, single: scenario.single, port: setup.port }
    this.#open = (receive) => peer.connect(context, setup.port, receive)
  }

  async open(): Promise<Line> {
    const line: { link?: Link; receive: Receive; exchanged: number } = { receive: () => undefined, exchanged: 0 }
    line.link = await this.#open((message) => line.receive(message))
    return line as Line
  }

  /** Sends a message and waits for its answer. */
  exchange(line: Line): Promise<void> {
    const number = line.exchanged++
    return new Promise((resolve) => {
      line.receive = (message) => {
        this.check(message, number)
        resolve()
      }
      line.link.send(this.workload.message(number))
    })
  }

  /** Opens connections, some at a time, and uses each once, so that both sides have them. */
  async openAll(count: number, atOnce = 16): Promise<Line[]> {
    const lines: Line[] = []
    let left = count
    const openSome = async (): Promise<void> => {
      while (left-- > 0) lines.push(await this.open())
    }
    await Promise.all(Array.from({ length: atOnce }, openSome))
    this.lines.push(...lines)
    return lines
  }
}

export async function clientRole(setup: Setup, fail: (error: Error) => void): Promise<Role> {
  const scenario = (await findScenario(setup.scenario)) as NetworkScenario
  const entry = catalogue.find(({ name }) => name === setup.contestant)!
  const client = new Client(await loadPeer(entry), setup, scenario, fail)
  let variant: Case = scenario.cases[setup.caseIndex]!
  return {
    started: null,
    async enter(caseIndex) {
      variant = scenario.cases[caseIndex]!
      await client.openAll(Math.max(0, scenario.lines(variant) - client.lines.length))
    },
    expect: () => undefined,
    run: (count) => scenario.run(client, count, variant),
  }
}
