// What a byte costs in messages of all sizes.
import { networkScenario } from '../harness/network-scenario.js'
import { sendAll } from '../harness/send.js'
import type { Case } from '../harness/scenario.js'
import { bytes } from '../harness/workload.js'

const KIB = 1024
const MIB = 1024 * KIB

const cases: readonly (Case & { readonly size: number })[] = [
  { label: '16 B', size: 16 },
  { label: '256 B', size: 256 },
  { label: '4 KiB', size: 4 * KIB },
  { label: '64 KiB', size: 64 * KIB },
  { label: '1 MiB', size: MIB },
  { label: '16 MiB', size: 16 * MIB },
]

export const scenarios = [
  networkScenario({
    name: 'grow-sizes',
    title: 'messages of all sizes',
    cases,
    metrics: [{ name: 'messages', unit: 'messages/s', better: 'more', of: ({ count, seconds }) => count / seconds }],
    takes: ({ name }) => ['stalk', 'tls', 'tcp', 'raw'].includes(name),
    seconds: 0.2,
    workload: ({ size }) => bytes(size!),
    serves: 'last',
    run: sendAll,
  }),
]
