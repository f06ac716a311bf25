// What is said: a message of a client, its answer, and the same as a call.
import { Spack } from '@stalk/core'
import { service, unary } from '@stalk/rpc'
import { bytes, integer, struct } from '@stalk/spack/schema'
import { contents, isContents, type Side } from './contents.js'

/** A message: which connection, which number on it, and contents that follow from these. */
export function message(side: Side, connection: number, number: number): Spack {
  return new Spack()
    .integer(connection)
    .integer(number)
    .bytes(contents(side, connection, number))
}

/** The connection that a message names, if it is the one with that number from that side; null if it is wrong. */
export function verify(received: Spack | null, side: Side, number: number): number | null {
  const [connection, told, body] = received?.values() ?? []
  if (typeof connection !== 'number' || told !== number) return null
  return isContents(body, side, connection, number) ? connection : null
}

const said = struct({ connection: integer, number: integer, body: bytes })

export const Soak = service('soak', { answer: unary({ request: said, response: said }) })
