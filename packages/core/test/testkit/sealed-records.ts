// records.json: single records at counters that no transcript reaches, so that a peer can check its rekeying.
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { RecordSealer } from '#src/stalk2/record-layer.js'
import { hex, toHex } from './changes.js'
import { fixedX25519Private } from './fixed-keys.js'
import type { KitRecords } from './files.js'

const ping = '030102030405060708'
const expired = '020005'
const rekeyInterval = 2 ** 20
const last = 2 ** 32 - 1
const counters = [0, 1, 2, rekeyInterval - 1, rekeyInterval, rekeyInterval + 1, 2 * rekeyInterval, last - 1, last]

/** Records under one key of each suite. */
export function sealedRecords(): KitRecords[] {
  const key = fixedX25519Private('record key')
  return [noiseCiphers.AESGCM, noiseCiphers.ChaChaPoly].map((cipher, index) => ({
    suite: index + 1,
    key: toHex(key),
    records: counters.map((counter) => {
      const cipherState = new CipherState(cipher, key, counter)
      // the sealer itself does the rekey that is due at this counter
      for (let done = 0; done < Math.ceil(counter / rekeyInterval) - 1; done += 1) cipherState.rekey()
      const plaintext = counter === last ? expired : ping
      return { counter, plaintext, record: toHex(new RecordSealer(cipherState).seal(hex(plaintext))) }
    }),
  }))
}
