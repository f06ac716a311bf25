// Small structured messages to a server of one process and of two, by `cluster`: each with a client and a core of its own, which the two share.
import { networkScenario } from '../harness/network-scenario.js'
import { perSecond } from '../harness/scenario.js'
import { sendInBursts } from '../harness/send.js'
import { readings } from '../harness/workload.js'

const CONNECTIONS = 8
const BURST = 64

export const scenarios = [
  networkScenario({
    name: 'grow-processes',
    title: 'small structured messages',
    cases: [
      { label: '1 process', processes: 1 },
      { label: '2 processes', processes: 2 },
    ],
    metrics: [perSecond('messages/s')],
    takes: ({ name }) => ['stalk', 'tls', 'tcp', 'raw'].includes(name),
    workload: readings,
    serves: 'last',
    single: false,
    lines: () => CONNECTIONS,
    burst: () => BURST,
    run: (client, count) => sendInBursts(client, count, BURST),
  }),
]
