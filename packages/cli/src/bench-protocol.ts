// The two sides of stalk-bench/1: `[byte, byte[]]`, where the byte says what becomes of the message.
import { Spack, type Connection } from '@stalk/core'

/** The name of the application protocol. */
export const BENCH_PROTOCOL = 'stalk-bench/1'

const TAKE = 0
const ECHO = 1

/** A message that is taken without an answer. */
export function oneWay(payload: Uint8Array): Spack {
  return new Spack().byte(TAKE).bytes(payload)
}

/** A message that is sent back as it is, after everything that was sent before it has been taken. */
export function returned(payload: Uint8Array): Spack {
  return new Spack().byte(ECHO).bytes(payload)
}

/** Takes what comes, and sends back what is to be sent back. */
export async function answerBench(connection: Connection): Promise<void> {
  for await (const message of connection) {
    if (message.elements[0]?.value === ECHO && !connection.send(message)) await connection.flush()
  }
}
