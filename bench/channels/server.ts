// The serving process: answers what comes on `echo`, counts what comes on `bulk`; the same for a connection without channels.
import { Identity, listen, Spack, type Channel, type Connection } from '@stalk/core'

const listener = await listen('127.0.0.1', 0, serve, {
  identity: await Identity.load(process.argv[2]!),
  handshakeRate: false,
})
process.send!(listener.port)
process.once('disconnect', () => process.exit())

async function serve(connection: Connection): Promise<void> {
  const onChannels = (async () => {
    for await (const channel of connection.channels()) void answer(channel)
  })()
  await answer(connection)
  await onChannels
}

/** A number is sent back at once; bytes are counted, and their sum is told at the end. */
async function answer(stream: Connection | Channel): Promise<void> {
  let bytes = 0
  for await (const message of stream) {
    const [value] = message.values()
    if (value instanceof Uint8Array) bytes += value.length
    else stream.send(message)
  }
  stream.send(new Spack().integer(bytes))
  await stream.end().catch(() => undefined)
}
