import { SpackError, type SpackErrorCode } from '@stalk/spack'

/** What `assert.throws` accepts as a refusal with one code, and optionally with some words in its message. */
export function refusal(code: SpackErrorCode, words = ''): (error: unknown) => true {
  return (error) => {
    if (error instanceof SpackError && error.code === code && error.message.includes(words)) return true
    throw error
  }
}
