// The section "Fuzzing" of docs/TRUST.md, with the figures of `npm run fuzz -- --results packages/core/test/fuzz/results.json`.
import { readFileSync } from 'node:fs'

const { node, date, cores, kernel, blocks, reached, targets } = JSON.parse(
  readFileSync(new URL('../packages/core/test/fuzz/results.json', import.meta.url), 'utf8'),
)
const number = (value) => value.toLocaleString('en')
const percent = (part, whole) => `${((100 * part) / whole).toFixed(0)} %`
const total = (key) => targets.reduce((sum, target) => sum + target[key], 0)
const row = (target) =>
  `| \`${target.name}\` | ${target.reads} | ${number(target.executions)} | ${number(Math.round(target.executions / target.cpuSeconds))} | ${percent(target.reached, target.blocks)} of ${number(target.blocks)} | ${number(target.corpus)} + ${target.found} | ${target.findings} |`

export default `## Fuzzing

\`npm run fuzz\` feeds changed inputs to everything that reads what somebody else wrote. It goes by coverage: a loader puts a counter into every block of the packages (both ways of each branch, each loop, each operand that may be skipped), and an input that reaches a new block, or an old one another number of times, is
kept and changed further. Sessions and handshakes are fuzzed behind their own encryption: what changes is the plaintext of a message, which a peer seals as it should. Whatever the input, of 8 KiB at most,

- nothing comes of it but a documented error, of a code that says whose fault it is, in a message of a few words;
- one failure poisons: the same error is thrown ever after, and nothing follows the last word;
- what was read is written as the same bytes again, wherever there is a writer, so nothing is read that a writer would refuse; the outcome does not depend on how bytes were cut;
- it takes less than a second and less than 48 MiB, garbage included (whatever hangs is ended from another thread, and named);
- what a session says can be opened and read by its peer, and is no more than what happened calls for.

\`npm run fuzz -- --seconds 300 --seed 7 --results packages/core/test/fuzz/results.json\`: ${Math.round(total('seconds') / 60)} minutes, ${Math.round(total('cpuSeconds'))} s of computing, on a machine with other work, Node ${node}, ${date}, ${cores} cores, Linux ${kernel}. Executions a second are those of a second of computing. Coverage is of the blocks of those files in which a target reaches anything; the rest is mostly writing, and checks of what callers do. All targets
together reach ${percent(reached, blocks)} of ${number(blocks)} blocks.

| target | reads | executions | a second | coverage | corpus + new | findings |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
${targets.map(row).join('\n')}
| together | | ${number(total('executions'))} | | ${percent(reached, blocks)} of ${number(blocks)} | ${number(total('corpus'))} + ${total('found')} | ${total('findings')} |

That it finds things: a fault that was planted, an endless loop and a memory bomb are found, for the same seed in the same place (\`packages/core/test/fuzz/fuzz.test.ts\`).

The corpus (\`packages/core/test/fuzz/corpus\`) is what is left of everything that was kept by \`npm run fuzz -- --minimise\`: greedily, whatever adds most first, each input as short as it can be. \`npm test\` runs all of it, CI fuzzes on from there. Found and mended: a description of a kind that nests some thousand deep ended in a
\`RangeError\`, and one with a long name in a message as long (\`SPACK_FORM_INVALID\` in a few words now; \`packages/spack/test/kind-of.test.ts\`).

V8’s own coverage was tried for feedback: taken after each execution it allows some 1,000 a second of a small packet that is decoded 350,000 times a second without. jazzer.js 4.0 was tried, too: it brings 105 packages and a prebuilt library, which does not load with the C library here (it needs glibc 2.38).
`
