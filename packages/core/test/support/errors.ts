import { StalkError, type StalkErrorCode } from '#src/errors.js'

/** For `assert.throws` and `assert.rejects`: true for a StalkError with this code. */
export function code(expected: StalkErrorCode): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof StalkError && error.code === expected) return true
    throw new Error(`expected ${expected}, got ${error instanceof StalkError ? error.code : String(error)}`, {
      cause: error,
    })
  }
}
