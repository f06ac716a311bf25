// A file drop: takes files from whoever is on the list, and puts them into a directory.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx stalk id --only fingerprint >> senders                 who may send: a fingerprint a line (here your own, for a try)
//   npx tsx examples/src/file-drop/receiver.ts DIRECTORY senders [HOST [PORT]]
//
// A file has its name only when it is whole and verified, and never replaces another. Half a file is never seen: not after a cut, not
// after a crash of this program.
//
// file-drop/1, for each file: the sender says its name and size (string, integer), the receiver `send` or `refused` with a reason
// (strings); then come the bytes (byte[] messages) and their SHA-256 (byte[]), and the receiver says `stored` or `refused`.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { authorizedPeers, listen, Spack, type Connection } from '@stalk/core'
import { IncomingFile, isSafeName } from './incoming-file.js'

const MAX_FILE_BYTES = 64 * 1024 ** 3

const [directory, list, host = '127.0.0.1', port = '4000'] = process.argv.slice(2)
if (directory === undefined || list === undefined) {
  console.error('usage: receiver.ts DIRECTORY LIST_OF_SENDERS [HOST [PORT]]')
  process.exit(2)
}
await mkdir(directory, { recursive: true })
await IncomingFile.removeLeftovers(directory)

const listener = await listen(host, Number(port), (connection) => serve(connection, directory), {
  authorize: await authorizedPeers(list),
  applicationProtocols: ['file-drop/1'],
  maxConnections: 20,
  limits: { maxMessageBytes: 256 * 1024 },
  idleTimeoutMs: 60_000,
  onError: (error, { peer }) => console.error(peer, error instanceof Error ? error.message : error),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listener.close())
console.log(`listening on ${host} port ${listener.port}`)
console.log(`fingerprint ${listener.identity.fingerprint}`)

async function serve(connection: Connection, into: string): Promise<void> {
  for await (const header of connection) {
    const [name, bytes] = header.values()
    if (typeof name !== 'string' || typeof bytes !== 'number') throw new Error('a file begins with its name and size')
    const refusal = reasonAgainst(name, bytes) ?? (await receiveFile(connection, join(into, name), bytes, into))
    connection.send(refusal === null ? answer('stored') : answer('refused', refusal))
    if (refusal === null) console.log('stored', name, bytes)
  }
}

/** Why a file is not taken; null: it is. */
function reasonAgainst(name: string, bytes: number): string | null {
  if (!isSafeName(name)) return 'its name is not one for a file here'
  return bytes >= 0 && bytes <= MAX_FILE_BYTES ? null : `it has more than ${MAX_FILE_BYTES} bytes`
}

/** @returns why the file was not stored; null: it was */
async function receiveFile(
  connection: Connection,
  target: string,
  bytes: number,
  into: string,
): Promise<string | null> {
  const file = await IncomingFile.create(into)
  try {
    connection.send(answer('send'))
    // the next message is not taken before this one is on its way to the disk: a slow disk slows the sender down
    while (file.bytes < bytes) await file.write(await receiveBytes(connection))
    return await file.keepAs(target, { bytes, sha256: await receiveBytes(connection) })
  } finally {
    await file.dispose()
  }
}

async function receiveBytes(connection: Connection): Promise<Uint8Array> {
  const [bytes] = (await connection.receive())?.values() ?? []
  if (bytes instanceof Uint8Array) return bytes
  throw new Error('the sender stopped in the middle of a file')
}

function answer(what: string, reason = ''): Spack {
  return new Spack().string(what).string(reason)
}
