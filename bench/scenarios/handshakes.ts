// Connecting: from nothing until the client has the answer to its first message, so that each side knows the other, and closing.
import type { Client } from '../harness/client.js'
import { networkScenario, type NetworkScenario } from '../harness/network-scenario.js'
import { perSecond } from '../harness/scenario.js'
import { readings } from '../harness/workload.js'

export const scenarios = [handshakes(1, 'one at a time'), handshakes(16, '16 at a time')]

function handshakes(atOnce: number, label: string): NetworkScenario {
  return networkScenario({
    name: `handshakes-${atOnce}`,
    title: `handshakes, ${label}`,
    metrics: [perSecond('handshakes/s')],
    takes: ({ batched, readingsOnly }) => !batched && !readingsOnly,
    workload: readings,
    serves: 'each',
    single: false,
    lines: () => 0,
    run: (client, count) => connectAll(client, count, atOnce),
  })
}

async function connectAll(client: Client, count: number, atOnce: number): Promise<Record<string, number>> {
  const closing: Promise<void>[] = []
  let left = count
  const connectSome = async (): Promise<void> => {
    while (left-- > 0) {
      const line = await client.open()
      await client.exchange(line)
      closing.push(line.link.close())
    }
  }
  await Promise.all(Array.from({ length: atOnce }, connectSome))
  await Promise.all(closing)
  return {}
}
