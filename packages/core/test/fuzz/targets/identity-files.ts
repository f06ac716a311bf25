// Identity files. An input is `form ‖ u16 length of id_priv ‖ id_priv ‖ id_pub`; the form says whether it is the bytes of the files, or
// what stands in the base64 of PEM files. Passphrases are not tried: how long OpenSSL computes with one is for the owner of the file to say.
import assert from 'node:assert/strict'
import { encodeRaw } from '#src/identity/raw-format.js'
import { rsaPrivateNumbers } from '#src/crypto/rsa.js'
import { decodeIdentityFiles, decodePublicFile, encodeIdentityFiles } from '#src/identity/file-format.js'
import { decodePem, encodePem } from '#src/identity/pem.js'
import { fixedIdentity } from '../../testkit/fixed-keys.js'
import { kitIdentities } from '../../testkit/kit-identities.js'
import { small } from '../../support/people.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const forms = { bytes: 0, pem: 1, encryptedPem: 2 }
const limits = { minBits: 512, maxBits: 2048 }

const { n, e, d } = rsaPrivateNumbers(small.privateKey!)
const ed25519 = fixedIdentity('alice')
const rsa = fixedIdentity('rsa-1024')
const encrypted = ed25519.privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
const pemFiles = await encodeIdentityFiles(
  {
    protocol: 'stalk/2',
    type: 'ed25519',
    keysize: 256,
    publicKey: kitIdentities.get('alice')!.publicKey,
    privateKey: undefined,
    spki: ed25519.spki,
    rsa: undefined,
  },
  ed25519.privateKey,
  undefined,
)

export const identityFilesTarget: Target = {
  name: 'identity-files',
  reads: 'id_priv and id_pub: raw, PEM, DER in PEM; without passphrases',
  seeds: [
    files(forms.bytes, encodeRaw({ n, exponent: d }), encodeRaw({ n, exponent: e })),
    files(forms.bytes, pemFiles.privateBytes, pemFiles.publicBytes),
    files(forms.bytes, pemFiles.privateBytes, new Uint8Array()),
    files(forms.bytes, new Uint8Array(), new TextEncoder().encode(kitIdentities.get('alice')!.toString())),
    files(forms.pem, der(ed25519), ed25519.spki),
    files(forms.pem, der(rsa), rsa.spki),
    files(forms.encryptedPem, encrypted, ed25519.spki),
  ],
  run(input) {
    const [form = 0, high = 0, low = 0] = input
    const [first, second] = [input.slice(3, 3 + high * 256 + low), input.slice(3 + high * 256 + low)]
    const privateBytes =
      form === forms.bytes ? first : pem(form === forms.pem ? 'PRIVATE KEY' : 'ENCRYPTED PRIVATE KEY', first)
    const publicBytes = form === forms.bytes ? second : pem('PUBLIC KEY', second)
    const publicFile = { path: 'id_pub', bytes: publicBytes }
    const readPublic = outcomeOf(() => {
      const keys = decodePublicFile(publicFile, limits)
      assert.equal(keys.privateKey, undefined)
      return `${keys.protocol} ${keys.type}`
    }, ['IDENTITY_FILE_INVALID', 'IDENTITY_TEXT_INVALID'])
    const readPrivate = outcomeOf(() => {
      const beside = publicBytes.length === 0 ? undefined : publicFile
      const keys = decodeIdentityFiles({ path: 'id_priv', bytes: privateBytes }, beside, limits)
      assert.equal(keys.privateKey?.type, 'private')
      return `${keys.protocol} ${keys.type}`
    }, ['IDENTITY_FILE_INVALID', 'IDENTITY_TEXT_INVALID', 'IDENTITY_PASSPHRASE'])
    return `${readPrivate}; ${readPublic}`
  },
}

function der({ privateKey }: ReturnType<typeof fixedIdentity>): Uint8Array {
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

/** Of anything; what was put in comes out. */
function pem(label: string, content: Uint8Array): Uint8Array {
  const file = encodePem(label, content)
  assert.deepEqual(decodePem(file), { label, der: new Uint8Array(content) })
  return file
}

function files(form: number, privateBytes: Uint8Array, publicBytes: Uint8Array): Uint8Array {
  return new Uint8Array([form, privateBytes.length >> 8, privateBytes.length & 0xff, ...privateBytes, ...publicBytes])
}
