// A service with all four kinds of methods, for the tests.
import { integer, nothing, string, struct } from '@stalk/spack/schema'
import { setTimeout as pause } from 'node:timers/promises'
import { bothWays, clientStream, implement, serverStream, service, unary, type Implementation } from '#src/index.js'

export const Store = service('store', {
  read: unary({
    request: struct({ key: string }),
    response: struct({ value: string }),
    idempotent: true,
    errors: { NOT_FOUND: struct({ key: string }), FORBIDDEN: undefined },
  }),
  write: unary({ request: struct({ key: string, value: string }), response: nothing }),
  sleep: unary({ request: integer, response: integer }),
  fail: unary({ request: string, response: nothing, idempotent: true }),
  count: serverStream({ request: struct({ to: integer }), response: integer, errors: { TOO_FAR: integer } }),
  sum: clientStream({ request: integer, response: integer, errors: { NEGATIVE: undefined } }),
  echo: bothWays({ request: string, response: string }),
})

/** What the handlers have met. */
export interface Met {
  readonly values: Map<string, string>
  readonly aborted: string[]
  calls: number
  /** How often `sleep` was begun. */
  sleeps: number
}

export function nothingMet(): Met {
  return { values: new Map(), aborted: [], calls: 0, sleeps: 0 }
}

export function storeOf(met: Met = nothingMet()): Implementation {
  return implement(Store, {
    read({ key }, context) {
      met.calls += 1
      if (key === 'secret') throw context.error('FORBIDDEN', 'not for you')
      const value = met.values.get(key)
      if (value === undefined) throw context.error('NOT_FOUND', 'there is no such key', { key })
      return { value }
    },
    write({ key, value }) {
      met.values.set(key, value)
      return null
    },
    async sleep(milliseconds, { signal }) {
      met.sleeps += 1
      signal.addEventListener('abort', () => met.aborted.push((signal.reason as { code: string }).code))
      await pause(milliseconds, undefined, { signal })
      return milliseconds
    },
    fail(what) {
      met.calls += 1
      throw new Error(`a secret reason: ${what}`)
    },
    async *count({ to }, context) {
      try {
        for (let number = 1; number <= to; number += 1) {
          if (number > 1_000_000) throw context.error('TOO_FAR', 'that is far', number)
          met.calls = number
          yield number
          if (number % 1000 === 0) await pause(0)
        }
      } finally {
        if (context.signal.aborted) met.aborted.push((context.signal.reason as { code: string }).code)
      }
    },
    async sum(numbers, context) {
      let sum = 0
      for await (const number of numbers) {
        if (number < 0) throw context.error('NEGATIVE', 'numbers are from 0')
        sum += number
      }
      return sum
    },
    async *echo(texts) {
      for await (const text of texts) yield `${text}!`
    },
  })
}
