import { catalogue, type PeerEntry } from '../peers/catalogue.js'
import type { Client } from './client.js'
import { NetworkGroup } from './network-group.js'
import type { Case, Contestant, Metric, Reference, Scenario } from './scenario.js'
import type { Workload } from './workload.js'

/** A scenario between two processes; the functions run in the client’s. */
export interface NetworkScenario extends Scenario {
  workload(variant: Case): Workload
  /** What the server does with messages: answers the last of them, or each. */
  readonly serves: 'last' | 'each'
  /** True: there is one connection and no more. */
  readonly single: boolean
  /** How many connections each client opens beforehand. */
  lines(variant: Case): number
  /** How many messages in a row a connection gets. */
  burst(variant: Case): number
  run(client: Client, count: number, variant: Case): Promise<Readonly<Record<string, number>>>
}

/** What a scenario says of itself; the rest is the same for all. */
export interface NetworkScenarioParts {
  readonly name: string
  readonly title: string
  readonly cases?: readonly Case[]
  readonly metrics: readonly Metric[]
  readonly seconds?: number
  readonly count?: (rounds: number) => number
  readonly keepsProcesses?: true
  readonly measuresMemory?: true
  /** False: not at all; a text: it would, but for this reason. */
  takes?(peer: PeerEntry): boolean | string
  workload(variant: Case): Workload
  readonly serves: 'last' | 'each'
  readonly single?: boolean
  lines?(variant: Case): number
  burst?(variant: Case): number
  run: NetworkScenario['run']
}

const references: readonly Reference[] = [
  { label: 'best encrypted', includes: ({ tags }) => tags.has('encrypted') && !tags.has('own') },
  { label: 'limit', includes: ({ tags }) => tags.has('limit') },
]

export function networkScenario(parts: NetworkScenarioParts): NetworkScenario {
  const { takes = () => true, lines = () => 1, burst = () => 1, cases = [{ label: '' }], single = true } = parts
  const scenario: NetworkScenario = {
    seconds: 0.2,
    ...parts,
    cases,
    single,
    lines,
    burst,
    references,
    contestants: catalogue.flatMap((peer) => contestant(peer, takes(peer))),
    start: (peer, caseIndex, directory) => NetworkGroup.start(scenario, peer, caseIndex, directory),
  }
  return scenario
}

function contestant(peer: PeerEntry, takes: boolean | string): Contestant[] {
  if (takes === false) return []
  const tags = new Set((['encrypted', 'own', 'limit'] as const).filter((tag) => peer[tag]))
  return [{ name: peer.name, tags, ...(typeof takes === 'string' && { excluded: takes }) }]
}
