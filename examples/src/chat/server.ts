// A chat room: knows who is in, and passes on what anybody says to all others.
//
//   npx stalk keygen                                           once: your identity, in ~/.stalk
//   npx tsx examples/src/chat/server.ts [HOST [PORT]]          127.0.0.1 4000 unless told otherwise
//
// chat/1: a client sends its name and then what it says, a string each. The server sends four strings: what happened (`here`, `joined`,
// `says` or `left`), the name, the beginning of the fingerprint that proves who has the name, and what was said.
import { listen, Spack, type Connection } from '@stalk/core'

const NAME_REFUSED = 0x4001 // close codes of an application begin at 0x4000

const members = new Map<string, Connection>()

const [host = '127.0.0.1', port = '4000'] = process.argv.slice(2)
const listener = await listen(host, Number(port), serve, {
  applicationProtocols: ['chat/1'],
  maxConnections: 200,
  // nobody says more than a few lines at once, and who does not read what others say is let go of
  limits: { maxMessageBytes: 4096, maxQueuedBytes: 256 * 1024 },
  onError: (error, { peer }) => console.error(peer, error instanceof Error ? error.message : error),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listener.close())
console.log(`listening on ${host} port ${listener.port}`)
console.log(`fingerprint ${listener.identity.fingerprint}`)

/** One member, from its name to its end. */
async function serve(connection: Connection): Promise<void> {
  const name = textOf(await connection.receive({ signal: AbortSignal.timeout(10_000) }))
  const refusal = reasonAgainst(name, connection)
  if (name === null || refusal !== null) {
    await connection.close({ code: NAME_REFUSED, reason: refusal ?? 'say your name first' })
    return
  }
  members.get(name)?.abort() // the same person, who came back before we noticed that the line was gone
  for (const [other, { peerIdentity }] of members) {
    if (other !== name) deliver(connection, event('here', other, peerIdentity?.fingerprint))
  }
  members.set(name, connection)
  const tell = (what: string, text = ''): void => {
    const message = event(what, name, connection.peerIdentity?.fingerprint, text)
    for (const member of members.values()) if (member !== connection || what === 'joined') deliver(member, message)
  }
  tell('joined')
  try {
    for await (const message of connection) {
      const text = textOf(message)
      if (text !== null) tell('says', text)
    }
  } finally {
    if (members.get(name) === connection) {
      members.delete(name)
      tell('left')
    }
  }
}

/** Why a peer cannot have a name; null: it can. */
function reasonAgainst(name: string | null, { peerIdentity }: Connection): string | null {
  if (name === null || !/^[\p{L}\p{N}_-]{1,20}$/u.test(name)) return 'a name has 1 to 20 letters, digits, _ or -'
  const owner = members.get(name)?.peerIdentity
  return owner === undefined || owner?.fingerprint === peerIdentity?.fingerprint ? null : `somebody else is ${name}`
}

function event(what: string, name: string, fingerprint = '', text = ''): Spack {
  return new Spack().string(what).string(name).string(fingerprint.slice(0, 8)).string(text)
}

/** A member that is gone, or has not read for too long (SEND_QUEUE_FULL), must not be trouble for whoever speaks. */
function deliver(member: Connection, message: Spack): void {
  try {
    member.send(message)
  } catch {
    member.abort()
  }
}

/** The text of a message that is a string; null for any other, and for the end. */
function textOf(message: Spack | null): string | null {
  const [text] = message?.values() ?? []
  return typeof text === 'string' ? text : null
}
