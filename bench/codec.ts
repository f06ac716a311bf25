// The codec beside its peers, in one process: rounds interleave (A B C A B C …), medians and their ratios are printed.
// Absolute times say little on a shared machine; the ratios of one run do. Note that msgpackr’s bytes and float arrays are views of
// its input, while spack’s are copies. `npm run bench`
import { decode, encode, Spack, type SpackForm } from '@stalk/spack'
import { Packr, Unpackr } from 'msgpackr'

interface Peer {
  readonly name: string
  readonly encode: (value: readonly unknown[]) => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
}

interface Scenario {
  readonly name: string
  readonly spack: Spack
  readonly repeats: number
}

const rounds = 15

function spackPeer(form: SpackForm, packets: Map<readonly unknown[], Spack>): Peer {
  return {
    name: `spack ${form}`,
    encode: (values) => encode(packets.get(values) ?? new Spack(), { form }),
    decode: (bytes) => decode(bytes, { form }),
  }
}

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false })
const msgpackr: Peer = {
  name: 'msgpackr',
  encode: (values) => Uint8Array.from(packr.pack(values)),
  decode: (bytes) => unpackr.unpack(bytes),
}
const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder()
const json: Peer = {
  name: 'JSON',
  encode: (values) => textEncoder.encode(JSON.stringify(values)),
  decode: (bytes) => JSON.parse(textDecoder.decode(bytes)),
}

const scenarios: readonly Scenario[] = [
  {
    name: 'small record',
    spack: new Spack().integer(12345).float64(1700000000.5).string('sensor-00017').bytes(new Uint8Array(64).fill(7)),
    repeats: 20_000,
  },
  {
    name: '1,000 integers',
    spack: new Spack().integers(Array.from({ length: 1000 }, (_, i) => i * i - 500)),
    repeats: 300,
  },
  {
    name: '1,000 float64',
    spack: new Spack().float64s(Float64Array.from({ length: 1000 }, (_, i) => i / 7)),
    repeats: 1000,
  },
  { name: '64 KiB bytes', spack: new Spack().bytes(new Uint8Array(65_536).fill(5)), repeats: 300 },
]

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function nanoseconds(repeats: number, work: () => unknown): number {
  const start = process.hrtime.bigint()
  for (let index = 0; index < repeats; index += 1) work()
  return Number(process.hrtime.bigint() - start) / repeats
}

console.log(`Node ${process.version}, ${rounds} interleaved rounds, medians; the ratio is to the fastest of the row\n`)
for (const { name, spack, repeats } of scenarios) {
  const values = spack.values()
  const packets = new Map([[values, spack]])
  const binary = spack.elements.some(({ type }) => type === 'byte[]')
  // JSON has no bytes: it only takes part where it can.
  const peers = [spackPeer('compact', packets), spackPeer('classic', packets), msgpackr, ...(binary ? [] : [json])]
  for (const step of ['encode', 'decode'] as const) {
    const times = new Map(peers.map((peer) => [peer, [] as number[]]))
    const encoded = new Map(peers.map((peer) => [peer, peer.encode(values)]))
    for (let round = 0; round < rounds; round += 1) {
      for (const peer of peers) {
        const bytes = encoded.get(peer) ?? new Uint8Array()
        const work = step === 'encode' ? () => peer.encode(values) : () => peer.decode(bytes)
        times.get(peer)?.push(nanoseconds(repeats, work))
      }
    }
    const medians = peers.map((peer) => median(times.get(peer) ?? []))
    const best = Math.min(...medians)
    const cells = peers.map((peer, index) => `${peer.name} ${((medians[index] ?? 0) / best).toFixed(2)} x`)
    console.log(`${`${name}, ${step}`.padEnd(24)} ${cells.join('   ')}   (best ${(best / 1000).toFixed(2)} µs)`)
  }
}
