/**
 * Every code of {@link SpackError}: a code never changes its meaning, its message may.
 * Each entry says when it is raised and what can be done about it: docs/ERRORS.md is made from this table.
 */
export const spackErrorTable = {
  // the packet as a whole
  SPACK_TRUNCATED: {
    when: 'The bytes end before the packet does.',
    remedy: 'Give `decode` the whole packet; for bytes that arrive in pieces use `PacketStream`.',
  },
  SPACK_TRAILING_BYTES: {
    when: 'Bytes follow the end of a classic packet.',
    remedy: 'Give `decode` exactly one packet; for several in a row use `PacketStream`.',
  },
  SPACK_HASH_MISMATCH: {
    when: 'The SHA-256 of a classic packet is not that of its content.',
    remedy: 'The bytes were damaged, altered or decrypted with the wrong key: ask for them again.',
  },
  SPACK_NEGATIVE_SIZE: {
    when: 'The size of the types or of the data is below zero.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_PACKET_TOO_LARGE: {
    when: 'A packet is, or says that it is, longer than `maxPacketBytes`.',
    remedy: 'Split the message, or raise `limits.maxPacketBytes` on both sides.',
  },

  // numbers
  SPACK_NONCANONICAL: {
    when: 'A LEB128 number is longer than its value needs.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_LEB128_UNTERMINATED: {
    when: 'The types or the data end inside a LEB128 number.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_INTEGER_TOO_LONG: {
    when: 'An integer takes more than `maxIntegerBytes` bytes.',
    remedy: 'Send it as bytes, or raise `limits.maxIntegerBytes` on both sides.',
  },

  // the types
  SPACK_TYPES_TRUNCATED: {
    when: 'The types end inside a type: an array without its element type, a string or an array without its length.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_UNKNOWN_TYPE: {
    when: 'A type code is none of those that the specification knows.',
    remedy: 'The sender may speak a newer version, or another protocol.',
  },
  SPACK_UNKNOWN_ARRAY_TYPE: {
    when: 'An array’s element type is none of integer, float32, float64 and byte.',
    remedy: 'Arrays hold numbers only: send strings as elements of their own.',
  },
  SPACK_NEGATIVE_LENGTH: {
    when: 'The length of a string or an array is below zero.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_EMPTY_ARRAY: {
    when: 'A classic packet has an integer[], float32[] or float64[] without entries, which the original cannot read.',
    remedy: 'Leave the element out or send an empty byte[]; the compact form allows empty arrays.',
  },
  SPACK_EXTENDED_TYPE: {
    when: 'A packet for the classic form has a null, boolean, bigint, date, list or map.',
    remedy: 'Use the compact form (stalk/2), or say it with the classic types.',
  },
  SPACK_TOO_MANY_ELEMENTS: {
    when: 'A packet has more than `maxElements` elements, those inside lists and maps included.',
    remedy: 'Use arrays or several packets, or raise `limits.maxElements` on both sides.',
  },
  SPACK_STRING_TOO_LONG: {
    when: 'A string has more than `maxStringBytes` bytes of UTF-8.',
    remedy: 'Send it in parts, or raise `limits.maxStringBytes` on both sides.',
  },
  SPACK_ARRAY_TOO_LONG: {
    when: 'An array has more than `maxArrayLength` entries, or a byte[] more than `maxByteArrayBytes` bytes.',
    remedy: 'Send it in parts, or raise the limit on both sides.',
  },

  // the data
  SPACK_DATA_TRUNCATED: {
    when: 'The data end before all elements that the types, or the count of a list or a map, announce.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_DATA_UNUSED: {
    when: 'Data are left over after the last element that the types announce.',
    remedy: 'If strings are involved, the sender may have counted characters where bytes are meant. Ask the sender.',
  },
  SPACK_INVALID_UTF8: {
    when: 'A string is not valid UTF-8: overlong, cut, a surrogate, or above U+10FFFF.',
    remedy: 'If it has other than ASCII, the sender may have counted characters where bytes are meant. Ask the sender.',
  },
  SPACK_BOOLEAN_INVALID: {
    when: 'The byte of a boolean is neither 0 nor 1.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_DATE_INVALID: {
    when: 'A date is further from 1970 than 8.64e15 milliseconds.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_DUPLICATE_KEY: {
    when: 'A map has a key twice.',
    remedy: 'The sender’s encoder is wrong: it has to be mended there.',
  },
  SPACK_TOO_DEEP: {
    when: 'Lists and maps are inside each other more than `maxDepth` times.',
    remedy: 'Send a flatter structure, or raise `limits.maxDepth` on both sides.',
  },
  SPACK_NOT_ONE_VALUE: {
    when: 'A packet of no element or of several was asked for its one value, with `toValue`.',
    remedy: 'The sender did not make it with `Spack.from`: use `values()`, or ask the sender.',
  },

  // schemas
  SPACK_SCHEMA_MISMATCH: {
    when: 'An element is of another type than the schema says.',
    remedy: 'The peer has another schema: compare the fingerprints.',
  },
  SPACK_FIELD_MISSING: {
    when: 'A packet, or a struct in it, ends before a field that the schema requires.',
    remedy: 'The peer has another schema: new fields have to be optional, and at the end.',
  },
  SPACK_INTEGER_UNSAFE: {
    when: 'An integer is beyond 2^53 - 1 where the schema has `integer`, which is a number.',
    remedy: 'Use the kind `bigint`.',
  },
  SPACK_VALUE_UNKNOWN: {
    when: 'A string is none of an enumeration, or the name of none of a union’s variants.',
    remedy: 'The peer has another schema: compare the fingerprints.',
  },
  SPACK_FORM_INVALID: {
    when: 'A form that `kindOf` was given is not the canonical form of a kind.',
    remedy: 'Whoever described the kind speaks a newer version, or wrongly.',
  },
} as const

/** The codes of {@link SpackError}. */
export type SpackErrorCode = keyof typeof spackErrorTable

/**
 * What `encode`, `decode` and `PacketStream` throw when bytes are no valid packet or a limit is exceeded.
 * The message has the byte offset, what was found there and what was expected. Misuse of the API is a
 * `TypeError` or a `RangeError` instead.
 */
export class SpackError extends Error {
  override readonly name = 'SpackError'
  /** What went wrong: stable, for programs. */
  readonly code: SpackErrorCode
  /** Where a value is that a schema refuses, such as `place.lat` or `samples[3]`; empty where there is no schema. */
  readonly path: string

  constructor(code: SpackErrorCode, message: string, path = '') {
    super(message)
    this.code = code
    this.path = path
  }
}
