import { checkTimeout } from '../connection/timeouts.js'
import { Identity, requirePrivate, requireProtocol } from '../identity/identity.js'
import type { Protocol } from '../identity/rsa-rules.js'
import { resolveLimits, type Limits } from '../limits.js'
import { defaultKeepalive, type KeepaliveTimes } from '../stalk2/keepalive.js'
import type { KeyLog } from '../stalk2/key-log.js'
import { checkApplicationProtocols } from '../stalk2/payload.js'
import { startDebugLog } from './debug-log.js'
import { keyLogOfEnvironment } from './key-log.js'

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
  /** `stalk/2` unless told otherwise. Both sides must mean the same: there is no fallback. */
  readonly protocol?: Protocol
  /** False: what is sent leaves on `flush()` only, as in the seed. True unless told otherwise. */
  readonly autoFlush?: boolean
  /** What one peer may cost us; `defaultLimits` has the defaults, 16 MiB for a message among them. */
  readonly limits?: Partial<Limits>
  /**
   * When a silent peer is asked for a sign of life (after 15,000 ms) and when it is taken for dead (45,000 ms after that); false: never.
   * Where there are no channels, nobody is asked any more once either side has ended its direction. stalk/2 only.
   */
  readonly keepalive?: Partial<KeepaliveTimes> | false
  /** After so long without a message either way the connection ends, IDLE_TIMEOUT. Never, unless told otherwise. */
  readonly idleTimeoutMs?: number
  /**
   * Names of what is spoken over the connection: `connect` offers them by preference, `listen` takes the first of them that it has, see
   * `connection.applicationProtocol`. Having none in common, or only one side with names, fails. stalk/2 only.
   */
  readonly applicationProtocols?: readonly string[]
}

/** Options as they will be used. */
export interface Settings {
  /** Null: anonymous. */
  readonly identity: Identity | null
  readonly protocol: Protocol
  readonly autoFlush: boolean
  readonly limits: Limits
  readonly keepalive: KeepaliveTimes | null
  readonly idleTimeoutMs: number | null
  readonly applicationProtocols: readonly string[] | null
  readonly keyLog: KeyLog | undefined
}

/**
 * @throws TypeError for an identity that is none; RangeError for a bad limit; StalkError IDENTITY_* if the identity cannot be loaded
 *   or is not of the protocol; KEY_LOG_FAILED
 */
export async function settle(options: CommonOptions, isAnonymous = false): Promise<Settings> {
  startDebugLog()
  const { protocol = 'stalk/2', autoFlush = true, applicationProtocols = null } = options
  const limits = resolveLimits(options.limits)
  const idleTimeoutMs =
    options.idleTimeoutMs === undefined ? null : checkTimeout('idleTimeoutMs', options.idleTimeoutMs)
  const keepalive = resolveKeepalive(options.keepalive)
  if (applicationProtocols !== null) checkApplicationProtocols(applicationProtocols)
  if (options.identity !== undefined && !(options.identity instanceof Identity)) {
    throw new TypeError('identity takes an Identity: await Identity.load(directory) reads one')
  }
  const identity = isAnonymous ? null : (options.identity ?? (await Identity.load()))
  if (identity !== null) {
    requireProtocol(identity, protocol, 'your identity')
    requirePrivate(identity)
  }
  const keyLog = protocol === 'stalk/2' ? keyLogOfEnvironment() : undefined
  return { identity, protocol, limits, autoFlush, keepalive, idleTimeoutMs, applicationProtocols, keyLog }
}

/** The identity of settings that were made with one. */
export function ownIdentity({ identity }: Settings): Identity {
  if (identity === null) throw new TypeError('an identity is needed')
  return identity
}

function resolveKeepalive(keepalive: Partial<KeepaliveTimes> | false = {}): KeepaliveTimes | null {
  if (keepalive === false) return null
  if (typeof keepalive !== 'object' || (keepalive as unknown) === null) {
    throw new TypeError('keepalive takes { pingAfterMs, deadAfterMs } or false')
  }
  for (const [name, value] of Object.entries(keepalive)) {
    if (!Object.hasOwn(defaultKeepalive, name)) throw new TypeError(`keepalive.${name} is not an option`)
    checkTimeout(`keepalive.${name}`, value)
  }
  return { ...defaultKeepalive, ...keepalive }
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
 * Throws TypeError for options that are missing, for a name that is no option (a misspelt pin must not go unnoticed), for an unknown
 * protocol, and for what stalk/1 cannot do.
 */
export function checkOptions(options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options are missing')
  const known = [...commonNames, ...names]
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`there is no option ${name}; there are ${known.join(', ')}`)
  }
  const { protocol = 'stalk/2' } = options as { protocol?: unknown }
  if (protocol === 'stalk/1') {
    const refused = Object.keys(options).find((name) => stalk2Names.includes(name))
    if (refused !== undefined) throw new TypeError(`${refused} is an option of stalk/2: stalk/1 has no place for it`)
  } else if (protocol !== 'stalk/2') {
    throw new TypeError(`protocol must be 'stalk/2' or 'stalk/1', not ${JSON.stringify(protocol)}`)
  }
}

const commonNames: readonly (keyof CommonOptions)[] = [
  'identity',
  'protocol',
  'autoFlush',
  'limits',
  'keepalive',
  'idleTimeoutMs',
  'applicationProtocols',
]

const stalk2Names: readonly string[] = [
  'keepalive',
  'applicationProtocols',
  'anonymous',
  'allowAnonymous',
  'authorize',
  'authorizeTimeoutMs',
]
