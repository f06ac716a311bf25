import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './protocol.js'

/** CPU time and memory of this process and those that help it, between `begin` and `end`. */
export class Accounts {
  helpers: readonly number[] = []
  /** True: the memory of the helpers counts, not ours. */
  memoryIsHelpers = false
  /** Only where memory is measured: a collection also throws away what the compiler has learnt. */
  collects = false
  #cpuSeconds = 0
  #memory = 0

  async begin(): Promise<void> {
    if (this.collects) await collectGarbage()
    this.#memory = this.#readMemory()
    this.#cpuSeconds = this.#readCpuSeconds()
  }

  async end(): Promise<Account> {
    const cpuSeconds = this.#readCpuSeconds() - this.#cpuSeconds
    if (this.collects) await collectGarbage()
    return { cpuSeconds, memoryGrowth: this.#readMemory() - this.#memory }
  }

  #readCpuSeconds(): number {
    const { user, system } = process.cpuUsage()
    return this.helpers.reduce((sum, pid) => sum + cpuSecondsOf(pid), (user + system) / 1e6)
  }

  #readMemory(): number {
    if (!this.memoryIsHelpers) return process.memoryUsage.rss()
    return this.helpers.reduce((sum, pid) => sum + rssOf(pid), 0)
  }
}

async function collectGarbage(): Promise<void> {
  for (let times = 0; times < 2; times += 1) {
    await sleep(5)
    global.gc?.()
  }
}

/** Linux counts in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function rssOf(pid: number): number {
  const line = /^VmRSS:\s+(?<kilobytes>\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.groups?.['kilobytes']) * 1024
}
