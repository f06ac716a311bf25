// Collects the readings of a fleet of sensors in a file: every reading once, whatever happens to lines, sensors and collector.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx stalk id --only fingerprint >> sensors                 who may send: a fingerprint a line (here your own, for a try)
//   npx tsx examples/src/sensor-fleet/collector.ts readings.jsonl sensors [HOST [PORT]]
//
// readings/1: a sensor sends the run, the sequence number, the time and the temperature (string, integer, integer, float64), and sends
// again what it is not sure of. The collector answers with the sequence number (integer) of what is on the disk.
import { authorizedPeers, listen, Spack, type Connection } from '@stalk/core'
import { ReadingsFile, type Reading } from './readings-file.js'

const [path, list, host = '127.0.0.1', port = '4000'] = process.argv.slice(2)
if (path === undefined || list === undefined) {
  console.error('usage: collector.ts FILE LIST_OF_SENSORS [HOST [PORT]]')
  process.exit(2)
}
const readings = await ReadingsFile.open(path)

const listener = await listen(host, Number(port), serve, {
  authorize: await authorizedPeers(list),
  applicationProtocols: ['readings/1'],
  limits: { maxMessageBytes: 1024 },
  onError: (error, { peer }) => console.error(peer, error instanceof Error ? error.message : error),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
console.log(`listening on ${host} port ${listener.port}`)
console.log(`fingerprint ${listener.identity.fingerprint}`)

async function serve(connection: Connection): Promise<void> {
  const sensor = connection.peerIdentity?.fingerprint ?? ''
  for await (const message of connection) {
    const reading = readingOf(sensor, message)
    await readings.store(reading).catch(giveUp)
    connection.send(new Spack().integer(reading.sequence))
  }
}

/** Types are of the message, not of a wish: what a sensor sends is looked at before it is believed. */
function readingOf(sensor: string, message: Spack): Reading {
  const [run, sequence, time, celsius] = message.values()
  if (
    typeof run !== 'string' ||
    typeof sequence !== 'number' ||
    typeof time !== 'number' ||
    typeof celsius !== 'number'
  ) {
    throw new Error('a reading is a string and three numbers')
  }
  return { sensor, run, sequence, time, celsius }
}

/** Without a disk there is no collector: whoever watches over this program starts it anew, and the sensors wait until then. */
function giveUp(error: unknown): never {
  console.error(error)
  process.exit(1)
}

/** The listener lets the handlers store and answer what has arrived. */
async function stop(): Promise<void> {
  await listener.close()
  await readings.close()
}
