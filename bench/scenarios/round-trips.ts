// Questions and answers: small structured messages that the server decodes and sends back.
import type { Client, Line } from '../harness/client.js'
import { networkScenario, type NetworkScenario } from '../harness/network-scenario.js'
import { perSecond, type Metric } from '../harness/scenario.js'
import { quantile } from '../harness/statistics.js'
import { readings } from '../harness/workload.js'

export const scenarios = [
  roundTrips('round-trip', 'round trip, one at a time', 1, [percentile('p50'), percentile('p99')]),
  roundTrips('round-trips-64', 'round trips, 64 in flight', 64, [perSecond('round trips/s')]),
]

function roundTrips(name: string, title: string, inFlight: number, metrics: readonly Metric[]): NetworkScenario {
  return networkScenario({
    name,
    title,
    metrics,
    takes({ takesTurns, batched }) {
      if (inFlight === 1) return !batched
      return takesTurns ? 'its sides cannot talk at the same time' : true
    },
    workload: readings,
    serves: 'each',
    run: (client, count) => exchangeAll(client, count, inFlight),
  })
}

function percentile(name: 'p50' | 'p99'): Metric {
  return { name, unit: 'µs', better: 'less', of: ({ values }) => values[name]! }
}

function exchangeAll(client: Client, count: number, inFlight: number): Promise<Record<string, number>> {
  const [line] = client.lines as [Line]
  const { workload, check } = client
  const first = line.exchanged
  const sentAt = new Float64Array(count)
  const microseconds = new Float64Array(count)
  let sent = 0
  let answered = 0
  const send = (): void => {
    sentAt[sent] = performance.now()
    line.link.send(workload.message(first + sent))
    sent += 1
  }
  return new Promise((resolve) => {
    line.receive = (message) => {
      check(message, first + answered)
      microseconds[answered] = (performance.now() - sentAt[answered]!) * 1000
      answered += 1
      if (sent < count) send()
      if (answered < count) return
      line.exchanged += count
      resolve({ p50: quantile(microseconds, 0.5), p99: quantile(microseconds, 0.99) })
    }
    while (sent < Math.min(inFlight, count)) send()
  })
}
