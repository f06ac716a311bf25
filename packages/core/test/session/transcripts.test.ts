import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@stalk/spack'
import { defaultLimits } from '#src/limits.js'
import type { Session } from '#src/session/session.js'
import { expectPins } from '#src/identity/pins.js'
import { Stalk1Session } from '#src/session/stalk1-session.js'
import { join, output } from '../support/sessions.js'
import { bytes, hex, recordedIdentity, recordedKeyPair, transcripts, type Transcript } from '../support/vectors.js'

const limits = { ...defaultLimits, minModulusBits: 1024 }
type Direction = 'c2s' | 's2c'
type Feed = (session: Session, data: Uint8Array) => void

const feeds: Record<string, Feed> = {
  'in one piece': (session, data) => {
    session.receive(data, 0)
  },
  'byte by byte': (session, data) => {
    for (let at = 0; at < data.length; at += 1) session.receive(data.subarray(at, at + 1), 0)
  },
}

function wire(transcript: Transcript, direction: Direction): string {
  return transcript.wire
    .filter(({ dir }) => dir === direction)
    .map((part) => part.hex)
    .join('')
}

/** Sends and takes the recorded messages in their order; gives all bytes that came out. */
function replay(session: Session, transcript: Transcript, own: Direction, feed: Feed): Uint8Array[] {
  const sent: Uint8Array[] = []
  for (const recorded of transcript.messages) {
    if (recorded.dir === own) {
      session.send(decode(bytes(recorded.plain)))
      const packet = output(session)
      assert.equal(hex(packet), recorded.packet)
      sent.push(packet)
    } else {
      feed(session, bytes(recorded.packet))
      assert.deepEqual(
        session.takeEvents().map((event) => (event.type === 'message' ? event.message.elements : event.type)),
        [decode(bytes(recorded.plain)).elements],
      )
    }
  }
  return sent
}

test('the recordings are all there', () => {
  assert.equal(transcripts.length, 5)
  assert.ok(transcripts.every(({ messages }) => messages.length > 0))
})

for (const transcript of transcripts) {
  for (const [portions, feed] of Object.entries(feeds)) {
    test(`${transcript.name}: as initiator we send what the original sent, its answers ${portions}`, () => {
      const server = recordedIdentity(transcript.server_identity)
      const session = Stalk1Session.initiator({
        identity: recordedIdentity(transcript.client_identity),
        checkServer: transcript.pinned ? expectPins([server], 'stalk/1') : null,
        ephemeral: recordedKeyPair(transcript.client_ephemeral),
        iv: bytes(transcript.iv),
        limits,
      })
      const hello = output(session)
      assert.equal(hex(hello), transcript.hello.packet)
      feed(session, bytes(transcript.ack.packet))
      const fin = output(session)
      assert.equal(hex(fin), transcript.fin.packet)
      const [established] = session.takeEvents()
      assert.ok(established?.type === 'established' && established.peerIdentity!.equals(server))
      const sent = replay(session, transcript, 'c2s', feed)
      assert.equal(hex(join([hello, fin, ...sent])), wire(transcript, 'c2s'))
    })

    test(`${transcript.name}: as responder we send what the original sent, its packets ${portions}`, () => {
      const session = Stalk1Session.responder({
        identity: recordedIdentity(transcript.server_identity),
        ephemeral: recordedKeyPair(transcript.server_ephemeral),
        limits,
      })
      feed(session, bytes(transcript.hello.packet))
      const ack = output(session)
      assert.equal(hex(ack), transcript.ack.packet)
      feed(session, bytes(transcript.fin.packet))
      const [established] = session.takeEvents()
      const client = recordedIdentity(transcript.client_identity)
      assert.ok(established?.type === 'established' && established.peerIdentity!.equals(client))
      const sent = replay(session, transcript, 's2c', feed)
      assert.equal(hex(join([ack, ...sent])), wire(transcript, 's2c'))
    })
  }
}
