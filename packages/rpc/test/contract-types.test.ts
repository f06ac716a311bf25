// What the compiler knows of calls and handlers: `npm run types` fails where a line with an expected error has none.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the usual way to compare types */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { implement, rpc, service, type Answers, type CallTarget, type Client } from '#src/index.js'
import { Store } from './support/store.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

type StoreClient = Client<typeof Store>
type Requests<Name extends keyof StoreClient> = Parameters<StoreClient[Name]>[0]
type Given<Name extends keyof StoreClient> = ReturnType<StoreClient[Name]>

const { read, write } = Store.methods
const Typed = service('typed', { read, write })

/** Only compiled. */
export function calls(target: CallTarget): void {
  const store = rpc(target, Store)
  // @ts-expect-error: a request of another kind
  void store.read({ key: 5 })
  // @ts-expect-error: a stream where there is one request
  void store.read([{ key: 'a' }])
  // @ts-expect-error: one request where there is a stream
  void store.sum(5)
  // @ts-expect-error: no such option
  void store.read({ key: 'a' }, { timeout: 5 })
  // @ts-expect-error: no such method
  assert.equal(store.reads, undefined)
}

/** Only compiled. */
export function handlers(): void {
  implement(Typed, {
    read({ key }, context) {
      // @ts-expect-error: details of another kind
      if (key === '') throw context.error('NOT_FOUND', 'none', 5)
      // @ts-expect-error: details are missing
      if (key === 'a') throw context.error('NOT_FOUND', 'none')
      // @ts-expect-error: a code that is not in the contract
      throw context.error('NEVER', 'none')
    },
    // @ts-expect-error: an answer of another kind
    write: () => 5,
  })
  // @ts-expect-error: a handler is missing
  implement(Typed, { write: () => null })
}

test('requests, answers and streams of a client have the types of the contract', () => {
  const equal: [
    Equal<Requests<'read'>, { key: string }>,
    Equal<Given<'read'>, Promise<{ value: string }>>,
    Equal<Given<'write'>, Promise<null>>,
    Equal<Requests<'count'>, { to: number }>,
    Equal<Given<'count'>, Answers<number>>,
    Equal<Requests<'sum'>, Iterable<number> | AsyncIterable<number>>,
    Equal<Given<'sum'>, Promise<number>>,
    Equal<Given<'echo'>, Answers<string>>,
  ] = [true, true, true, true, true, true, true, true]
  assert.ok(equal.every(Boolean))
})
