import assert from 'node:assert/strict'
import { encode, SpackError, type Spack, type SpackForm } from '@stalk/spack'
import { hasNaN } from '../../../spack/test/support/floats.js'
import { StalkError, type StalkErrorCode } from '#src/errors.js'

/** What a peer sent may be quoted, not repeated without end. */
const maxMessageLength = 1000

/**
 * What came of it in a few words; an error that no input may lead to is thrown.
 *
 * @param codes of errors that are no peer’s fault and may come nevertheless
 */
export function outcomeOf(run: () => string, codes: readonly StalkErrorCode[] = []): string {
  try {
    return run()
  } catch (error) {
    if (!isExpected(error, codes)) throw error
    assert.ok(
      error.message.length <= maxMessageLength,
      `a message of ${error.message.length} characters: ${error.code}`,
    )
    // numbers and names differ from input to input
    return `${error.code} ${error.message.replaceAll(/"[^"]*"?|[^a-z ]+/giu, '').slice(0, 40)}`
  }
}

function isExpected(error: unknown, codes: readonly StalkErrorCode[]): error is SpackError | StalkError {
  if (error instanceof SpackError) return true
  return error instanceof StalkError && (error.fault === 'peer' || codes.includes(error.code))
}

/** Cuts into pieces of 1, 2, 3, 1, … bytes. */
export function pieces(bytes: Uint8Array): Uint8Array[] {
  const cut: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 1 + (cut.length % 3)) {
    // the length is that of the step that follows
    cut.push(bytes.slice(at, at + 1 + ((cut.length + 1) % 3)))
  }
  return cut
}

/** That a packet is what its bytes say. Of NaN there are many, and one that is written. */
export function assertSameBytes(packet: Spack, form: SpackForm, bytes: Uint8Array): void {
  const written = Buffer.from(encode(packet, { form }))
  if (!hasNaN(packet)) assert.deepEqual(written, Buffer.from(bytes))
  else assert.equal(written.length, bytes.length)
}
