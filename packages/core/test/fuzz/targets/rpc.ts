// What calls say to each other. An input is a message: it is read as a head, a request, an answer and a description of a server.
import assert from 'node:assert/strict'
import { schema } from '@stalk/spack/schema'
import { integer, nothing, string, struct } from '@stalk/spack/schema'
import { serverStream, service, unary, type Contract } from '../../../../rpc/src/contract.js'
import { describeContracts, Introspection } from '../../../../rpc/src/introspection.js'
import { channelName, headSchema, methodOf, MethodWire, writePlainFailure } from '../../../../rpc/src/wire.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const read = unary({
  request: struct({ key: string }),
  response: struct({ value: string }),
  errors: { NOT_FOUND: struct({ key: string }), FORBIDDEN: undefined },
})
const count = serverStream({ request: integer, response: nothing, errors: { TOO_FAR: integer } })
const Store: Contract = service('store', { read, count })
const head = headSchema(200, 4)
const descriptions = schema({ server: Introspection.methods.describe.response })
const wires = [new MethodWire('store.read', read), new MethodWire('store.count', count)]
const [readWire, countWire] = wires as [MethodWire, MethodWire]

export const rpcTarget: Target = {
  name: 'rpc',
  reads: 'what calls say: heads with metadata, requests, answers, failures, descriptions',
  seeds: [
    head.encode({}),
    head.encode({ deadlineMs: 5000, metadata: { trace: 'a', é: '' } }),
    readWire.writeRequest({ key: 'a' }),
    readWire.writeItem({ value: 'b' }),
    readWire.writeFailure({ code: 'NOT_FOUND', message: 'no', details: { key: 'a' } }),
    countWire.writeFailure({ code: 'TOO_FAR', message: 'x', details: 5 }),
    countWire.writeItem(null),
    writePlainFailure('FORBIDDEN', 'no'),
    descriptions.encode({ server: describeContracts([Store]) }),
    new TextEncoder().encode('rpc store.read'),
  ],
  run(input) {
    const name = new TextDecoder().decode(input)
    const method = methodOf(name)
    if (method !== null) assert.equal(channelName(method), name)
    const readers = [
      () => roundTrip(head, input),
      ...wires.map(
        ({ requests }) =>
          () =>
            roundTrip(requests, input),
      ),
      ...wires.map((wire) => () => readAnswer(wire, input)),
      () => roundTrip(descriptions, input),
    ]
    return readers.map((reader) => outcomeOf(reader).split(' ', 1)[0]).join(' ')
  },
}

function roundTrip<T>(
  reader: ReturnType<typeof schema> | { decode(bytes: Uint8Array): T; encode(value: T): Uint8Array },
  input: Uint8Array,
): string {
  const codec = reader as { decode(bytes: Uint8Array): T; encode(value: T): Uint8Array }
  const value = codec.decode(input)
  assert.deepEqual(codec.decode(codec.encode(value)), value)
  return 'read'
}

function readAnswer(wire: MethodWire, input: Uint8Array): string {
  const answer = wire.answers.decode(input)
  const written = answer.type === 'item' ? wire.writeItem(answer.value) : wire.writeFailure(answer.value)
  assert.deepEqual(wire.answers.decode(written), answer)
  return answer.type
}
