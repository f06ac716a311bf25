/** Whose doing an error is: the caller's machine (`local`), the other side (`peer`), or the line between (`transport`). */
export type Fault = 'local' | 'peer' | 'transport'

/**
 * Every code of {@link StalkError}: whose fault it is, when it is raised, and what its reader can do. A code never changes its meaning,
 * its message may.
 * docs/ERRORS.md is made from this table by `npm run docs`.
 */
export const errorTable = {
  // identities
  IDENTITY_NOT_FOUND: {
    fault: 'local',
    when: 'No identity was given and none of the default places has one.',
    remedy:
      'Make one with `stalk keygen --protocol stalk/1`, into the directory that you load from (`--out`), or pass `identity`.',
  },
  IDENTITY_EXISTS: {
    fault: 'local',
    when: 'Saving would overwrite an identity.',
    remedy: 'Choose another directory, or say `force: true` (`--force`) to replace the old key for good.',
  },
  IDENTITY_FILE_INVALID: {
    fault: 'local',
    when: 'An identity file is neither PEM nor the raw format, is damaged, or its two halves do not belong together.',
    remedy: 'Restore the file from a backup or make a new identity.',
  },
  IDENTITY_FILE_EXPOSED: {
    fault: 'local',
    when: 'The private key file can be read or written by other users.',
    remedy: '`chmod 600` it; if others could have read it, make a new identity.',
  },
  IDENTITY_FILE_IO: {
    fault: 'local',
    when: 'An identity file could not be read or written: the message has the reason of the system.',
    remedy: 'Mend the path, its owner or the disk, and try again.',
  },
  IDENTITY_PASSPHRASE: {
    fault: 'local',
    when: 'The private key is encrypted and the passphrase is missing or wrong.',
    remedy: 'Pass the right `passphrase`.',
  },
  IDENTITY_TEXT_INVALID: {
    fault: 'local',
    when: 'A text is not what `identity.toString()` makes.',
    remedy: 'Copy the whole line that `stalk id --only identity` prints.',
  },
  IDENTITY_PROTOCOL: {
    fault: 'local',
    when: 'An identity of one protocol was used for another: a key that signs stalk/1 must never sign stalk/2.',
    remedy: 'Make an identity for the protocol: `stalk keygen --protocol stalk/1` or `--protocol stalk/2`.',
  },
  IDENTITY_PRIVATE_MISSING: {
    fault: 'local',
    when: 'An identity without its private key (a peer’s) was used as one’s own.',
    remedy: 'Load the identity from the directory that has its `id_priv`.',
  },

  // keys
  RSA_MODULUS_TOO_SMALL: {
    fault: 'peer',
    when: 'An RSA modulus has fewer bits than the limit (2,048).',
    remedy: 'The owner of the key makes a larger one.',
  },
  RSA_MODULUS_TOO_LARGE: {
    fault: 'peer',
    when: 'An RSA modulus has more bits than the limit: 8,192, or `limits.maxModulusBits` for a peer’s.',
    remedy: 'The owner of the key makes a smaller one, or raise the limit.',
  },
  RSA_MODULUS_EVEN: {
    fault: 'peer',
    when: 'An RSA modulus is even.',
    remedy: 'The owner of the key makes a new one.',
  },
  RSA_MODULUS_BITS: {
    fault: 'peer',
    when: 'The bits of an RSA modulus are not a multiple of 8.',
    remedy: 'The owner of the key makes one of 2,048, 3,072 or 4,096 bits.',
  },
  RSA_EXPONENT_EVEN: {
    fault: 'peer',
    when: 'An RSA public exponent is even.',
    remedy: 'The owner of the key makes a new one.',
  },
  RSA_EXPONENT_TOO_SMALL: {
    fault: 'peer',
    when: 'An RSA public exponent is below 3.',
    remedy: 'The owner of the key makes a new one.',
  },
  RSA_EXPONENT_TOO_LARGE: {
    fault: 'peer',
    when: 'An RSA public exponent is above the modulus.',
    remedy: 'The owner of the key makes a new one.',
  },
  RSA_EXPONENT_NOT_65537: {
    fault: 'peer',
    when: 'The public exponent of a stalk/2 RSA key is not 65537.',
    remedy: 'The owner of the key makes one for stalk/2: `stalk keygen --protocol stalk/2`.',
  },
  RSA_KEY_MISMATCH: {
    fault: 'local',
    when: 'The numbers of an RSA private key do not belong together.',
    remedy: 'Restore the key from a backup or make a new one.',
  },
  ED25519_KEY_INVALID: {
    fault: 'peer',
    when: 'An Ed25519 public key is of low order or not in its canonical encoding.',
    remedy: 'Nobody honest has such a key: treat the peer as hostile.',
  },
  SPKI_INVALID: {
    fault: 'peer',
    when: 'A SubjectPublicKeyInfo is not exactly the canonical DER of an Ed25519 or RSA key.',
    remedy: 'The owner of the key sends it as `stalk id` prints it.',
  },
  RSA_KEY_TOO_COSTLY: {
    fault: 'peer',
    when: 'A peer’s RSA key has more than 3,072 bits and an exponent of more than 64, so that verifying its signature would take long.',
    remedy:
      'The owner makes a smaller key, or one with the exponent 65537; or raise `limits.maxModulusBitsWithLargeExponent`.',
  },
  SHARED_SECRET_ZERO: {
    fault: 'peer',
    when: 'The X25519 shared secret is all zero.',
    remedy: 'Nobody honest sends such a key: treat the peer as hostile.',
  },

  // the stalk/1 handshake
  STALK1_PACKET_INVALID: {
    fault: 'peer',
    when: 'Bytes are not a well-formed packet within the limits, or an encrypted one, from the fin on, carries something else than one `byte[]`.',
    remedy: 'Look at `cause`. The peer does not speak stalk/1, or speaks it wrongly.',
  },
  STALK1_HANDSHAKE_INVALID: {
    fault: 'peer',
    when: 'A hello, ack or fin has the wrong code, the wrong number of elements, or an element of the wrong type.',
    remedy: 'The peer does not speak stalk/1, or speaks it wrongly.',
  },
  STALK1_EPHEMERAL_LENGTH: {
    fault: 'peer',
    when: 'The peer’s ephemeral key is not exactly 32 bytes (longer ones carry forged or recorded signatures).',
    remedy: 'Nobody honest sends such a key: treat the peer as hostile.',
  },
  STALK1_EPHEMERAL_LOW_ORDER: {
    fault: 'peer',
    when: 'The peer’s ephemeral key is a point of low order, which would make the session key known to everybody.',
    remedy: 'Nobody honest sends such a key: treat the peer as hostile.',
  },
  STALK1_EPHEMERAL_REFLECTED: {
    fault: 'peer',
    when: 'The peer sent our own ephemeral key back.',
    remedy: 'Nobody honest does that: treat the peer as hostile.',
  },
  STALK1_IV_LENGTH: {
    fault: 'peer',
    when: 'The initialisation vector of a hello is not exactly 16 bytes.',
    remedy: 'The peer does not speak stalk/1, or speaks it wrongly.',
  },
  STALK1_SIGNATURE_LENGTH: {
    fault: 'peer',
    when: 'A signature is not exactly as long as the modulus.',
    remedy: 'The peer does not speak stalk/1, or speaks it wrongly.',
  },
  STALK1_SIGNATURE_TRIVIAL: {
    fault: 'peer',
    when: 'A signature is 0, 1, n-1 or not below n: values that anybody can make for any key.',
    remedy: 'Nobody honest sends such a signature: treat the peer as hostile.',
  },
  STALK1_SIGNATURE_INVALID: {
    fault: 'peer',
    when: 'A signature was not made by the identity’s key over the ephemeral key.',
    remedy: 'The peer is not who it says it is, or the handshake was altered on the way.',
  },
  STALK1_FIN_INVALID: {
    fault: 'peer',
    when: 'The last message of the handshake does not decrypt to its code: the two sides do not share a key.',
    remedy: 'The handshake was altered or replayed, or the peer speaks it wrongly.',
  },
  STALK1_OUT_OF_STEP: {
    fault: 'peer',
    when: 'A message does not decrypt: both sides talked at once (stalk/1 has one keystream for both directions), or it was altered on the way.',
    remedy: 'Take turns: wait for the reply before you send again, and connect anew.',
  },
  PIN_MISMATCH: {
    fault: 'peer',
    when: 'The server’s identity is not the one that was pinned.',
    remedy:
      'Find out why: a new key on the server, the wrong address, or somebody in between. Do not just replace the pin.',
  },
  PIN_EXPONENT_MISMATCH: {
    fault: 'peer',
    when: 'The server announces the modulus that was pinned with another exponent.',
    remedy: 'Nobody honest does that: treat the peer as hostile.',
  },

  // noise
  NOISE_DECRYPT_FAILED: {
    fault: 'peer',
    when: 'An encrypted part of a Noise handshake message does not authenticate.',
    remedy:
      'The handshake was altered, cut or replayed on the way, or the two sides do not have the same prologue, keys or pre-shared keys.',
  },
  NOISE_MESSAGE_LENGTH: {
    fault: 'peer',
    when: 'A Noise handshake message is too short for the keys in it, or longer than 65,535 bytes.',
    remedy: 'The peer does not speak the protocol, or speaks it wrongly, or the message was cut on the way.',
  },
  NOISE_NONCE_EXHAUSTED: {
    fault: 'local',
    when: 'A Noise key has been used for as many messages as it may.',
    remedy: 'Connect anew.',
  },

  // connections
  HANDSHAKE_TRUNCATED: {
    fault: 'transport',
    when: 'The line ended before the handshake was complete.',
    remedy: 'The peer refused us without a word, speaks another protocol, or the line was cut: look at the peer’s log.',
  },
  HANDSHAKE_TIMEOUT: {
    fault: 'peer',
    when: 'The handshake was not complete within its deadline.',
    remedy:
      'Check that the peer speaks stalk; raise `timeoutMs` (connect) or `handshakeTimeoutMs` (listen) on slow lines.',
  },
  CONNECT_FAILED: {
    fault: 'transport',
    when: 'No TCP connection could be made.',
    remedy: 'Check host, port and that the listener runs; `cause` has the system’s error.',
  },
  LISTEN_FAILED: {
    fault: 'local',
    when: 'The address could not be listened on.',
    remedy: 'Choose a free port and an address of this machine; `cause` has the system’s error.',
  },
  CONNECTION_TRUNCATED: {
    fault: 'transport',
    when: 'The line ended in the middle of a message.',
    remedy: 'Treat the last message as not received; connect anew.',
  },
  CONNECTION_LOST: {
    fault: 'transport',
    when: 'The system reported that the line is gone (reset, unreachable, timed out).',
    remedy: 'What was sent last may not have arrived: connect anew. `cause` has the system’s error.',
  },
  CONNECTION_CLOSED: {
    fault: 'local',
    when: 'Something was sent, or waited for, after this side had closed the connection or its sending half.',
    remedy: 'Send before `close()` or `end()`; connect anew.',
  },
  CLOSE_TIMEOUT: {
    fault: 'peer',
    when: 'A connection was closed and the peer did not take what was still queued in time: it is lost.',
    remedy: 'Find out why the peer does not read; `await flush()` before `close()` waits for as long as it takes.',
  },
  INTERNAL: {
    fault: 'local',
    when: 'Something happened that must not: a defect in stalk. The connection is given up.',
    remedy: 'Report it with `cause`.',
  },
  MESSAGE_TOO_LARGE: {
    fault: 'local',
    when: 'A message that should be sent exceeds `limits.maxMessageBytes`, or has more elements or longer arrays than go with that.',
    remedy: 'Send it in pieces, or raise the limit on both sides.',
  },
  MESSAGE_INVALID: {
    fault: 'local',
    when: 'A message that should be sent cannot be written in the form which the protocol uses.',
    remedy: 'Look at `cause`.',
  },
} as const

/** A code of {@link errorTable}. */
export type StalkErrorCode = keyof typeof errorTable

/** Everything that goes wrong in stalk but for a caller’s misuse, which is a `TypeError` or a `RangeError`. */
export class StalkError extends Error {
  override readonly name = 'StalkError'
  /** What went wrong: stable, for programs. */
  readonly code: StalkErrorCode

  /**
   * @param code a code of the table
   * @param message what a user can act on; never key material or payload
   * @param cause the error below it, if any
   */
  constructor(code: StalkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }

  /** Whose doing it is. */
  get fault(): Fault {
    return errorTable[this.code].fault
  }
}
