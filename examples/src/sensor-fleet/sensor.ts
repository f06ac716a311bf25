// A sensor: sends each line of its input, a temperature, to sensor-fleet/collector.ts, and ends when all of them are on its disk.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   while sleep 1; do echo 21.5; done | npx tsx examples/src/sensor-fleet/sensor.ts HOST PORT FINGERPRINT
//
// FINGERPRINT is the collector's, which it prints. The collector may be away for as long as it likes: the sensor measures
// on. What waits is in memory, and goes with the sensor if that is killed.
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { reconnecting, Spack } from '@stalk/core'

/** With so many waiting no more are read. */
const MAX_WAITING = 10_000

const run = randomUUID() // so that the numbers may begin at 1 whenever this program starts
const waiting = new Map<number, Spack>() // by sequence number, in order: readings that are not known to be on the collector's disk
const progress = new EventEmitter()

const [host, port, serverIdentity] = process.argv.slice(2)
if (host === undefined || serverIdentity === undefined) {
  console.error('usage: sensor.ts HOST PORT FINGERPRINT')
  process.exit(2)
}
const link = reconnecting(host, Number(port), {
  serverIdentity,
  applicationProtocols: ['readings/1'],
  backoff: { maxMs: 2_000 },
  // What may not have arrived is sent again. The collector knows a reading by its number, so one that comes twice is no harm.
  onUnconfirmed: (messages) => messages,
  // What has arrived and was not stored, because the collector died in between, nobody can know but the two programs themselves: these
  // readings are older than all that the link has to send.
  onConnect: (connection) => {
    const [oldest] = link.unsent
    const first = oldest === undefined ? Infinity : sequenceOf(oldest)
    for (const [sequence, reading] of waiting) {
      if (sequence >= first) break
      connection.send(reading)
    }
  },
  onDisconnect: (error, delayMs) => console.error(`${error.message}; trying again in ${delayMs} ms`),
})
takeAnswers().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error) // such as PIN_MISMATCH: connecting again would not help
  process.exit(1)
})

let sequence = 0
for await (const line of createInterface({ input: process.stdin })) {
  const celsius = Number(line)
  if (line.trim() === '' || !Number.isFinite(celsius)) continue
  while (waiting.size >= MAX_WAITING) await once(progress, 'stored')
  sequence += 1
  const reading = new Spack().string(run).integer(sequence).integer(Date.now()).float64(celsius)
  waiting.set(sequence, reading)
  link.send(reading)
}
while (waiting.size > 0) await once(progress, 'stored')
await link.close()
console.log(`${sequence} readings are stored`)

/** Each answer says up to where the collector has everything on its disk. */
async function takeAnswers(): Promise<void> {
  for await (const message of link) {
    const [stored] = message.values()
    for (const known of waiting.keys()) {
      if (typeof stored !== 'number' || known > stored) break
      waiting.delete(known)
    }
    progress.emit('stored')
  }
}

/** As this program has put it into the message. */
function sequenceOf(reading: Spack): number {
  return Number(reading.values()[1])
}
