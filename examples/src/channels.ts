// Many conversations on one connection: a large upload goes on while questions on another channel are answered.
import { connect, Identity, listen, Spack, StalkError, type Channel } from '@stalk/core'

const MEBIBYTE = 1024 * 1024

async function serve(channel: Channel): Promise<void> {
  switch (channel.name) {
    case 'upload': {
      let bytes = 0
      for await (const message of channel) bytes += (message.values()[0] as Uint8Array).length
      channel.send(new Spack().integer(bytes))
      return channel.end()
    }
    case 'double':
      for await (const message of channel) channel.send(new Spack().integer(2 * Number(message.values()[0])))
      return channel.end()
    default:
      channel.abort({ code: 1, reason: `there is no ${JSON.stringify(channel.name)} here` })
  }
}

/** Whatever becomes of one channel, the others go on: it may fail in here, and its peer may give it up at any time. */
async function serveSafely(channel: Channel): Promise<void> {
  try {
    await serve(channel)
  } catch (error) {
    channel.abort({ code: 2 }) // does nothing if it is over already
    console.log(`${JSON.stringify(channel.name)} failed: ${error instanceof StalkError ? error.code : String(error)}`)
  }
}

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })
const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    const serving: Promise<void>[] = []
    for await (const channel of connection.channels()) serving.push(serveSafely(channel))
    await Promise.all(serving) // the connection is closed when the handler is done
  },
  { identity: server },
)

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })

const upload = connection.openChannel('upload', { priority: 'bulk' })
const progress = { isUploaded: false }
async function sendUpload(): Promise<unknown> {
  for (let count = 0; count < 64; count += 1) {
    if (!upload.send(new Spack().bytes(new Uint8Array(MEBIBYTE)))) await upload.flush()
  }
  await upload.end()
  const answer = await upload.receive()
  progress.isUploaded = true
  return answer?.values()[0]
}
const uploading = sendUpload()

const double = connection.openChannel('double', { priority: 'interactive' })
for (const number of [1, 2, 3]) {
  double.send(new Spack().integer(number))
  const answer = await double.receive()
  const state = progress.isUploaded ? 'is done' : 'goes on'
  console.log(`twice ${number} is ${String(answer?.values()[0])}, and the upload ${state}`)
}
await double.close()
console.log(`${String(await uploading)} bytes were uploaded`)

const changedMind = connection.openChannel('double')
changedMind.send(new Spack().integer(4))
await changedMind.receive()
changedMind.abort()

try {
  await connection.openChannel('halve').receive()
} catch (error) {
  if (!(error instanceof StalkError)) throw error
  console.log(error.code, error.peer)
}

await connection.close()
await listener.close()
