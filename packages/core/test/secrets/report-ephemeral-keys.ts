// Loaded before everything else (`--import`): tells the descriptor 3 of each X25519 private key that the process makes, and keeps nothing.
import crypto, { type KeyObject } from 'node:crypto'
import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

type Generate = (type: string, options: object) => { readonly privateKey: KeyObject }

const generate = crypto.generateKeyPairSync as unknown as Generate
Object.assign(crypto, {
  generateKeyPairSync(type: string, options: object) {
    const pair = generate(type, options)
    const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
    writeSync(3, pkcs8.subarray(-32))
    pkcs8.fill(0)
    return pair
  },
})
syncBuiltinESMExports()
