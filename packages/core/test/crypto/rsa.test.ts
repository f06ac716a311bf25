import assert from 'node:assert/strict'
import { getDiffieHellman } from 'node:crypto'
import { test } from 'node:test'
import { bitLength, modPow, toBigEndian } from '#src/crypto/big-integer.js'
import { publicHalf } from '#src/crypto/key-object.js'
import {
  generateRsa,
  rsaPrivateKey,
  rsaPrivateNumbers,
  rsaPublicKey,
  rsaPublicNumbers,
  textbookRecover,
  textbookSign,
} from '#src/crypto/rsa.js'
import { checkRsaNumbers, completeRsaNumbers, recoverPrimes } from '#src/crypto/rsa-numbers.js'
import { vectorIdentities, vectorIdentity } from '../identity/vectors.js'

const message = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)

for (const { name, n, e, d, p, q } of vectorIdentities) {
  test(`${name}: the primes recovered from n, e and d are the recorded ones`, () => {
    const found = recoverPrimes({ n, e, d })
    assert.deepEqual(found, p > q ? { p, q } : { p: q, q: p })
    assert.deepEqual(recoverPrimes({ n, e, d }), found)
  })

  test(`${name}: a textbook signature is m^d mod n and recovers the message with leading zeros`, () => {
    const key = rsaPrivateKey({ n, e, d })
    const signature = textbookSign(key, message)
    const length = bitLength(n) / 8
    assert.deepEqual(signature, toBigEndian(modPow(BigInt(`0x${Buffer.from(message).toString('hex')}`), d, n), length))
    const recovered = textbookRecover({ n, e }, signature)
    assert.deepEqual(recovered, Uint8Array.from([...new Uint8Array(length - 32), ...message]))
    assert.deepEqual(rsaPrivateNumbers(key), { n, e, d })
    assert.deepEqual(rsaPublicNumbers(publicHalf(key)), { n, e })
  })
}

test('a message that begins with zero bytes is the same number without them', () => {
  const { n, e, d } = vectorIdentity('pub-b')
  const key = rsaPrivateKey({ n, e, d })
  assert.deepEqual(textbookSign(key, Uint8Array.of(0, 0, 5, 6)), textbookSign(key, Uint8Array.of(5, 6)))
})

test('a message that is not below the modulus is a RangeError', () => {
  const { n, e, d } = vectorIdentity('pub-b')
  const key = rsaPrivateKey({ n, e, d })
  assert.throws(() => textbookSign(key, new Uint8Array(129)), RangeError)
  assert.throws(() => textbookSign(key, new Uint8Array(128).fill(255)), RangeError)
  assert.throws(() => textbookSign(rsaPublicKey({ n, e }), message), RangeError)
})

test('a signature of another length or not below n is a RangeError', () => {
  for (const name of ['pub-b', 'pub-4096']) {
    const { n, e } = vectorIdentity(name)
    const length = bitLength(n) / 8
    for (const number of [n, n + 1n, (1n << BigInt(8 * length)) - 1n]) {
      const signature = toBigEndian(number, length)
      assert.throws(() => textbookRecover({ n, e }, signature), RangeError)
    }
    for (const wrong of [length - 1, length + 1, 0]) {
      const signature = new Uint8Array(wrong).fill(2)
      assert.throws(() => textbookRecover({ n, e }, signature), RangeError)
    }
  }
})

test('a modulus that a hostile peer made prime costs no more than another', () => {
  const n = BigInt(`0x${getDiffieHellman('modp16').getPrime('hex')}`)
  const signature = toBigEndian(5n, 512)
  const start = performance.now()
  assert.deepEqual(textbookRecover({ n, e: n - 2n }, signature), toBigEndian(modPow(5n, n - 2n, n), 512))
  assert.ok(performance.now() - start < 2000)
})

test('a large exponent with a large modulus gives s^e mod n, also when the result has leading zeros', () => {
  const { n } = vectorIdentity('pub-4096')
  const e = (1n << 70n) + 1n
  const signature = toBigEndian(3n, 512)
  assert.deepEqual(textbookRecover({ n, e }, signature), toBigEndian(modPow(3n, e, n), 512))
  const { e: original, d } = vectorIdentity('pub-4096')
  const zeros = textbookRecover({ n, e: original }, toBigEndian(modPow(7n, d, n), 512))
  assert.deepEqual(zeros, toBigEndian(7n, 512))
})

test('RSA_KEY_MISMATCH: an exponent, a modulus or a factor of another key', () => {
  const { n, e, d } = vectorIdentity('pub-b')
  const mismatch = { code: 'RSA_KEY_MISMATCH', fault: 'local' }
  for (const numbers of [
    { n, e, d: d + 2n },
    { n, e: e + 2n, d },
    { n: n + 2n, e, d },
    { n: n + 1n, e, d },
    { n, e, d: d + 1n },
    { n, e: 1n, d: 1n },
    { n, e, d: 0n },
    { n: 1n, e: 3n, d: 3n },
    // 13 is prime and 25 the square of one: nothing to recover, or nothing that works
    { n: 13n, e: 5n, d: 5n },
    { n: 25n, e: 3n, d: 7n },
  ]) {
    assert.throws(() => completeRsaNumbers(numbers), mismatch)
  }
})

test('RSA_KEY_MISMATCH: each number of a private key that does not follow from the others', () => {
  const { n, e, d } = vectorIdentity('pub-b')
  const whole = completeRsaNumbers({ n, e, d })
  checkRsaNumbers(whole)
  for (const member of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    const wrong = { ...whole, [member]: whole[member] + 2n }
    assert.throws(
      () => {
        checkRsaNumbers(wrong)
      },
      { code: 'RSA_KEY_MISMATCH' },
      member,
    )
  }
  assert.throws(
    () => {
      checkRsaNumbers({ ...whole, p: 1n, q: n })
    },
    { code: 'RSA_KEY_MISMATCH' },
  )
})

test('a generated key has the bits asked for and e = 65537', async () => {
  const { n, e } = rsaPublicNumbers(publicHalf(await generateRsa(1024)))
  assert.equal(bitLength(n), 1024)
  assert.equal(e, 65537n)
})

test('a key that cannot be generated is a rejection', async () => {
  await assert.rejects(async () => generateRsa(8))
})
