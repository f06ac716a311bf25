import type { Identity } from '../identity/identity.js'
import { expectPins } from '../identity/pins.js'
import type { Protocol } from '../identity/rsa-rules.js'
import type { Expectation, ServerAddress, TrustPolicy } from './trust.js'

/** A policy for one server that may be met again and again: one that is not known is trusted the first time only. */
export class FirstUseOnce implements TrustPolicy {
  readonly #policy: TrustPolicy
  #met: Identity | null = null

  constructor(policy: TrustPolicy) {
    this.#policy = policy
  }

  /** The server was this one, and was trusted. */
  met(identity: Identity | null): void {
    this.#met = identity
  }

  async expect(server: ServerAddress, protocol: Protocol): Promise<Expectation> {
    const expectation = await this.#policy.expect(server, protocol)
    const isKnown = expectation.remember === undefined && expectation.ask === undefined
    return isKnown || this.#met === null ? expectation : { check: expectPins([this.#met], protocol) }
  }
}
