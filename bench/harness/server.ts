import { catalogue, loadPeer } from '../peers/catalogue.js'
import { findScenario } from '../scenarios/catalogue.js'
import type { Receive } from '../link/peer.js'
import type { Accounts } from './accounts.js'
import type { NetworkScenario } from './network-scenario.js'
import type { Setup } from './protocol.js'
import type { Message, Workload } from './workload.js'
import type { Role } from './worker.js'

/** The server of a network scenario: verifies everything that arrives and answers the last message of a round, or each. */
export async function serverRole(setup: Setup, accounts: Accounts, fail: (error: Error) => void): Promise<Role> {
  const scenario = (await findScenario(setup.scenario)) as NetworkScenario
  const entry = catalogue.find(({ name }) => name === setup.contestant)!
  const peer = await loadPeer(entry)
  const workload = scenario.workload(scenario.cases[setup.caseIndex]!)
  const check = checker(workload, entry.limit === true, fail)
  let expected = Infinity
  const context = { directory: setup.directory, workload, single: scenario.single, port: setup.port }
  const server = await peer.listen(context, (link): Receive => {
    let arrived = 0
    if (scenario.serves === 'each') {
      return (message) => {
        check(message, arrived)
        link.send(message ?? workload.message(arrived))
        arrived += 1
      }
    }
    return (message) => {
      check(message, arrived)
      arrived += 1
      if (arrived < expected) return
      arrived = 0
      link.send(workload.message(0))
    }
  })
  const { port, helpers = [], endsInHelpers = false } = server
  accounts.collects = scenario.measuresMemory === true
  accounts.helpers = helpers
  accounts.memoryIsHelpers = endsInHelpers
  return {
    started: { port, helpers },
    enter: () => Promise.resolve(),
    expect: (count) => void (expected = count),
    run: () => Promise.reject(new Error('a server only serves')),
  }
}

/** Fails unless the message is the one with that number. Only raw TCP may say that it has verified bytes itself. */
export function checker(
  { verify }: Workload,
  isRaw: boolean,
  fail: (error: Error) => void,
): (message: Message | null, number: number) => void {
  return (message, number) => {
    if (message === null ? isRaw : verify(message, number)) return
    fail(new Error(`message ${number} did not arrive as it was sent`))
  }
}
