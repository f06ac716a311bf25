import { PacketStream, type PacketStreamOptions, type Spack } from '@stalk/spack'

/** The ways in which the same bytes may arrive, each with its name: whole, byte by byte, and cut in two at every byte. */
export function* chunkings(bytes: Uint8Array): Generator<readonly [name: string, chunks: readonly Uint8Array[]]> {
  yield ['whole', [bytes]]
  yield ['byte by byte', Array.from(bytes, (byte) => Uint8Array.of(byte))]
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    yield [`cut at byte ${cut}`, [bytes.subarray(0, cut), bytes.subarray(cut)]]
  }
}

/** All packets of a stream that comes in these chunks, and how many bytes are left over. Each chunk is reused after use. */
export function readChunks(
  chunks: readonly Uint8Array[],
  options: PacketStreamOptions = {},
): { readonly packets: readonly Spack[]; readonly left: number } {
  const stream = new PacketStream(options)
  const packets: Spack[] = []
  for (const chunk of chunks) {
    const borrowed = chunk.slice()
    stream.push(borrowed)
    for (let packet = stream.next(); packet !== null; packet = stream.next()) packets.push(packet)
    borrowed.fill(0xee)
  }
  return { packets, left: stream.bufferedBytes }
}
