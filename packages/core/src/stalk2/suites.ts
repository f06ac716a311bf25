/** What a connection is protected with: SPEC, stalk/2 §2. */
export interface Suite {
  readonly id: number
  readonly noiseName: string
  readonly cipher: {
    /** As OpenSSL names it. */
    readonly name: 'aes-256-gcm' | 'chacha20-poly1305'
    readonly keyBits: number
  }
}

/** Every suite of this release, in the order in which it prefers them. */
export const suites: readonly Suite[] = [
  { id: 0x0001, noiseName: 'Noise_XX_25519_AESGCM_SHA256', cipher: { name: 'aes-256-gcm', keyBits: 256 } },
  { id: 0x0002, noiseName: 'Noise_XX_25519_ChaChaPoly_SHA256', cipher: { name: 'chacha20-poly1305', keyBits: 256 } },
]

/** The suite with a number. */
export function suiteOf(id: number): Suite | undefined {
  return suites.find((suite) => suite.id === id)
}
