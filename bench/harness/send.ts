import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client, Line } from './client.js'

/** Sends as fast as the peer takes it, over one connection, until the answer to the last message is there. */
export async function sendAll(client: Client, count: number): Promise<Record<string, number>> {
  const [line] = client.lines as [Line]
  const { workload } = client
  const answered = answerTo(client, line)
  for (let number = 0; number < count; number += 1) {
    if (!line.link.send(workload.message(number))) await line.link.drain()
  }
  await answered
  return {}
}

/**
 * The same over many connections in turn: each gets some messages in a row and a turn of the event loop to send them. So a connection’s batches are
 * of the same size however many connections there are.
 */
export async function sendInBursts(client: Client, count: number, burst: number): Promise<Record<string, number>> {
  const { lines, workload } = client
  const answered = lines.map((line) => answerTo(client, line))
  const countOfLine = count / lines.length
  for (let sent = 0; sent < countOfLine; sent += burst) {
    for (const { link } of lines) {
      let roomLeft = true
      for (let number = sent; number < sent + burst; number += 1) roomLeft = link.send(workload.message(number))
      if (!roomLeft) await link.drain()
      await nextTurn()
    }
  }
  await Promise.all(answered)
  return {}
}

function answerTo(client: Client, line: Line): Promise<void> {
  return new Promise((resolve) => {
    line.receive = (message) => {
      client.check(message, 0)
      resolve()
    }
  })
}
