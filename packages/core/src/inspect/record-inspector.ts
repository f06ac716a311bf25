import { StalkError } from '../errors.js'
import { CipherState } from '../noise/cipher-state.js'
import type { NoiseCipher } from '../noise/suites.js'
import { decodeCompact } from '../session/message-coding.js'
import { readRecordBody, type RecordBody } from '../stalk2/control-records.js'
import { controlChannel, readControl, type ChannelControl } from '../stalk2/channel-control.js'
import { FrameReader, MessageAssembler, paddingChannel, type Frame } from '../stalk2/frames.js'
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
  const messages = new MessageInspector()
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
      builder.part(stream, offset, `record ${number} ${record.type.toUpperCase()}`, detailsOf(record, messages))
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

function detailsOf(record: RecordBody, messages: MessageInspector): InspectedDetail[] {
  switch (record.type) {
    case 'data':
      return messages.read(record.frames)
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

/** Reads what is in DATA records: frames first, then the messages that are whole with them. */
class MessageInspector {
  readonly #assemblers = new Map<number, MessageAssembler>()

  read(bytes: Uint8Array): InspectedDetail[] {
    const frames: InspectedDetail[] = []
    const messages: InspectedDetail[] = []
    let [paddingFrames, paddingBytes] = [0, 0]
    let open: readonly [channel: number, assembler: MessageAssembler] | null = null
    const reader = new FrameReader(bytes)
    for (let frame = reader.next(isAny); frame !== null; frame = reader.next(isAny)) {
      if (frame.channel === paddingChannel) {
        paddingFrames += 1
        paddingBytes += frame.bytes.length
        continue
      }
      frames.push(['frame', frameText(frame)])
      if (frame.channel === controlChannel) {
        messages.push(controlOf(readControl(frame.bytes)))
        continue
      }
      const assembler = this.#assembler(frame.channel)
      const message = assembler.add(frame)
      open = message === null ? [frame.channel, assembler] : null
      if (message !== null) messages.push([named('message', frame.channel), decodeCompact(message, maxMessageBytes)])
    }
    // there may be thousands, which mean nothing
    if (paddingFrames > 0) frames.push(['padding', `${paddingFrames} frames, ${paddingBytes} bytes`])
    if (open !== null) messages.push([named('message', open[0]), 'goes on in another record'])
    return [...frames, ...messages]
  }

  #assembler(channel: number): MessageAssembler {
    const known = this.#assemblers.get(channel)
    if (known !== undefined) return known
    const assembler = new MessageAssembler(maxMessageBytes)
    this.#assemblers.set(channel, assembler)
    return assembler
  }
}

const isAny = (): boolean => true

function frameText({ channel, bytes, isFinal }: Frame): string {
  return `channel ${channel}, ${bytes.length} bytes${isFinal ? ', fin' : ''}`
}

/** Messages of the connection itself have no number. */
function named(what: string, channel: number): string {
  return channel === 0 ? what : `${what} on channel ${channel}`
}

/** Names and reasons are texts of a stranger: whoever prints them escapes them. */
function controlOf(control: ChannelControl): InspectedDetail {
  switch (control.type) {
    case 'open':
      return [`OPEN channel ${control.id} ${control.priority}`, control.name]
    case 'credit':
      return [`CREDIT channel ${control.id}`, control.bytes]
    case 'end':
      return ['END', `channel ${control.id}`]
    case 'reset':
      return [`RESET channel ${control.id} code ${control.statement.code}`, control.statement.reason]
    case 'done':
      return ['DONE', control.reason]
  }
}
