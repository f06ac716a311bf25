// docs/TRUST.md: its text is here, the table of bugs comes from interop/bugs.ts.
import prettier from 'prettier'
import { bugs } from '../interop/bugs.ts'
import faults from './trust-faults.js'
import fuzzing from './trust-fuzzing.js'
import load from './trust-load.js'
import secrets from './trust-secrets.js'

const cell = (expectation) => {
  if (expectation === null) return ''
  const { codes, told } = expectation
  const raised = codes === null ? 'nothing' : codes.map((code) => `\`${code}\``).join(' or ')
  return told === 'nothing' ? raised : `${raised}; ${told}`
}
const row = ({ name, what, client, server, spec }) =>
  `| \`${name}\` | ${what} | ${cell(client)} | ${cell(server)} | ${spec} |`
const section = ([title, rows]) => `### ${title}

| bug | the peer | as the side that connects | as the side that listens | SPEC |
| --- | --- | --- | --- | --- |
${rows.map(row).join('\n')}
`
const all = Object.values(bugs).flat()
const cases = all.flatMap(({ client, server }) => [client, server]).filter((expectation) => expectation !== null)
const allowed = cases.filter(({ codes }) => codes === null)

const text = `# Trust

Made by \`npm run docs\` from \`scripts/trust-*.js\`, \`interop/bugs.ts\`, and what the commands below write: do not edit.

What is done so that nobody has to take our word for it. Each section has its figures and the command that gives them. Figures are of the day that stands beside them, and of the code of that day.

| section | command | needs, besides \`npm ci\` | takes |
| --- | --- | --- | --- |
| an independent peer, with its bugs | \`npm run interop\` | Python 3.10 with its package \`cryptography\`, 38 or newer | five minutes |
| the model of the handshake | \`npm run model\` | | a minute |
| faults | \`npm run faults\` | Linux, root, iproute2, Python 3, /dev/net/tun, libfaketime | half an hour |
| load | \`npm run soak\`, its controls \`npm run soak:controls\` | Linux, 10,200 descriptors (\`ulimit -Hn\`) | 40 minutes, one minute |
| fuzzing | \`npm run fuzz -- --seconds 300\` | | as long as you say |
| secrets | \`npm run secrets\` | Linux | a minute |

\`.ci/run\`, which is called CI here, runs \`npm cit\` (with the model, but for its longest searches), then the static checks, fuzzing for three quarters of a minute, \`npm run interop\`, \`npm run faults -- --short\` (where it may make hosts), and \`npm run soak -- --short\`.

## An independent peer

[interop/peer](../interop/peer) is a second implementation of stalk/2 and of spack, in Python. It was written from [SPEC](SPEC.md) and the vectors alone, without reading the first one, by means of Python's standard library and
its package \`cryptography\` (OpenSSL). So what is wrong in one of them and what is not in SPEC shows when they meet. \`npm run interop\` runs all of this; it needs Python 3.10 or newer with \`cryptography\`.

- **The vectors.** The peer passes all transcripts of the testkit from either side, the records around each rekey, and the vectors of spack.
- **The matrix** ([interop/matrix.ts](../interop/matrix.ts)). Both sides report what they saw, and all of it has to be the same: suite, channel binding, an exported secret, who the other is, application protocol, and every message, in order, on every channel. What is said is
  messages of every type, in both directions, a channel opened by each side, one that is refused, and an end.
- **Negative controls.** The peer derives another channel binding, expects another suite, pins somebody else, is somebody else, alters its messages, has no channels: the matrix is red each time, and says what for: see below.

| what | values |
| --- | --- |
| our side | client, server |
| who leads the conversation | ours, theirs |
| the client's identity | Ed25519, RSA, anonymous |
| the server's identity | Ed25519, RSA |
| suite | AES-256-GCM, ChaCha20-Poly1305; asked for at once, or after a retry |
| end | either side ends first and the other goes on; either gives up with a reason |
| channels | with, without; little credit |
| messages | of every type; 16 MiB less a little; in records of 100 bytes and of 65,518 |
| keys | changed by either side, after 2^20 records |
| refusals | not allowed, anonymous, no application protocol, no suite, busy |

Not every value with every other: 48 connections are every pair of identities with either suite, either role and either leader, 48 more have the rest one at a time. All 96 agree. The controls:

| what is wrong on purpose, with our side as | | the matrix says |
| --- | --- | --- |
| the peer derives another channel binding | client, server | the channel bindings differ |
| the peer expects another suite | client, server | UNEXPECTED_SUITE |
| the peer alters its messages | client, server | what was received differs |
| the peer has no channels | client, server | there are no channels in a cell with channels |
| the peer pins somebody else | server | PIN_MISMATCH |
| the peer is somebody else | server | who they are differs |
| another suite is agreed upon | server | the suite is not that of the cell |

What it found in SPEC is mended there: each of these sentences was missing or could be read in two ways.

- What is told of a line that ends, or of a deadline that passes, before A is there (stalk/2 §1).
- The code of a compact packet that ends inside its first number (spack §compact).
- That a key changes at no other time, and that nobody can ask for it (stalk/2 §7).
- When the payload of ACCEPT is checked (stalk/2 §8).
- Which sum of credit is limited; that END and RESET of channel 0 may not be said; that CLOSE{0} without DONE is taken for both (stalk/2 §14).

## A peer with bugs

The same peer, with one deliberate bug at a time (in \`interop/\`: \`python3 -m peer connect HOST PORT --bug NAME\`): ${all.length} of them, ${cases.length} cases with both roles, of which ${allowed.length} are unusual and allowed. The table says what our side has to raise, by SPEC and [ERRORS](ERRORS.md), and what it tells the peer:
REJECT or CLOSE with a code, a refusal in clear with a code, or nothing if the cell says nothing of it; “nothing” is raised where the bug is unusual and allowed, and a cell is empty where there is no such bug in this role. § is of stalk/2. Beside each peer that connects with a bug, good connections to the same listener go on; in the end new ones are served, and no promise was rejected
unhandled. [interop/test/bugs.test.ts](../interop/test/bugs.test.ts) checks all that.

${Object.entries(bugs).map(section).join('\n')}
## A model of the handshake

Tests try the attacks that somebody thought of. [model/](../model/README.md) looks for others: \`npm run model\` goes through every state that a few connections and an attacker who owns the network can get into,
with cryptography as symbols, and asks in each whether keys are secret (whatever leaks later, and though one’s own identity has leaked), whether both sides believe the same (identities, roles, suite, preamble, application
protocol, channel binding), whether anything was replayed, misbound, reflected or downgraded, and whether a client’s identity shows.

| what                                                                            | checks | result                                                    |
| ------------------------------------------------------------------------------- | -----: | --------------------------------------------------------- |
| stalk/2 as the specification has it, up to five sessions, three identities      |     24 | all seven properties hold in every state                  |
| what stalk/2 does not promise                                                   |      4 | the attack is found                                       |
| stalk/2 with something taken out                                                |     16 | the attack is found, each time                            |
| stalk/2 with one part of what is signed taken out, which the others make up for |      6 | all hold                                                  |
| the seed protocol: the original, and stalk/1 as it is here                      |     21 | the known attacks are found; what is refused is not found |

71 checks, 71,781 states in all; one more with 53,838 runs with \`-- --deep\` alone. The tests of \`model/test\` hold all but seven long checks to their results, which have most of the states: \`npm run model\` goes through these as well.

Some queries were also put to ProVerif, which bounds nothing (\`model/proverif/stalk2.pv\`): that keys are secret in both roles, with forward secrecy and with one’s own identity stolen, and that whoever
shares keys agrees who both are, it proves for any number of connections and peers. Agreement on the rest it did not decide in the time that it was given.

No weakness of stalk/2 was found. Two things were learned: of the six parts of what is signed the handshake hash is the one that is needed, once keys of old connections can leak, and the others repeat it; and nothing in the handshake says
which address a client meant, so that one identity for two listeners lets a client of one be led to the other, unless both name application protocols.

What it does not show: that the code does what the specification says (that is for the testkit), that the primitives are sound, anything about bytes, lengths, parsing, time or memory, about records after the verdict, about more sessions than
were looked at (but for what ProVerif proves), or that a client’s identity cannot be told by other means than deriving or comparing it.

${faults}
${load}
${fuzzing}
${secrets}`

/** The document, formatted as the file that it is written to. */
export async function trustDocs(file) {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' })
}
