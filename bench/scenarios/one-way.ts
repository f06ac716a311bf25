// Messages one way, until the server has verified the last of them and said so.
import { networkScenario, type NetworkScenario } from '../harness/network-scenario.js'
import { perSecond, type Metric } from '../harness/scenario.js'
import { sendAll } from '../harness/send.js'
import { bytes, readings, type Workload } from '../harness/workload.js'
import type { PeerEntry } from '../peers/catalogue.js'

export const scenarios = [
  oneWay('small', 'small structured messages', perSecond('messages/s'), readings, () => true),
  oneWay(
    '1k',
    '1 KiB messages',
    perSecond('messages/s'),
    () => bytes(1024),
    (peer) => !peer.readingsOnly,
  ),
  oneWay('64k', '64 KiB messages', megabytes(64 * 1024), () => bytes(64 * 1024), withoutBatches),
  oneWay('1m', '1 MiB messages', megabytes(1024 * 1024), () => bytes(1024 * 1024), withoutBatches),
]

function oneWay(
  name: string,
  title: string,
  metric: Metric,
  workload: () => Workload,
  takes: (peer: PeerEntry) => boolean,
): NetworkScenario {
  const metrics = [metric]
  return networkScenario({ name, title, metrics, takes, workload, serves: 'last', run: sendAll })
}

function withoutBatches({ batched, readingsOnly }: PeerEntry): boolean {
  return !batched && !readingsOnly
}

function megabytes(size: number): Metric {
  return perSecond('MB/s', size / 1e6)
}
