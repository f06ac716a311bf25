import type { Connection } from '@stalk/core'

/** Nothing was looked at (SPEC, stalk/2 §14). */
const REFUSED = 1

/**
 * Refuses the channels that the peer opens: no command takes any, and who calls a method of one is told at once instead of waiting for an
 * answer. (Without channels at all, by `limits`, a peer could not give a sign of life either while its reader is slow.)
 */
export async function refuseChannels(connection: Connection): Promise<void> {
  if (!connection.hasChannels) return
  try {
    for await (const channel of connection.channels()) {
      channel.abort({ code: REFUSED, reason: 'the stalk command takes no channels' })
    }
  } catch {
    // what ended the connection is told to whoever receives its messages
  }
}
