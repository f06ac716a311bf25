// What an established connection costs that says nothing: growth of the server’s memory, after a garbage collection, with 2,000 of them in the end.
import { networkScenario } from '../harness/network-scenario.js'
import { readings } from '../harness/workload.js'

const CONNECTIONS = 2000

export const scenarios = [
  networkScenario({
    name: 'idle',
    title: `idle connections, ${CONNECTIONS} of them`,
    metrics: [
      { name: 'memory', unit: 'KB', better: 'less', of: ({ memoryGrowth, count }) => memoryGrowth / count / 1000 },
    ],
    takes: ({ batched, readingsOnly }) => !batched && !readingsOnly,
    count: (rounds) => Math.ceil(CONNECTIONS / rounds),
    measuresMemory: true,
    workload: readings,
    serves: 'each',
    single: false,
    lines: () => 0,
    async run(client, count) {
      const lines = await client.openAll(count)
      for (const line of lines) await client.exchange(line)
      return {}
    },
  }),
]
