import { StalkError, type StalkErrorCode } from '../errors.js'

/**
 * The error of a key that was refused where it was found, in a file or a text. A modulus outside the limits says
 * nothing against the place and keeps its code; anything else means that the place is damaged.
 *
 * @param place what the message begins with
 */
export function refusalAt(code: StalkErrorCode, place: string, error: unknown): unknown {
  if (!(error instanceof StalkError)) return error
  const isLimit = error.code === 'RSA_MODULUS_TOO_SMALL' || error.code === 'RSA_MODULUS_TOO_LARGE'
  return new StalkError(isLimit ? error.code : code, `${place}: ${error.message}`, error)
}
