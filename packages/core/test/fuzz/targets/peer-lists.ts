// Lists of peers: known_peers and authorized_peers. An input is the text of one.
import assert from 'node:assert/strict'
import { addressText, parseAuthorizedPeers, parseKnownPeers, withLine, withoutLines } from '#src/identity/peer-lists.js'
import { kitIdentities } from '../../testkit/kit-identities.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const [alice, bob] = ['alice', 'bob'].map((name) => kitIdentities.get(name)!)
const lists = [
  `# mine\nexample.org:4000 ${alice!.toString()}\n\n[::1]:5000 ${bob!.toString()}\n`,
  `${alice!.fingerprint} alice, on her phone\n\t${bob!.toString()}\r\n`,
  'example.org:4000\n',
  `host:1 ${alice!.toString()} more`,
]

export const peerListsTarget: Target = {
  name: 'peer-lists',
  reads: 'known_peers and authorized_peers',
  seeds: lists.map(utf8),
  dictionary: [alice!.toString(), alice!.fingerprint, 'h:1 ', '[::]:65535 ', '\n', '#', '\u00a0', '\u2028'].map(utf8),
  run(input) {
    const text = new TextDecoder().decode(input)
    const known = outcomeOf(() => {
      const peers = parseKnownPeers(text, 'known_peers')
      for (const { address, identity } of peers) {
        assert.doesNotMatch(address, /\s/u)
        assert.deepEqual(parseKnownPeers(`${address} ${identity.toString()}`, 'x')[0]!.address, address)
      }
      // a line more is one peer more, and without all of their lines there is none
      const more = withLine(text, `${addressText({ host: '::1', port: 1 })} ${alice!.toString()}`)
      assert.equal(parseKnownPeers(more, 'x').length, peers.length + 1)
      const none = withoutLines(
        text,
        peers.map(({ line }) => line),
      )
      assert.deepEqual(parseKnownPeers(none, 'x'), [])
      return `${Math.min(peers.length, 3)} known`
    }, ['PEER_LIST_INVALID'])
    const authorized = outcomeOf(() => {
      const peers = parseAuthorizedPeers(text, 'authorized_peers')
      for (const { fingerprint } of peers) assert.match(fingerprint, /^[\w-]{43}$/u)
      return `${Math.min(peers.length, 3)} authorized`
    }, ['PEER_LIST_INVALID'])
    return `${known}; ${authorized}`
  },
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
