// Project Wycheproof and CCTV (test-vectors/wycheproof/README.md): every case is run or counted among those that do not apply.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ed25519PublicKey, isSafeEd25519PublicKey } from '#src/crypto/ed25519.js'
import { fromBigEndian } from '#src/crypto/big-integer.js'
import { rsaPublicKey } from '#src/crypto/rsa.js'
import { ed25519Verify, rsaPssVerify } from '#src/crypto/signatures.js'
import { isLowOrderPoint, x25519, x25519KeyPairFrom } from '#src/crypto/x25519.js'
import { StalkError } from '#src/errors.js'

interface Case {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly flags: readonly string[]
}

interface File<Test, Group = unknown> {
  readonly numberOfTests: number
  readonly testGroups: readonly (Group & { readonly tests: readonly (Case & Test)[] })[]
}

interface XdhCase {
  readonly public: string
  readonly private: string
  readonly shared: string
}

interface SignatureCase {
  readonly msg: string
  readonly sig: string
}

const folder = path.resolve(import.meta.dirname, '../../../../test-vectors/wycheproof')

function read(file: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** Runs one case; gives whether it gave a secret or was refused as zero. */
function runXdh({ tcId, public: publicKey, private: privateKey, shared, flags }: Case & XdhCase): 'secret' | 'zero' {
  try {
    assert.equal(hex(x25519(x25519KeyPairFrom(bytes(privateKey)), bytes(publicKey))), shared, `case ${tcId}`)
    assert.equal(flags.includes('ZeroSharedSecret'), false)
    return 'secret'
  } catch (error) {
    if (!(error instanceof StalkError)) throw error
    assert.equal(error.code, 'SHARED_SECRET_ZERO')
    assert.equal(shared, '00'.repeat(32), `case ${tcId}`)
    assert.equal(isLowOrderPoint(bytes(publicKey)), true)
    return 'zero'
  }
}

test('x25519_test.json: 487 secrets, and 31 zero ones refused', (t) => {
  const { numberOfTests, testGroups } = read('x25519_test.json') as File<XdhCase>
  const results = testGroups.flatMap(({ tests }) => tests).map(runXdh)
  const zeros = results.filter((result) => result === 'zero').length
  t.diagnostic(`X25519: ${results.length} cases, ${zeros} of them zero`)
  assert.deepEqual([numberOfTests, results.length, zeros], [518, 518, 31])
})

test('x25519_asn_test.json: the 518 cases with RFC 8410 keys give the same, the 19 others are DER that we never read', (t) => {
  const [spki, pkcs8] = ['302a300506032b656e032100', '302e020100300506032b656e04220420']
  const { numberOfTests, testGroups } = read('x25519_asn_test.json') as File<XdhCase>
  const cases = testGroups.flatMap(({ tests }) => tests)
  const ours = cases.filter((xdh) => xdh.public.startsWith(spki) && xdh.private.startsWith(pkcs8))
  const others = cases.filter((xdh) => !ours.includes(xdh))
  const results = ours.map((xdh) =>
    runXdh({ ...xdh, public: xdh.public.slice(spki.length), private: xdh.private.slice(pkcs8.length) }),
  )
  const zeros = results.filter((result) => result === 'zero').length
  t.diagnostic(`X25519 ASN.1: ${results.length} cases, ${zeros} of them zero, ${others.length} not applicable`)
  assert.deepEqual([numberOfTests, results.length, zeros, others.length], [537, 518, 31, 19])
  assert.equal(
    others.every(({ result }) => result === 'invalid'),
    true,
  )
})

test('ed25519_test.json: 88 signatures hold, 63 do not', (t) => {
  const { numberOfTests, testGroups } = read('ed25519_test.json') as File<
    SignatureCase,
    { readonly publicKey: { readonly pk: string } }
  >
  const counts = { valid: 0, invalid: 0 }
  for (const { publicKey, tests } of testGroups) {
    assert.equal(isSafeEd25519PublicKey(bytes(publicKey.pk)), true)
    for (const { tcId, msg, sig, result } of tests) {
      const holds = ed25519Verify(ed25519PublicKey(bytes(publicKey.pk)), bytes(msg), bytes(sig))
      assert.equal(holds ? 'valid' : 'invalid', result, `case ${tcId}`)
      counts[holds ? 'valid' : 'invalid'] += 1
    }
  }
  t.diagnostic(`Ed25519: ${counts.valid} valid, ${counts.invalid} invalid`)
  assert.deepEqual([numberOfTests, counts], [151, { valid: 88, invalid: 63 }])
})

test('cctv_ed25519vectors.json: every low-order or non-canonical key is refused, whatever OpenSSL makes of it', (t) => {
  const vectors = read('cctv_ed25519vectors.json') as readonly {
    readonly number: number
    readonly key: string
    readonly sig: string
    readonly msg: string
    readonly flags: readonly string[] | null
  }[]
  const counts = { unsafeKey: 0, holds: 0, doesNotHold: 0 }
  let unsafeKeyHolds = 0
  for (const { number, key, sig, msg, flags } of vectors) {
    const has = (flag: string): boolean => flags?.includes(flag) ?? false
    const isSafe = isSafeEd25519PublicKey(bytes(key))
    assert.equal(isSafe, !has('low_order_A') && !has('non_canonical_A'), `vector ${number}`)
    const holds = ed25519Verify(ed25519PublicKey(bytes(key)), new TextEncoder().encode(msg), bytes(sig))
    if (isSafe) {
      // the equation without cofactor, R compared as it is encoded and not of low order
      const flaws = ['low_order_residue', 'non_canonical_R', 'low_order_R']
      assert.equal(holds, !flaws.some(has), `vector ${number}`)
      counts[holds ? 'holds' : 'doesNotHold'] += 1
    } else {
      counts.unsafeKey += 1
      if (holds) unsafeKeyHolds += 1
    }
  }
  t.diagnostic(`CCTV Ed25519: ${JSON.stringify(counts)}, OpenSSL alone takes ${unsafeKeyHolds} under unsafe keys`)
  assert.equal(vectors.length, 914)
  assert.deepEqual(counts, { unsafeKey: 526, holds: 43, doesNotHold: 345 })
})

for (const { file, total, holding } of [
  { file: 'rsa_pss_2048_sha256_mgf1_32_test.json', total: 108, holding: 63 },
  { file: 'rsa_pss_2048_sha256_mgf1_0_test.json', total: 103, holding: 1 },
]) {
  test(`${file}: ${holding} of ${total} signatures hold: a salt of exactly 32 bytes, whatever the file calls valid`, (t) => {
    const { numberOfTests, testGroups } = read(file) as File<
      SignatureCase,
      {
        readonly sLen: number
        readonly publicKey: { readonly modulus: string; readonly publicExponent: string }
      }
    >
    const counts = { valid: 0, invalid: 0 }
    for (const { sLen, publicKey, tests } of testGroups) {
      const { modulus, publicExponent } = publicKey
      const key = rsaPublicKey({ n: fromBigEndian(bytes(modulus)), e: fromBigEndian(bytes(publicExponent)) })
      for (const { tcId, comment, msg, sig, result } of tests) {
        const holds = rsaPssVerify(key, bytes(msg), bytes(sig))
        // where the file wants an empty salt, the one case that it made wrong by a salt of 32 bytes is the one that is right here
        const expected = sLen === 32 ? result === 'valid' : comment === 's_len changed to 32'
        assert.equal(holds, expected, `case ${tcId}`)
        counts[holds ? 'valid' : 'invalid'] += 1
      }
    }
    t.diagnostic(`${file}: ${counts.valid} hold, ${counts.invalid} do not`)
    assert.deepEqual([numberOfTests, counts], [total, { valid: holding, invalid: total - holding }])
  })
}
