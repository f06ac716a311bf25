import { formatMessage } from '../connection/format-message.js'
import type { Handler } from './listen.js'

/** A handler that prints every message to the standard output as it arrives, for trying things out. */
export const debugHandler: Handler = async (connection) => {
  const peer = `${connection.host}:${connection.port}`
  console.log(`${peer} connected: ${connection.peerIdentity?.fingerprint ?? 'anonymous'}`)
  for await (const message of connection) console.log(`${peer} ${formatMessage(message)}`)
  console.log(`${peer} closed`)
}
