import { subscribe } from 'node:diagnostics_channel'
import { debuglog } from 'node:util'
import type { CloseEvent, ErrorEvent, HandshakeEvent, MessageEvent } from '../connection/diagnostics.js'
import { escapeControls } from '../connection/format-message.js'

let isStarted = false

/**
 * Writes to the standard error what happens on connections, if `NODE_DEBUG` names `stalk` or `STALK_DEBUG` is set: who, what and why; never
 * keys, and of messages only how many values they have.
 */
export function startDebugLog(): void {
  if (isStarted) return
  isStarted = true
  const isAsked = (process.env['STALK_DEBUG'] ?? '') !== '' || debuglog('stalk').enabled
  if (!isAsked) return
  for (const [name, describe] of Object.entries(descriptions)) {
    subscribe(`stalk:${name}`, (event) => write(describe(event as never)))
  }
}

const descriptions = {
  handshake: ({ connection, role, durationMs, error }: HandshakeEvent): string => {
    const outcome =
      error === null ? `is done: ${JSON.stringify(connection.peerIdentity?.fingerprint ?? 'anonymous')}` : 'failed'
    return `${who(connection)} handshake as ${role} ${outcome}, ${connection.protocol}, ${durationMs.toFixed(1)} ms`
  },
  message: ({ connection, direction, message }: MessageEvent): string =>
    `${who(connection)} message ${direction}, values: ${message.elements.length}`,
  error: ({ error, peer }: ErrorEvent): string => {
    const [code, message] = error instanceof Error ? [(error as { code?: string }).code, error.message] : ['', error]
    return `${peer ?? 'listener'} error ${code ?? ''} ${String(message)}`
  },
  close: ({ connection, error }: CloseEvent): string => {
    const { messagesSent, messagesReceived, bytesSent, bytesReceived } = connection.metrics()
    const traffic = `sent ${messagesSent} messages, ${bytesSent} bytes; received ${messagesReceived}, ${bytesReceived} bytes`
    return `${who(connection)} closed${error === null ? '' : ` after ${(error as { code?: string }).code ?? error.name}`}, ${traffic}`
  },
}

function who({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`
}

function write(line: string): void {
  process.stderr.write(`STALK ${process.pid}: ${escapeControls(line)}\n`)
}
