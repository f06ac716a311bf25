import type { Identity } from '../identity/identity.js'
import { expectPins } from '../identity/pins.js'
import type { Protocol } from '../identity/rsa-rules.js'
import { isUnknownPeer, type Expectation, type ServerAddress, type TrustPolicy } from './trust.js'

/**
 * A policy for one server that is met again and again. The policy decides every time; but where nothing is known of the server, and it
 * would trust any or ask, the one that was met first is the only one that is trusted.
 */
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
    if (this.#met === null) return expectation
    const expectMet = expectPins([this.#met], protocol)
    let isKnown = expectation.isFirstUse !== true
    return {
      check: (identity) => {
        try {
          expectation.check(identity)
        } catch (error) {
          if (expectation.ask === undefined || !isUnknownPeer(error)) throw error
          isKnown = false
        }
        if (!isKnown) expectMet(identity)
      },
      // whoever has taken it out of a list meanwhile does not find it there again
      remember: async (identity, waiting) => {
        if (isKnown) await expectation.remember?.(identity, waiting)
      },
    }
  }
}
