import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StalkError } from '#src/errors.js'
import { sha256 } from '#src/crypto/sha256.js'
import type { Session } from '#src/session/session.js'
import { small } from '../support/people.js'
import { initiator, output, responder } from '../support/sessions.js'

const limits = { minModulusBits: 1024 }

/** Both sides up to the message that is tampered with, and who takes it. */
const stages: Record<string, () => { message: Uint8Array; receiver: Session; finish: () => void }> = {
  hello: () => {
    const [a, b] = [
      initiator({ identity: small, serverIdentity: small, limits }),
      responder({ identity: small, limits }),
    ]
    const finish = (): void => {
      a.receive(output(b))
      b.receive(output(a))
    }
    return { message: output(a), receiver: b, finish }
  },
  ack: () => {
    const [a, b] = [
      initiator({ identity: small, serverIdentity: small, limits }),
      responder({ identity: small, limits }),
    ]
    b.receive(output(a))
    return { message: output(b), receiver: a, finish: () => undefined }
  },
  fin: () => {
    const [a, b] = [
      initiator({ identity: small, serverIdentity: small, limits }),
      responder({ identity: small, limits }),
    ]
    b.receive(output(a))
    a.receive(output(b))
    return { message: output(a), receiver: b, finish: () => undefined }
  },
}

const tamperings: Record<string, (message: Uint8Array, at: number) => void> = {
  'a changed byte': (message, at) => {
    message[at]! ^= 1 << (at % 8)
  },
  'a changed byte under a hash made right again': (message, at) => {
    message[at]! ^= 1 << (at % 8)
    message.set(sha256(message.subarray(32)))
  },
}

for (const [stage, prepare] of Object.entries(stages)) {
  for (const [name, tamper] of Object.entries(tamperings)) {
    test(`${name} anywhere in the ${stage} never gives an established connection, nor anything but a StalkError`, () => {
      const { length } = prepare().message
      // A changed hash that is then made right again is no change.
      const first = name === 'a changed byte' ? 0 : 32
      for (let at = first; at < length; at += 1) {
        const { message, receiver, finish } = prepare()
        tamper(message, at)
        let failure: unknown = null
        try {
          receiver.receive(message, 0)
          finish()
          receiver.receiveEnd()
        } catch (error) {
          failure = error
        }
        assert.ok(failure instanceof StalkError, `byte ${at}: ${String(failure)}`)
        assert.ok(!receiver.takeEvents().some(({ type }) => type === 'established'), `byte ${at}`)
      }
    })
  }
}

test('negative control: untouched, every stage establishes the connection', () => {
  for (const prepare of Object.values(stages)) {
    const { message, receiver, finish } = prepare()
    receiver.receive(message, 0)
    finish()
    assert.ok(receiver.takeEvents().some(({ type }) => type === 'established'))
  }
})
