import { StalkError, type StalkErrorCode } from '../errors.js'
import { addTraffic, noTraffic, type Traffic } from '../connection/metrics.js'
import type { Connection } from '../connection/connection.js'

/** What a listener has done, and has in hand. Traffic is that of all connections that were established, open and gone. */
export interface ListenerMetrics extends Readonly<Traffic> {
  /** Open now. */
  readonly connections: number
  /** Unfinished now, or failed and the socket is not gone. */
  readonly handshakes: number
  /** Connections that were established. */
  readonly established: number
  /** Peers that were turned away without a handshake, because of `maxConnections` or `handshakeRate`. */
  readonly turnedAway: number
  /** How often a handshake failed with which code. */
  readonly failedHandshakes: Readonly<Partial<Record<StalkErrorCode, number>>>
}

/** Counts for a listener. */
export class ListenerCounters {
  #established = 0
  #turnedAway = 0
  readonly #failed = new Map<StalkErrorCode, number>()
  /** Of connections that are gone. */
  readonly #gone: Traffic = noTraffic()

  onTurnedAway(): void {
    this.#turnedAway += 1
  }

  onHandshakeFailed(error: unknown): void {
    const code = error instanceof StalkError ? error.code : 'INTERNAL'
    this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1)
  }

  onEstablished(): void {
    this.#established += 1
  }

  onGone(connection: Connection): void {
    addTraffic(this.#gone, connection.metrics())
  }

  /** @param connections that are open, and not counted as gone */
  read(connections: ReadonlySet<Connection>, handshakes: number): ListenerMetrics {
    const traffic = { ...this.#gone }
    for (const connection of connections) addTraffic(traffic, connection.metrics())
    return {
      connections: connections.size,
      handshakes,
      established: this.#established,
      turnedAway: this.#turnedAway,
      failedHandshakes: Object.fromEntries(this.#failed),
      ...traffic,
    }
  }
}
