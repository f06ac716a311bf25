import assert from 'node:assert/strict'
import test from 'node:test'
import { describeBytes } from '#src/output.js'
import { describeProgress } from '#src/progress.js'

const MiB = 1024 * 1024

test('progress says how much, of how much, how fast and how long still', () => {
  const cases: readonly (readonly [bytes: number, size: number | null, rate: number, shown: string])[] = [
    [12 * MiB, 48 * MiB, 4 * MiB, '12.0 MiB of 48.0 MiB 25% 4.0 MiB/s 0:09 left'],
    [MiB, 7201 * MiB, 2 * MiB, '1.0 MiB of 7.0 GiB 0% 2.0 MiB/s 1:00:00 left'],
    [MiB, 601 * MiB, MiB, '1.0 MiB of 601.0 MiB 0% 1.0 MiB/s 10:00 left'],
    [48 * MiB, 48 * MiB, MiB, '48.0 MiB of 48.0 MiB 100% 1.0 MiB/s'],
    [0, 0, 0, '0 B of 0 B 100% 0 B/s'],
    [12 * MiB, 48 * MiB, 0, '12.0 MiB of 48.0 MiB 25% 0 B/s'],
    [12 * MiB, null, MiB, '12.0 MiB 1.0 MiB/s'],
    // what was announced is what the sender believed
    [12 * MiB, MiB, MiB, '12.0 MiB 1.0 MiB/s'],
  ]
  for (const [bytes, size, rate, shown] of cases) assert.equal(describeProgress({ bytes, size }, rate), shown)
})

test('bytes have the unit that keeps them short', () => {
  const cases = {
    0: '0 B',
    999: '999 B',
    1000: '1.0 KiB',
    1536: '1.5 KiB',
    [2 ** 40]: '1.0 TiB',
    [2 ** 62]: '4096.0 PiB',
  }
  for (const [bytes, shown] of Object.entries(cases)) assert.equal(describeBytes(Number(bytes)), shown)
})
