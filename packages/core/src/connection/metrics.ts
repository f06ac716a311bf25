/** What a connection has done, and has in hand. */
export interface ConnectionMetrics {
  readonly messagesSent: number
  readonly messagesReceived: number
  /** On the line, all that the protocol adds included. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Sent and not with the kernel yet. */
  readonly unsentMessages: number
  readonly unsentBytes: number
  /** Arrived and not received by the application yet; bytes are about the memory that they take. */
  readonly unreadMessages: number
  readonly unreadBytes: number
}

/** What was counted on a line, as long as there is one and afterwards. */
export interface Traffic {
  messagesSent: number
  messagesReceived: number
  bytesSent: number
  bytesReceived: number
}

export function noTraffic(): Traffic {
  return { messagesSent: 0, messagesReceived: 0, bytesSent: 0, bytesReceived: 0 }
}

/** Adds to `sum`. */
export function addTraffic(sum: Traffic, more: Readonly<Traffic>): Traffic {
  sum.messagesSent += more.messagesSent
  sum.messagesReceived += more.messagesReceived
  sum.bytesSent += more.bytesSent
  sum.bytesReceived += more.bytesReceived
  return sum
}
