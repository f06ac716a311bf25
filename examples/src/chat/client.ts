// Talks in the room of chat/server.ts: sends each line of its input, and prints what others say.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx tsx examples/src/chat/client.ts [HOST [PORT [NAME]]]   127.0.0.1 4000 and your user name unless told otherwise
//
// Trust on first use: the first time it takes the server for who it says it is, and adds it to ~/.stalk/known_peers. From then on it
// refuses any other identity at that address.
import { userInfo } from 'node:os'
import { clearLine, createInterface, cursorTo } from 'node:readline'
import { connect, escapeControls, knownPeers, Spack, StalkError } from '@stalk/core'

const [host = '127.0.0.1', port = '4000', name = userInfo().username] = process.argv.slice(2)
try {
  await talk()
} catch (error) {
  if (!(error instanceof StalkError)) throw error
  console.error(`${error.message} (${error.code})`)
  process.exitCode = 1
}

async function talk(): Promise<void> {
  const connection = await connect(host, Number(port), {
    serverIdentity: knownPeers(undefined, { policy: 'accept-new' }),
    applicationProtocols: ['chat/1'],
  })
  console.log(`connected to ${String(connection.peerIdentity?.fingerprint)}`)
  connection.send(new Spack().string(name))

  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  const input = createInterface({ input: process.stdin, ...(isTerminal ? { output: process.stdout } : {}) })
  const show = (line: string): void => {
    if (isTerminal) {
      // over the line that is being typed, which then comes back below
      cursorTo(process.stdout, 0)
      clearLine(process.stdout, 0)
    }
    console.log(line)
    if (isTerminal) input.prompt(true)
  }
  input.on('line', (line) => {
    try {
      if (line !== '') connection.send(new Spack().string(line))
    } catch (error) {
      show(`not sent: ${error instanceof Error ? error.message : String(error)}`) // such as a line that is too long
    }
  })
  // what is queued is still sent; if that fails, the loop below has the error
  input.once('close', () => void connection.close().catch(() => undefined))
  try {
    for await (const message of connection) show(describe(message))
  } finally {
    input.close()
  }
  await connection.close()
}

/** An event as a line. Whatever a terminal might obey is escaped: others wrote it. */
function describe(message: Spack): string {
  const [what, who, fingerprint, text] = message.values().map((value) => escapeControls(String(value)))
  if (what === 'says') return `${String(who)} [${String(fingerprint)}]: ${String(text)}`
  return `* ${String(who)} [${String(fingerprint)}] ${what === 'here' ? 'is here' : String(what)}`
}
