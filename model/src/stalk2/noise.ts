// SPEC, stalk/2 §4: h, ck, k and n of Noise, over terms.
import { aead, constant, hash, hkdf, type Lock, type SuiteId, type Term, tuple } from '../terms.js'

const suiteNames: Readonly<Record<SuiteId, string>> = {
  1: 'Noise_XX_25519_AESGCM_SHA256',
  2: 'Noise_XX_25519_ChaChaPoly_SHA256',
}

const nothing = constant('nothing')

export class Noise {
  readonly suite: SuiteId
  readonly h: Term
  readonly ck: Term
  /** Null until the first key is mixed in. */
  readonly k: Term | null
  readonly n: number

  private constructor(suite: SuiteId, h: Term, ck: Term, k: Term | null, n: number) {
    this.suite = suite
    this.h = h
    this.ck = ck
    this.k = k
    this.n = n
  }

  static begin(suite: SuiteId, prologue: Term): Noise {
    const name = constant(suiteNames[suite] ?? `suite ${suite}`)
    return new Noise(suite, hash(name, prologue), name, null, 0)
  }

  mixHash(data: Term): Noise {
    return new Noise(this.suite, hash(this.h, data), this.ck, this.k, this.n)
  }

  mixKey(secret: Term): Noise {
    return new Noise(this.suite, this.h, hkdf(this.ck, secret, 1), hkdf(this.ck, secret, 2), 0)
  }

  /** What the next ciphertext is sealed with. */
  lock(): Lock {
    if (this.k === null) throw new TypeError('there is no key yet')
    return { suite: this.suite, key: this.k, nonce: this.n, data: this.h }
  }

  /** The next ciphertext of this plaintext. */
  seal(plaintext: Term): Term {
    return aead(this.lock(), plaintext)
  }

  /** The state behind the next ciphertext. */
  after(plaintext: Term): Noise {
    return new Noise(this.suite, hash(this.h, this.seal(plaintext)), this.ck, this.k, this.n + 1)
  }

  /** SPEC, stalk/2 §7: the keys of either side, and the exporter secret. */
  split(): { readonly initiator: Term; readonly responder: Term; readonly all: Term } {
    const initiator = hkdf(this.ck, nothing, 1)
    const responder = hkdf(this.ck, nothing, 2)
    return { initiator, responder, all: tuple(initiator, responder, hkdf(this.ck, nothing, 3)) }
  }
}

/** The lock of the responder’s record 0, its verdict. */
export function verdictLock(noise: Noise): Lock {
  return { suite: noise.suite, key: noise.split().responder, nonce: 0, data: nothing }
}
