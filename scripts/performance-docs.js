// docs/PERFORMANCE.md: its text is here, the tables come from bench/results.json, which `npm run bench -- --json bench/results.json` writes.
import { readFileSync } from 'node:fs'
import prettier from 'prettier'

const { machine, rounds, results, notRun } = JSON.parse(
  readFileSync(new URL('../bench/results.json', import.meta.url), 'utf8'),
)

const number = (value) => {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
const ratio = (value) => value?.toFixed(2) ?? ''

const find = (scenario, metric = 'rate', variant = '') =>
  results.find((one) => one.scenario === scenario && one.metric === metric && one.case === variant)
const median = (result, contestant) => result.rows.find((row) => row.contestant === contestant)?.median
const reached = (result, contestant, label) => {
  const row = result.rows.find((one) => one.contestant === contestant)
  return row?.ratios[label] ?? null
}

/** What was to be reached, as a ratio in one run, and what was: `[what, how much, result, contestant, label]`. */
const targets = [
  ['handshakes, one at a time', 1.3, find('handshakes-1'), 'stalk', 'best encrypted'],
  ['handshakes, 16 at a time', 1.5, find('handshakes-16'), 'stalk', 'best encrypted'],
  ['small messages with a schema', 2.7, find('small'), 'stalk-schema', 'best encrypted'],
  ['small messages without', 1.2, find('small'), 'stalk', 'best encrypted'],
  ['1 KiB messages', 1.5, find('1k'), 'stalk', 'best encrypted'],
  ['64 KiB messages', 1.25, find('64k'), 'stalk', 'best encrypted'],
  ['1 MiB messages', 1.6, find('1m'), 'stalk', 'best encrypted'],
  ['round trip, p50', 1, find('round-trip', 'p50'), 'stalk-schema', 'best encrypted'],
  ['round trip, p99', 1, find('round-trip', 'p99'), 'stalk-schema', 'best encrypted'],
  ['round trips, 64 in flight', 2, find('round-trips-64'), 'stalk-schema', 'best encrypted'],
  ['memory of an idle connection', 0.85, find('idle', 'memory') ?? find('idle'), 'stalk', 'best encrypted'],
]
const codecTargets = results
  .filter(({ scenario }) => scenario === 'codec')
  .flatMap((result) => [
    [`codec, ${result.case}, with a schema`, 1, result, 'spack-schema', 'best'],
    [`codec, ${result.case}, without`, 1.2, result, 'spack', 'best self-describing'],
  ])

const targetRow = ([what, wanted, result, contestant, label]) => {
  const got = reached(result, contestant, label)
  const isLess = result.better === 'less'
  const isMet = got !== null && (isLess ? got <= wanted : got >= wanted)
  return `| ${what} | ${isLess ? 'at most' : 'at least'} ${wanted} | ${ratio(got)} | ${isMet ? 'yes' : 'no'} |`
}
const targetTable = (rows) => `| | to be reached, x the best peer | reached | |
| --- | --- | --- | --- |
${rows
  .filter(([, , result]) => result !== undefined)
  .map(targetRow)
  .join('\n')}`

const resultTable = (result) => {
  const labels = Object.keys(result.rows[0]?.ratios ?? {})
  const heads = ['', 'median', 'min', 'max', ...labels.map((label) => `x ${label}`), 'CPU µs/op']
  const lines = result.rows.map((row) => [
    row.contestant,
    number(row.median),
    number(row.min),
    number(row.max),
    ...labels.map((label) => ratio(row.ratios[label])),
    number(row.cpuMicroseconds),
  ])
  const name = [result.title, result.case, result.metric === 'rate' ? '' : result.metric].filter((part) => part !== '')
  return `### ${name.join(', ')}

${result.unit}; ${result.better} is better.

| ${heads.join(' | ')} |
| ${heads.map((head, column) => (column === 0 ? '---' : '---:')).join(' | ')} |
${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}
`
}

const share = (scenario, contestant, of) => {
  const result = find(scenario)
  return ratio(median(result, contestant) / median(result, of))
}

const text = `# Performance

\`npm run bench\` measures stalk beside its peers: server and client are two processes on the loopback, rounds interleave, every message is verified on arrival ([bench/README.md](../bench/README.md) says how each peer is configured and what a scenario does). Below are the tables of one full run.
Absolute numbers are of one machine at one time; what can be compared are ratios of one run.

${machine}; ${rounds} interleaved rounds. \`npm run bench -- --json bench/results.json && npm run docs\` makes this document anew.

## What was to be reached, and what was

${targetTable(targets)}

${targetTable(codecTargets)}

Of what raw TCP carries, in messages of the same contents: small ones by schema ${share('small', 'stalk-schema', 'raw')}, 1 KiB ${share('1k', 'stalk', 'raw')}, 64 KiB ${share('64k', 'stalk', 'raw')}, 1 MiB ${share('1m', 'stalk', 'raw')}.

## What a message costs

Measured alone, in loops on the same machine, in µs of CPU:

| | 64 B | 1 KiB | 32 KiB | 64 KiB |
| --- | ---: | ---: | ---: | ---: |
| \`createCipheriv\` with AES-256-GCM, encrypt, tag | 12 | 12 | 32 | 55 |
| \`createDecipheriv\`, check, decrypt | 9 | 10 | 30 | 52 |
| a copy into a new \`Uint8Array\` | 0.1 | 3.7 | 8 | 14 |

X25519: a key pair 94 (and 175 more to have its public half as SPKI, which a Diffie-Hellman with the base point gives in 69), a Diffie-Hellman 69, a public key imported as JWK 23. That is about three times what a faster machine takes, and so is all that follows.

- **One cipher object a record costs as much as 8 KiB of AES.** So small messages share records, of up to 64 KiB: where they wait to be sent they are laid out as frames already (a packet, or a value by a schema, is written right there), whole frames go into a record in one copy, and what arrives stays in its record until somebody reads it. In a conversation there is nobody to share
  with: the ciphers of both directions are made while nothing else is to be done (in one interleaved run p50 of a round trip 0.78 of what it was without, at the same CPU).
- **An array of more than 64 bytes costs more than to decrypt it**: V8 has memory of its own made for each, clears it, counts it and collects it. So \`batches\` and \`typedBatches\` leave byte arrays where they arrived if told \`{ copy: false }\`, which is what most codecs do unasked. Unless told so, stalk copies: what an application holds is its own.
- **Credit is not free**: a window of 256 KiB was granted again every two records, 10 to 15 % of a stream of 64 KiB messages on either side. It is 1 MiB now.
- **A codec is made of what is not called**: flat schemas have code of their own for the whole packet, packets without a schema a loop over their elements that measures and one that writes, arrays of integers a loop of their own. Whatever is unusual, or wrong, is left to the thorough way, and property tests hold both to the same bytes and errors.
- **Cold code**: most of what a connection does is JavaScript, which costs several times as much before it is compiled. Small messages take about 200,000 of them to reach two thirds of their speed, connections some thousand handshakes. TLS, zeromq and secret-stream have theirs in C and C++: in a process that lives for a second they are ahead by more than these tables say. Each peer has nine rounds to warm up.

## What stands in the way

- **Large messages.** Raw TCP and AES on both sides alone take most of what TLS takes in all: for 1 MiB raw’s CPU and twice 0.8 ms. No implementation over \`node:crypto\` can be 1.6 x as fast as TLS on such a machine. What stalk adds: the copy that \`send\` makes so that the caller may go on with its array (TLS makes none), one into the record, one that puts the ciphertext of a record
  together which came in several chunks, one that puts a message together which came in several records, and the garbage of all that: V8 marks its whole heap whenever some tens of MB of arrays have died. Tried: memory that is not cleared (\`allocUnsafeSlow\`: at most a tenth for 1 MiB, nothing else; the codec would no longer be free of Node), ciphertexts gathered in memory that is used again (kept), records in parts rather than in one array (kept from 8 KiB on). Not tried: frames whose
  parts are decrypted chunk by chunk, and a pool for large messages that wait to be sent.
- **Garbage.** Not understood yet: in the rounds of these tables V8 marks its whole heap 31 times for the same messages for which it does so 4 times (and collects young objects instead) in two processes that do nothing else and never pause; there 64 KiB messages cost 300 µs of CPU in all and 1 MiB ones 3,500, a quarter of what they cost here. Arrays that are alive at a full collection are taken
  for old, and the next one comes the sooner for them. That is the next thing to look at.
- **1 KiB messages** are between the two: AES and the kernel take as much as everything else, and each is an array of its own for whoever sends it.
- **Round trips.** A server’s turn is 21 % writing to the socket, 30 % four calls into \`node:crypto\` (two of which are made beforehand now), the rest is Node’s streams and ours; no function of ours has more than 2 %. An implementation of AES in JavaScript would be quicker for so few bytes, and would leak its key through the cache. ChaCha20-Poly1305 in audited JavaScript was not tried: with it the
  suite of a connection would have to follow the size of its messages.
- **Handshakes** are two key pairs, three Diffie-Hellmans, a signature and a verification on each side: about a quarter of the CPU. Nine writes to the socket take a tenth. The rest is spread over some four hundred functions, none of which has more than 2 %: stream and socket of Node, payloads, the state machine, events, timers, promises. It is compiled after some hundred handshakes, and what these tables show is still in the middle of that.
- **Idle connections.** Of the memory of each, 16 KB are objects (a quarter of them Node’s socket), 3 KB are OpenSSL’s and libuv’s. The rest is V8’s young generation, which has grown to its full size by the garbage of 2,000 handshakes, and is not given back: with 10,000 connections it counts for a fifth of that.


## The tables

${results.map(resultTable).join('\n')}
${notRun.map(({ contestant, case: variant, reason }) => `Not run: ${contestant}${variant && ` (${variant})`}: ${reason.split('\n')[0]}`).join('\n\n')}
`

/** The document, formatted as the file that it is written to. */
export async function performanceDocs(file) {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' })
}
