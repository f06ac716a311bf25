import type { Listener, ListenerMetrics } from '@stalk/core'
import { Counter, Gauge, type Registry } from 'prom-client'

/**
 * Shows what a listener counts in a registry of prom-client: the numbers are read when Prometheus asks for them, and cost nothing in
 * between. One listener to a registry; for several, `Registry.merge` registries that have default labels.
 */
export function registerStalkMetrics(listener: Listener, registry: Registry): void {
  const registers = [registry]
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(listener.metrics()))
      },
    })
  }
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        // the listener has the sum, and a counter can only be added to
        this.reset()
        this.inc(read(listener.metrics()))
      },
    })
  }
  new Counter({
    name: 'stalk_handshakes_failed_total',
    help: 'Handshakes that failed, by the code of docs/ERRORS.md.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset()
      for (const [code, count] of Object.entries(listener.metrics().failedHandshakes)) this.inc({ code }, count)
    },
  })
}

type Shown = readonly [name: string, help: string, read: (metrics: ListenerMetrics) => number]

const gauges: readonly Shown[] = [
  ['stalk_connections', 'Connections that are open.', ({ connections }) => connections],
  ['stalk_handshakes', 'Handshakes that are not finished.', ({ handshakes }) => handshakes],
]

const counters: readonly Shown[] = [
  ['stalk_connections_established_total', 'Handshakes that succeeded.', ({ established }) => established],
  ['stalk_connections_turned_away_total', 'Peers turned away without a handshake.', ({ turnedAway }) => turnedAway],
  ['stalk_messages_sent_total', 'Messages sent.', ({ messagesSent }) => messagesSent],
  ['stalk_messages_received_total', 'Messages received.', ({ messagesReceived }) => messagesReceived],
  ['stalk_sent_bytes_total', 'Bytes sent, as they are on the line.', ({ bytesSent }) => bytesSent],
  ['stalk_received_bytes_total', 'Bytes received, as they are on the line.', ({ bytesReceived }) => bytesReceived],
]
