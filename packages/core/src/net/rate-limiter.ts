/** How often somebody may do something. */
export interface Rate {
  /** On average. */
  readonly perSecond: number
  /** At once. */
  readonly burst: number
}

interface Bucket {
  tokens: number
  filledAt: number
}

/** More addresses than this are not remembered. */
const maxBuckets = 10_000

/** A token bucket for each key. */
export class RateLimiter {
  readonly #rate: Rate
  /** The least recently used first. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Whether the one with this key may do it now. */
  take(key: string, now: number): boolean {
    const { perSecond, burst } = this.#rate
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAt: now }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * perSecond) / 1000)
    bucket.filledAt = now
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > maxBuckets) this.#forgetOldest()
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}

/** What an address is counted by: itself; of IPv6 the network, for whoever has one address there has all of it. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.groups?.['v4']
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.replace(/%.*$/u, '').split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array<string>(zeros).fill('0'), ...last]
  return `${groups.slice(0, 4).join(':')}::/64`
}
