import { StalkError } from '../errors.js'
import { CipherState } from '../noise/cipher-state.js'
import type { NoiseCipher } from '../noise/suites.js'
import { decodeCompact } from '../session/message-coding.js'
import { readRecordBody, type RecordBody } from '../stalk2/control-records.js'
import { FrameReader, MessageAssembler } from '../stalk2/frames.js'
import { readPayload } from '../stalk2/payload.js'
import { RecordOpener } from '../stalk2/record-layer.js'
import type { InspectedDetail, InspectionBuilder } from './inspection.js'
import { describePayload } from './payload-details.js'
import type { CapturedStream } from './stream.js'

/** Whoever looks on has no limit of its own: the capture bounds what can come. */
const maxMessageBytes = 0xffff_ffff

/** Reads the records of one side; without a key only their lengths. What cannot be read becomes a fault of `builder`. */
export function inspectRecords(
  stream: CapturedStream,
  cipher: NoiseCipher,
  key: Uint8Array | undefined,
  builder: InspectionBuilder,
): void {
  const opener = key && new RecordOpener(new CipherState(cipher, key))
  const assembler = new MessageAssembler(maxMessageBytes)
  for (let number = 0; stream.queue.length > 0; number += 1) {
    const { offset } = stream
    try {
      const plaintext = opener === undefined ? skipRecord(stream) : opener.next(stream.queue)
      if (plaintext === null) return
      if (opener === undefined) {
        builder.part(stream, offset, `record ${number}`, [['encrypted bytes', plaintext.length]])
        continue
      }
      const record = readRecordBody(plaintext)
      builder.part(stream, offset, `record ${number} ${record.type.toUpperCase()}`, detailsOf(record, assembler))
    } catch (error) {
      if (!(error instanceof StalkError)) throw error
      builder.fault(stream, offset, error)
      return
    }
  }
}

/** Takes a record that cannot be opened; null: it is not whole. */
function skipRecord({ queue }: CapturedStream): Uint8Array | null {
  if (queue.length < 2 || queue.length < 2 + queue.uint16At(0)) return null
  const length = queue.uint16At(0)
  queue.take(2)
  return queue.take(length)
}

function detailsOf(record: RecordBody, assembler: MessageAssembler): InspectedDetail[] {
  switch (record.type) {
    case 'data':
      return [
        ...framesOf(record.frames),
        ...assembler.read(record.frames).map((message) => messageOf(message)),
        ...(assembler.isInMessage ? ([['message', 'goes on in the next record']] as const) : []),
      ]
    case 'accept':
      return describePayload(readPayload(record.payload, 'ACCEPT'))
    case 'close':
    case 'reject':
      return [
        ['code', record.statement.code],
        ['reason', record.statement.reason],
      ]
    case 'ping':
    case 'pong':
      return [['bytes', record.data]]
  }
}

function messageOf(bytes: Uint8Array): InspectedDetail {
  return ['message', decodeCompact(bytes, maxMessageBytes)]
}

const paddingChannel = 1

function framesOf(bytes: Uint8Array): InspectedDetail[] {
  const details: InspectedDetail[] = []
  let [paddingFrames, paddingBytes] = [0, 0]
  const reader = new FrameReader(bytes)
  while (!reader.isAtEnd) {
    const channel = reader.varint()
    const lengthAndFin = reader.varint()
    const isFinal = lengthAndFin % 2 === 1
    const { length } = reader.bytes(Math.floor(lengthAndFin / 2))
    if (channel === paddingChannel) {
      paddingFrames += 1
      paddingBytes += length
    } else details.push(['frame', `channel ${channel}, ${length} bytes${isFinal ? ', fin' : ''}`])
  }
  // there may be thousands, which mean nothing
  if (paddingFrames > 0) details.push(['padding', `${paddingFrames} frames, ${paddingBytes} bytes`])
  return details
}
