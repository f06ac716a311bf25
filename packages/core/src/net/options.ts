import { Identity, requirePrivate, requireProtocol } from '../identity/identity.js'
import { resolveLimits, type Limits } from '../limits.js'

/** Each side ends its own direction; messages leave at once; a peer that vanished is noticed by TCP after some minutes. */
export const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
} as const

/** What `listen` and `connect` have in common. */
export interface CommonOptions {
  /** Our own identity; without it the default one is loaded, see `Identity.load`. */
  readonly identity?: Identity
  /** The protocol to speak: it must be asked for by name. */
  readonly protocol: 'stalk/1'
  /** False: what is sent leaves on `flush()` only, as in the seed. True unless told otherwise. */
  readonly autoFlush?: boolean
  /** What one peer may cost us; `defaultLimits` has the defaults, 16 MiB for a message among them. */
  readonly limits?: Partial<Limits>
}

/** Options as they will be used. */
export interface Settings {
  readonly identity: Identity
  readonly autoFlush: boolean
  readonly limits: Limits
}

/**
 * @throws TypeError for an identity that is none; RangeError for a bad limit; StalkError IDENTITY_* if the identity cannot be loaded
 *   or is not of the protocol
 */
export async function settle(options: CommonOptions): Promise<Settings> {
  const limits = resolveLimits(options.limits)
  if (options.identity !== undefined && !(options.identity instanceof Identity)) {
    throw new TypeError('identity takes an Identity: await Identity.load(directory) reads one')
  }
  const identity = options.identity ?? (await Identity.load())
  requireProtocol(identity, options.protocol, 'your identity')
  requirePrivate(identity)
  return { identity, limits, autoFlush: options.autoFlush ?? true }
}

/** Throws TypeError or RangeError for what cannot be an address. */
export function checkAddress(host: unknown, port: unknown, lowestPort: number): void {
  if (typeof host !== 'string' || host === '') throw new TypeError('host must be a non-empty string')
  if (typeof port !== 'number') throw new TypeError(`port must be a number, not ${typeof port}`)
  if (!Number.isInteger(port) || port < lowestPort || port > 65_535) {
    throw new RangeError(`port must be a whole number from ${lowestPort} to 65535, not ${port}`)
  }
}

/**
 * Throws TypeError for options that are missing, for a name that is no option (a misspelt pin must not go unnoticed), and for a
 * protocol that is missing, unknown or not in this release.
 */
export function checkOptions(options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError("options are missing: { protocol: 'stalk/1', … }")
  const known = [...commonNames, ...names]
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`there is no option ${name}; there are ${known.join(', ')}`)
  }
  checkProtocol((options as { protocol?: unknown }).protocol)
}

const commonNames: readonly (keyof CommonOptions)[] = ['identity', 'protocol', 'autoFlush', 'limits']

function checkProtocol(protocol: unknown): void {
  if (protocol === 'stalk/1') return
  if (protocol === 'stalk/2' || protocol === undefined) {
    throw new TypeError(
      "say protocol: 'stalk/1': stalk/2, which will be the default, is not in this release, and stalk/1 must be asked for by name",
    )
  }
  throw new TypeError(`protocol must be 'stalk/1', not ${JSON.stringify(protocol)}`)
}
