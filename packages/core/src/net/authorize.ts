import { describeThrown, StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { AuthorizeRequest } from '../session/session.js'
import { maxReasonBytes, rejectCodes } from '../stalk2/control-records.js'

/** Whether a peer may come in. */
export type Verdict = boolean | { readonly allowed: false; readonly reason: string }

/** Decides about a peer; `peerIdentity` is null for an anonymous one. */
export type Authorize = (
  peerIdentity: Identity | null,
  info: { readonly host: string; readonly port: number; readonly applicationProtocol: string | null },
) => Verdict | Promise<Verdict>

/** Asks the application whether a peer may come in; calls the request’s `accept` or `reject`. Whatever is not a clear yes is a no. */
export async function authorize(
  decide: Authorize,
  request: AuthorizeRequest,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const { peerIdentity, applicationProtocol } = request
  const who = peerIdentity === null ? 'an anonymous peer' : peerIdentity.fingerprint
  let reason: string
  try {
    const verdict: unknown = await decide(peerIdentity, { host, port, applicationProtocol })
    if (verdict === true) {
      request.accept(performance.now())
      return
    }
    reason = reasonOf(verdict)
  } catch (cause) {
    const why = describeThrown(cause)
    const error = new StalkError('AUTHORIZATION_FAILED', `authorize failed for ${who}: ${why}`, cause)
    request.reject(error, { code: rejectCodes.notAllowed, reason: '' })
    return
  }
  const error = new StalkError('NOT_AUTHORIZED', `authorize did not let ${who} in${reason === '' ? '' : `: ${reason}`}`)
  request.reject(error, { code: rejectCodes.notAllowed, reason })
}

function reasonOf(verdict: unknown): string {
  if (verdict === false) return ''
  const { allowed, reason } = (verdict ?? {}) as { allowed?: unknown; reason?: unknown }
  if (allowed !== false || typeof reason !== 'string') {
    throw new TypeError('authorize answers true, false or { allowed: false, reason }')
  }
  if (new TextEncoder().encode(reason).length > maxReasonBytes) {
    throw new RangeError(`a reason is at most ${maxReasonBytes} bytes of UTF-8`)
  }
  return reason
}
