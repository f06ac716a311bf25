import { Duplex } from 'node:stream'

/** Two streams, each of which reads what is written to the other, in portions of at most so many bytes. */
export function duplexPair(portion = Infinity): [Duplex, Duplex] {
  const ends: Duplex[] = []
  const make = (index: number): Duplex =>
    new Duplex({
      read() {
        // whatever the other writes is pushed here
      },
      write(chunk: Buffer, _encoding, callback) {
        for (let at = 0; at < chunk.length; at += portion) ends[1 - index]!.push(chunk.subarray(at, at + portion))
        callback()
      },
      final(callback) {
        ends[1 - index]!.push(null)
        callback()
      },
      destroy(error, callback) {
        const other = ends[1 - index]!
        if (!other.destroyed && !other.readableEnded) process.nextTick(() => other.push(null))
        callback(error)
      },
    })
  ends.push(make(0), make(1))
  return ends as [Duplex, Duplex]
}
