// A stream of bytes over a connection, in each direction, up to an end that is verified (SPEC, stalk-pipe/1).
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Connection } from '@stalk/core'
import { CommandError, exitCodes } from './exit-codes.js'
import { dataMessage, endMessage, pipeDamaged, readPipeMessage, sizeMessage } from './pipe-messages.js'

/** What is sent. */
export interface PipeSource {
  /** In pieces of any length. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** How many bytes, if that is known. */
  readonly size: number | null
}

/** Where to put what arrives. */
export interface PipeSink {
  /** Resolves once there is room for more. */
  write(chunk: Uint8Array): Promise<void>
  /** What was written is whole: makes it last. */
  finish(): Promise<void>
}

/** Told how far a direction is: the bytes until now and, as far as known, in all. */
export type OnProgress = (direction: 'sent' | 'received', bytes: number, size: number | null) => void

/** Beyond this a piece is sent as several messages, as SPEC asks. */
const MAX_CHUNK_BYTES = 64 * 1024

/**
 * Sends the source and puts into the sink what the peer sends. Resolves once each side has said that it has everything of the other.
 *
 * @param source null: nothing is sent
 * @param sink null: the peer must send nothing
 * @throws CommandError PIPE_CUT, PIPE_DAMAGED, PIPE_UNWANTED; what the source or the sink throws; what ended the connection
 */
export async function transfer(
  connection: Connection,
  source: PipeSource | null,
  sink: PipeSink | null,
  onProgress: OnProgress,
): Promise<void> {
  await Promise.all([sendAll(connection, source, onProgress), receiveAll(connection, sink, onProgress)])
  // ending our direction says that we have everything of the peer
  await connection.end()
  if ((await connection.receive()) !== null) throw pipeDamaged('the peer sent more after its end')
}

async function sendAll(connection: Connection, source: PipeSource | null, onProgress: OnProgress): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  if (source !== null && source.size !== null) connection.send(sizeMessage(source.size))
  for await (const chunk of source?.chunks ?? []) {
    for (let start = 0; start < chunk.length; start += MAX_CHUNK_BYTES) {
      const part = chunk.subarray(start, start + MAX_CHUNK_BYTES)
      hash.update(part)
      if (!connection.send(dataMessage(part))) await connection.flush()
      bytes += part.length
      onProgress('sent', bytes, source?.size ?? null)
    }
  }
  connection.send(endMessage(bytes, hash.digest()))
  await connection.flush()
}

async function receiveAll(connection: Connection, sink: PipeSink | null, onProgress: OnProgress): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  let size: number | null = null
  for (let isFirst = true; ; isFirst = false) {
    const message = await nextMessage(connection)
    switch (message.type) {
      case 'size':
        if (!isFirst) throw pipeDamaged('the peer said too late how much it will send')
        size = message.bytes
        break
      case 'data':
        if (sink === null) throw unwanted()
        hash.update(message.data)
        await sink.write(message.data)
        bytes += message.data.length
        onProgress('received', bytes, size)
        break
      case 'end':
        if (message.bytes !== bytes || !timingSafeEqual(message.sha256, hash.digest())) {
          throw pipeDamaged(`${bytes} bytes arrived, and they are not the ${message.bytes} that the peer sent`)
        }
        await sink?.finish()
        return
    }
  }
}

async function nextMessage(connection: Connection): Promise<ReturnType<typeof readPipeMessage>> {
  const message = await connection.receive()
  if (message !== null) return readPipeMessage(message)
  throw new CommandError('PIPE_CUT', 'the peer ended before it had sent everything', exitCodes.lost)
}

function unwanted(): CommandError {
  const message =
    'the peer sends bytes, and there is nowhere to put them: name a file with --output, or redirect the output'
  return new CommandError('PIPE_UNWANTED', message, exitCodes.other)
}
