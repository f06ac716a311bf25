// The section "Secrets" of docs/TRUST.md, with the figures of `npm run secrets`.
import { readFileSync } from 'node:fs'

const results = JSON.parse(readFileSync(new URL('../packages/core/test/secrets/results.json', import.meta.url), 'utf8'))
const megabytes = (bytes) => Math.round(bytes / 1e6)
const row = ({ identity, secret, count, open, closed }) =>
  `| ${identity} | ${secret} | ${count} | ${open || 'none'} | ${closed || 'none'} |`

const comparisons = [
  [
    'tag of a record, of a handshake message',
    'packages/core/src/crypto/aead.ts',
    'by OpenSSL, in constant time; the plaintext is wiped if it is wrong. All failures look the same',
  ],
  [
    'signature of Ed25519, RSA-PSS',
    'packages/core/src/crypto/signatures.ts',
    'verified by OpenSSL; everything in it is public',
  ],
  [
    'textbook signature of stalk/1',
    'packages/core/src/stalk1/offer.ts',
    '`timingSafeEqual`, though both sides of it are public',
  ],
  ['shared secret against zero', 'packages/core/src/crypto/x25519.ts', 'all 32 bytes are looked at, whatever they are'],
  [
    'the peer’s ephemeral key of stalk/1 against our own, and against points of low order',
    'packages/core/src/stalk1/offer.ts, packages/core/src/crypto/x25519.ts',
    'public keys',
  ],
  ['an Ed25519 key against points of low order', 'packages/core/src/crypto/ed25519.ts', 'public keys'],
  [
    'pins, lists of authorized peers',
    'packages/core/src/identity/pins.ts, packages/core/src/net/authorized-peers.ts',
    'fingerprints, SHA-256 of public keys, compared as strings: nothing is learned from the time that the peer could not compute, and one cannot be approached digit by digit',
  ],
  [
    'known peers, `Identity.equals`, `id_pub` against `id_priv`',
    'packages/core/src/identity/identity.ts, packages/core/src/identity/file-format.ts',
    '`timingSafeEqual` of public keys',
  ],
  [
    'hash of a packet',
    'packages/spack/src/classic.ts, packages/core/src/stalk1/data-channel.ts',
    'a hash without key finds damage; in stalk/1, where it stands under the keystream, the first that is wrong ends the connection',
  ],
  [
    'digest of a transfer',
    'packages/cli/src/pipe-transfer.ts',
    '`timingSafeEqual`; the sender’s own statement, not secret',
  ],
  [
    'answer to a PING',
    'packages/core/src/stalk2/keepalive.ts',
    '8 bytes that are not secret, in records that authenticate',
  ],
  [
    'passphrase of an identity',
    'packages/core/src/identity/file-format.ts',
    'compared with nothing: OpenSSL decrypts, and the padding or the key is wrong. Whoever measures that has the file',
  ],
]

export default `## Secrets

\`npm run secrets\` starts a process that loads an identity, makes two connections (one in each role), speaks, and closes them; while they are open and again afterwards, its memory is searched from outside (\`/proc/PID/mem\`, all ${megabytes(results.memoryBytes)} MB that it can
write to), and so are a snapshot of its heap (\`v8.writeHeapSnapshot\`, ${megabytes(results.snapshotBytes)} MB) and its log with \`STALK_DEBUG\` and \`NODE_DEBUG=stalk,net,stream\`. Every secret is looked for as bytes, as bytes in reverse (as a number has them), in hexadecimal, base64 and base64url,
wherever in a text it may begin. What is found while connections are open shows that the search finds things: the command fails if the identity, the keys for records or the exporter secrets are not found then. The keys of the handshake are gone by the first look already; that they would be found is shown by a test alone, which looks for a secret in each encoding (\`memory.test.ts\`). Node ${results.node}, OpenSSL ${results.openssl}, ${results.date}, ${results.cores} cores, Linux ${results.kernel}:

| identity | secret | how many | in memory, open | in memory, closed |
| --- | --- | ---: | --- | --- |
${results.rows.map(row).join('\n')}

In the snapshots and in the log: ${results.elsewhere === 0 ? 'nothing' : results.elsewhere}. The same search is a test (\`packages/core/test/secrets/memory.test.ts\`). It found that Node keeps a copy of a PEM which it is given as a string, and so the base64 of the private key: keys are now read and written as bytes.

What this does not say:

- The process was told to collect its garbage after it had closed, as the test has to know when. Until a collection comes, OpenSSL’s copy of a key in use (a cipher, a key pair, the identity once nobody has it) is there; OpenSSL clears it when Node lets go. Our own buffers are overwritten at once when a connection ends.
- Buffers of up to 64 bytes live in V8’s heap, and the collector may move them: where they were is free memory that nobody clears. None was found here; that is what was seen, not a promise.
- The numbers of an RSA key pass through JavaScript when it is loaded and checked (strings, bigints), and a passphrase is a string: they cannot be wiped. A handshake that is cut before there are keys for records has its chaining key and its key overwritten at once, which a test sees; its X25519 keys are OpenSSL’s, as above. stalk/1, core dumps and swapped pages were not looked at. An exported secret is the application’s to wipe.
- An identity has to be in memory while it can sign.

\`packages/core/test/secrets/shown.test.ts\` shows identities, connections, listeners, channels, reconnecting connections, key objects, metrics, what \`diagnostics_channel\` publishes of a connection, and errors about keys, files and logs with their causes in every way that Node has (\`util.inspect\` with all hidden properties and getters and
without our own methods, \`String\`, \`JSON.stringify\`, \`structuredClone\`, \`v8.serialize\`, and the errors of these), and finds no private key, traffic key, handshake key, exporter secret or exported secret. The one place that has secrets on purpose is the file that \`STALKKEYLOG\` names.

### Comparisons

Every place where a secret, or what stands for an identity, is compared:

| what | where | why that is right |
| --- | --- | --- |
${comparisons.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

### Dependencies

- \`@stalk/spack\`, \`@stalk/core\` and \`@stalk/rpc\` have no dependencies but each other; \`@stalk/cli\` has one, \`commander\`. \`npm run sbom\` writes a bill of materials (CycloneDX) for each package. It is made when a package is published and not kept here: it follows from the lock file, which is, and would be stale otherwise.
- \`npm run locks\`, a part of \`npm run check:static\`, refuses an entry of a lock file without the SHA-512 of its package, or from elsewhere than registry.npmjs.org.
- \`npm audit\` could not be run where this was written: the registry there answers \`405 Method Not Allowed\` to \`/-/npm/v1/security/advisories/bulk\`. Whoever publishes runs it first ([SECURITY](../SECURITY.md)).
`
