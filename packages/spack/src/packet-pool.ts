const firstBytes = 1024
const mostBytes = 16 * 1024
const smallPacket = 2048
const nothing = new Uint8Array(0)

/**
 * Memory that small packets share, because an allocation of its own costs each more than all that is written into it. A packet keeps the
 * memory alive that it shares: whoever has many owners of packets gives each a pool of its own.
 */
export class PacketPool {
  #shared = nothing
  #used = 0

  /** So many bytes, with any contents, that are given to nobody else before `reuse`. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (count > smallPacket) return new Uint8Array(count)
    if (this.#used + count > this.#shared.length) {
      // more at a time for whoever goes on
      const next = Math.min(mostBytes, Math.max(firstBytes, 2 * this.#shared.length))
      this.#shared = new Uint8Array(Math.max(next, count))
      this.#used = 0
    }
    const start = this.#used
    this.#used += count
    return this.#shared.subarray(start, this.#used)
  }

  /** Nobody needs what was taken any more: it is given again. */
  reuse(): void {
    this.#used = 0
  }

  /** Lets go of the memory: for a pool that will not be used soon. */
  release(): void {
    if (this.#used === 0) return
    this.#shared = nothing
    this.#used = 0
  }
}
