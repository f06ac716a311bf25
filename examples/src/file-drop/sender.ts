// Sends files to file-drop/receiver.ts, and knows in the end that they are there, whole.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx tsx examples/src/file-drop/sender.ts HOST PORT FINGERPRINT FILE…
//
// FINGERPRINT is the receiver's, which it prints. Exit code 1 if a file was refused, or the connection was lost.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { connect, escapeControls, Spack, StalkError, type Connection } from '@stalk/core'

const [host, port, serverIdentity, ...paths] = process.argv.slice(2)
if (host === undefined || serverIdentity === undefined || paths.length === 0) {
  console.error('usage: sender.ts HOST PORT FINGERPRINT FILE…')
  process.exit(2)
}
try {
  const connection = await connect(host, Number(port), { serverIdentity, applicationProtocols: ['file-drop/1'] })
  for (const path of paths) await sendFile(connection, path)
  await connection.close()
} catch (error) {
  if (!(error instanceof StalkError)) throw error
  console.error(`${error.message} (${error.code})`)
  process.exitCode = 1
}

async function sendFile(connection: Connection, path: string): Promise<void> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    connection.send(new Spack().string(basename(path)).integer(size))
    if (!(await isAnswered(connection, path, 'send'))) return
    const hash = createHash('sha256')
    const buffer = new Uint8Array(64 * 1024) // one is enough: `send` has encoded the message when it returns
    for (let sent = 0; sent < size;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - sent))
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was sent`)
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      // false: enough is on its way, so memory does not grow with the file
      if (!connection.send(new Spack().bytes(chunk))) await connection.flush()
      sent += bytesRead
    }
    connection.send(new Spack().bytes(hash.digest()))
    if (await isAnswered(connection, path, 'stored')) console.log('stored', path, size)
  } finally {
    await file.close()
  }
}

/** Whether the receiver says what we hope for; if not, it is told to whoever sends. */
async function isAnswered(connection: Connection, path: string, hope: string): Promise<boolean> {
  const [answer, reason] = (await connection.receive())?.values() ?? []
  if (answer === hope) return true
  console.error(`${path} was not stored: ${escapeControls(String(reason ?? 'the receiver has gone'))}`)
  process.exitCode = 1
  return false
}
