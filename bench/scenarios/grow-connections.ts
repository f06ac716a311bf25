// What a message costs when there are many connections: each of them gets some messages in turn.
import { networkScenario } from '../harness/network-scenario.js'
import { sendInBursts } from '../harness/send.js'
import { readings } from '../harness/workload.js'

const BURST = 64

export const scenarios = [
  networkScenario({
    name: 'grow-connections',
    title: 'cost of a message',
    cases: [1, 10, 100, 1000, 10_000].map((connections) => ({
      label: `${connections.toLocaleString('en')} connections`,
      connections,
    })),
    metrics: [
      { name: 'rate', unit: 'µs/message', better: 'less', of: ({ count, seconds }) => (seconds * 1e6) / count },
    ],
    takes: ({ name }) => ['stalk', 'tcp', 'raw'].includes(name),
    seconds: 0.2,
    keepsProcesses: true,
    workload: readings,
    serves: 'last',
    single: false,
    lines: ({ connections }) => connections!,
    burst: () => BURST,
    run: (client, count) => sendInBursts(client, count, BURST),
  }),
]
