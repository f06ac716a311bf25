/** Whose doing an error is: the caller's machine (`local`), the other side (`peer`), or the line between (`transport`). */
export type Fault = 'local' | 'peer' | 'transport'

/**
 * Every code of a `StalkError`: whose fault it is, when it is raised, and what its reader can do. A code never changes its meaning,
 * its message may. `closeCode` is what a
 * stalk/2 peer is told once there are keys, where that is not 2 (SPEC, stalk/2 §8).
 * docs/ERRORS.md is made from this table by `npm run docs`.
 */
export const errorTable = {
  // identities
  IDENTITY_NOT_FOUND: {
    fault: 'local',
    when: 'No identity was given and none of the default places has one.',
    remedy: 'Make one with `stalk keygen`, into the directory that you load from (`--out`), or pass `identity`.',
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
  PEER_UNKNOWN: {
    fault: 'local',
    when: 'The list of known peers has nothing about this server, and it was not to be added.',
    remedy:
      'Compare the fingerprint with what `stalk id` prints on the server; if it is the same, run the command in the message.',
    closeCode: 1,
  },
  PEER_CHANGED: {
    fault: 'peer',
    when: 'The server has another identity than the list of known peers says: a new key, or somebody in between.',
    remedy:
      'Ask whoever runs the server, over another way. Only if it really has a new key: `stalk trust remove`, then `stalk trust add`.',
  },
  PEER_LIST_INVALID: {
    fault: 'local',
    when: 'A line of a list of known or authorized peers is wrong: the message has the file and the line.',
    remedy: 'Mend the line, or put `#` before it.',
  },
  PEER_LIST_IO: {
    fault: 'local',
    when: 'A list of known or authorized peers could not be read, locked or written: the message has the reason.',
    remedy: 'Mend the path, its owner or the disk, and try again.',
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

  // stalk/2: before there are keys
  FOREIGN_PROTOCOL: {
    fault: 'peer',
    when: 'The first bytes of the peer are not those of stalk/2; the message says what they look like.',
    remedy:
      'Check host, port and protocol on both sides. There is no fallback: stalk/1 has to be asked for on both sides.',
  },
  STALK2_PREAMBLE_INVALID: {
    fault: 'peer',
    when: 'A preamble offers no suite, more than 16, or one twice.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  STALK2_NO_SUITE: {
    fault: 'peer',
    when: 'The connecting side offers no suite that is known here.',
    remedy: 'Update the older of the two sides.',
  },
  STALK2_REFUSED: {
    fault: 'peer',
    when: 'The listening side refused in clear, before the handshake (`error.peer.code`: 1 no suite, 2 busy, 3 malformed). Anybody on the line can say that.',
    remedy: 'Try again later if it is busy; otherwise update the older of the two sides.',
  },
  STALK2_RETRY_INVALID: {
    fault: 'peer',
    when: 'The listening side asks for another suite than it may: one that was not offered, the one that was tried, or a second time.',
    remedy: 'Somebody alters the line, or the peer speaks stalk/2 wrongly.',
  },
  STALK2_HANDSHAKE_LENGTH: {
    fault: 'peer',
    when: 'A handshake message is announced that is longer than `limits` allow.',
    remedy: 'The peer speaks stalk/2 wrongly, or the limit is too small.',
  },
  STALK2_HANDSHAKE_UNEXPECTED: {
    fault: 'peer',
    when: 'Bytes arrive in the handshake before it is the peer’s turn.',
    remedy: 'The peer speaks stalk/2 wrongly, or bytes were put into the line.',
  },

  // stalk/2: payloads and identities
  STALK2_PAYLOAD_MALFORMED: {
    fault: 'peer',
    when: 'A payload ends in the middle of an entry.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  STALK2_PAYLOAD_ORDER: {
    fault: 'peer',
    when: 'The types of a payload’s entries do not ascend: one comes twice or too late.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  STALK2_PAYLOAD_MISPLACED: {
    fault: 'peer',
    when: 'A payload has an entry that belongs into another message.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  STALK2_PAYLOAD_CRITICAL: {
    fault: 'peer',
    when: 'A payload has an entry of an unknown type that must not be ignored.',
    remedy: 'The peer needs something that this release does not have: update it.',
  },
  STALK2_PAYLOAD_VALUE: {
    fault: 'peer',
    when: 'An entry of a payload has a value that its type cannot have.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  STALK2_IDENTITY_INCOMPLETE: {
    fault: 'peer',
    when: 'A peer shows an identity without proving it, or a proof without an identity; or the listening side shows neither.',
    remedy: 'Treat the peer as hostile, or as one that speaks stalk/2 wrongly.',
  },
  STALK2_SIGNATURE_INVALID: {
    fault: 'peer',
    when: 'The signature of a handshake was not made by the identity’s key over this very handshake.',
    remedy: 'The peer is not who it says it is, or the handshake was altered or replayed.',
  },

  // stalk/2: the verdict, on the listening side
  ANONYMOUS_REFUSED: {
    fault: 'peer',
    when: 'A peer connects without an identity, and anonymous peers are not allowed.',
    remedy: 'The peer connects with an identity, or the listener says `allowAnonymous: true`.',
  },
  NOT_AUTHORIZED: {
    fault: 'peer',
    when: 'The listener’s `authorize` refused the peer.',
    remedy: 'Nothing, if that was meant; otherwise mend `authorize`.',
  },
  AUTHORIZATION_FAILED: {
    fault: 'local',
    when: 'The listener’s `authorize` threw, or gave no answer that it may give. The peer was not let in.',
    remedy: 'Mend `authorize`: `cause` has what it threw.',
    closeCode: 6,
  },
  AUTHORIZATION_TIMEOUT: {
    fault: 'local',
    when: 'The listener’s `authorize` did not answer in time. The peer was not let in.',
    remedy: 'Answer sooner, or raise `authorizeTimeoutMs`.',
    closeCode: 4,
  },
  NO_APPLICATION_PROTOCOL: {
    fault: 'peer',
    when: 'The two sides have no application protocol in common.',
    remedy: 'Offer one that the other side has.',
  },
  HANDSHAKE_EVICTED: {
    fault: 'local',
    when: 'More handshakes were unfinished at once than `maxHandshakes`: this one, the oldest of the busiest address, was given up.',
    remedy: 'Nothing, if strangers flood the listener; otherwise raise `maxHandshakes`.',
  },

  // stalk/2: the verdict, on the connecting side
  REJECTED_IDENTITY_REQUIRED: {
    fault: 'peer',
    when: 'The listener does not let anonymous peers in.',
    remedy: 'Connect with an identity.',
  },
  REJECTED_NOT_AUTHENTICATED: {
    fault: 'peer',
    when: 'The listener did not accept the proof of our identity.',
    remedy: 'Update the older of the two sides; if both are current, the handshake was altered on the way.',
  },
  REJECTED_NOT_ALLOWED: {
    fault: 'peer',
    when: 'The listener knows who we are and does not let us in; the message has its reason.',
    remedy: 'Ask whoever runs the listener to let this identity in.',
  },
  REJECTED_TICKET: {
    fault: 'peer',
    when: 'The listener did not accept our ticket, or wants one.',
    remedy: 'Get a new ticket.',
  },
  REJECTED_NO_PROTOCOL: {
    fault: 'peer',
    when: 'The listener has none of the application protocols that we offer.',
    remedy: 'Offer one that it has.',
  },
  REJECTED_BUSY: { fault: 'peer', when: 'The listener is busy.', remedy: 'Try again later.' },
  REJECTED_OTHER: {
    fault: 'peer',
    when: 'The listener rejected us with a code of its application, or one that is unknown here: `error.peer.code`.',
    remedy: 'Look at the reason in the message.',
  },

  // stalk/2: records
  RECORD_LENGTH: {
    fault: 'peer',
    when: 'A record is announced that is too short to be one.',
    remedy: 'The line was altered, or the peer speaks stalk/2 wrongly.',
  },
  RECORD_AUTH_FAILED: {
    fault: 'peer',
    when: 'A record does not authenticate: it was altered, replayed, reordered, or one before it was taken away.',
    remedy: 'Somebody alters the line, or it is broken: connect anew.',
  },
  RECORD_TYPE_UNKNOWN: {
    fault: 'peer',
    when: 'A record has an unknown type.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  RECORD_UNEXPECTED: {
    fault: 'peer',
    when: 'A record came that may not come now: something before the verdict, a second verdict, a verdict from the connecting side.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  RECORD_BODY_INVALID: {
    fault: 'peer',
    when: 'A CLOSE, REJECT, PING or PONG record does not have the form that it must have.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  RECORD_AFTER_CLOSE: {
    fault: 'peer',
    when: 'Bytes came after the peer had ended its direction.',
    remedy: 'The peer speaks stalk/2 wrongly, or bytes were put into the line.',
  },
  RECORD_EXPIRED: {
    fault: 'peer',
    when: 'The peer used its last record for something else than saying so.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CONNECTION_EXPIRED: {
    fault: 'local',
    when: 'This side has sent as many records as one connection may: 4,294,967,295. Or it has opened as many channels: 2,147,483,640.',
    remedy: 'Connect anew.',
    closeCode: 5,
  },
  FRAME_MALFORMED: {
    fault: 'peer',
    when: 'A frame’s numbers are not minimal or too large, or it goes on over the end of its record.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  FRAME_EMPTY: {
    fault: 'peer',
    when: 'A record without frames, an empty frame that ends nothing, or a message of no bytes.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  FRAME_COUNT: {
    fault: 'peer',
    when: 'A record has more than 4,096 frames.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  FRAME_CHANNEL: {
    fault: 'peer',
    when: 'A frame is of a channel that was not agreed upon.',
    remedy: 'The peer speaks stalk/2 wrongly, or needs something that this release does not have.',
  },
  PEER_MESSAGE_TOO_LARGE: {
    fault: 'peer',
    when: 'The peer sends a message that is longer than the limit which it was told.',
    remedy: 'The peer speaks stalk/2 wrongly.',
    closeCode: 3,
  },
  PEER_MESSAGE_INVALID: {
    fault: 'peer',
    when: 'A message of the peer is no spack within the limits.',
    remedy: 'Look at `cause`. The peer speaks stalk/2 wrongly, or its limits are larger than ours.',
  },
  MESSAGE_TRUNCATED: {
    fault: 'peer',
    when: 'The peer ended its direction, or that of a channel, in the middle of a message.',
    remedy: 'Treat the last message as not received.',
  },
  PING_FLOOD: {
    fault: 'peer',
    when: 'The peer sends more than 20 PINGs in 10 seconds.',
    remedy: 'Treat the peer as hostile, or as one that speaks stalk/2 wrongly.',
  },
  PEER_DEAD: {
    fault: 'transport',
    when: 'Nothing came from the peer in spite of a PING, for as long as `keepalive` says.',
    remedy: 'The peer or the line between is gone: connect anew.',
    closeCode: 4,
  },
  CLOSED_BY_PEER: {
    fault: 'peer',
    when: 'The peer gave the connection up and said why: `error.peer` has its code (1 going away, 2 protocol, 3 too large, 4 timeout, 5 expired, 6 internal, from 0x4000 the application’s) and its reason.',
    remedy: 'What was sent last may not have been read. Look at the reason; connect anew.',
  },
  KEY_LOG_FAILED: {
    fault: 'local',
    when: 'The file that `STALKKEYLOG` names cannot be written.',
    remedy: 'Mend the path, or unset the variable. `cause` has the system’s error.',
  },
  CAPTURE_INVALID: {
    fault: 'local',
    when: 'A captured connection that is to be inspected is empty, or one of its lines is neither JSON nor hexadecimal digits.',
    remedy: 'The message has the line; `stalk inspect --help` shows both forms.',
  },
  CAPTURE_TRUNCATED: {
    fault: 'local',
    when: 'A captured connection that is inspected ends inside a handshake message or a record.',
    remedy: 'Nothing if the connection was cut there; otherwise capture until it has ended.',
  },
  KEY_LOG_INVALID: {
    fault: 'local',
    when: 'A line of a key log is none.',
    remedy: 'The message has the line; give the file that `STALKKEYLOG` named.',
  },

  // channels
  CHANNEL_CONTROL_INVALID: {
    fault: 'peer',
    when: 'What the peer says about channels (a control message on channel 2) is malformed or of an unknown type.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_ID: {
    fault: 'peer',
    when: 'The peer opens a channel under a number that is not its next one.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_LIMIT: {
    fault: 'peer',
    when: 'The peer has more channels open than it was told that it may.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_UNKNOWN: {
    fault: 'peer',
    when: 'A frame or a control message is of a channel that was never opened.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_ENDED: {
    fault: 'peer',
    when: 'The peer goes on with a channel, or opens one, after it had ended that.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_CREDIT_EXCEEDED: {
    fault: 'peer',
    when: 'The peer sends more on a channel than it has credit for.',
    remedy: 'The peer speaks stalk/2 wrongly, or means to fill our memory.',
  },
  CHANNEL_CREDIT_OVERFLOW: {
    fault: 'peer',
    when: 'The peer grants more credit on a channel than there can be: 4,294,967,295 bytes.',
    remedy: 'The peer speaks stalk/2 wrongly.',
  },
  CHANNEL_FLOOD: {
    fault: 'peer',
    when: 'The peer opens channels and gives them up again, more than 10,000 at once or 1,000 a second.',
    remedy: 'Treat the peer as hostile, or let it wait for answers instead of giving up so many.',
  },
  CHANNEL_RESET: {
    fault: 'peer',
    when: 'The peer gave a channel up: `error.peer` has its code (0 not wanted any more, 1 refused, 2 internal error, from 0x4000 the application’s) and its reason. The connection goes on.',
    remedy:
      'What was sent on it last may not have been read. What was refused (1) was not looked at: it can be tried again.',
  },
  CHANNEL_TRUNCATED: {
    fault: 'peer',
    when: 'The peer ended the connection’s direction before it had ended the channel.',
    remedy: 'Treat what came on the channel as not complete.',
  },
  CHANNEL_CLOSED: {
    fault: 'local',
    when: 'Something was sent on a channel, or waited for, after this side had ended it or given it up.',
    remedy: 'Send before `end()` or `close()`; open another channel.',
  },
  CHANNELS_UNAVAILABLE: {
    fault: 'local',
    when: 'A channel should be opened, and this side or the peer does not have any: `limits.maxChannels` is 0, or the release is older.',
    remedy: 'Use the connection’s own messages, or allow channels on both sides.',
  },
  TOO_MANY_CHANNELS: {
    fault: 'local',
    when: 'A channel should be opened, and as many are open as the peer allows (`limits.maxChannels` there).',
    remedy: 'End channels that are done; raise the limit on the other side.',
  },

  // connections
  HANDSHAKE_TRUNCATED: {
    fault: 'transport',
    when: 'The line ended before the handshake was complete.',
    remedy: 'The peer refused us without a word, speaks another protocol, or the line was cut: look at the peer’s log.',
  },
  HANDSHAKE_TIMEOUT: {
    fault: 'peer',
    closeCode: 4,
    when: 'The handshake, or what a trust policy does for it, was not complete within its deadline.',
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
    when: 'The line ended where it must not: in the middle of a message, or (stalk/2) before the peer had said that it was done.',
    remedy: 'What the peer sent last may be missing; connect anew.',
  },
  CONNECTION_LOST: {
    fault: 'transport',
    when: 'The system reported that the line is gone (reset, unreachable, timed out).',
    remedy: 'What was sent last may not have arrived: connect anew. `cause` has the system’s error.',
  },
  CONNECTION_CLOSED: {
    fault: 'local',
    when: 'Something was sent, or waited for, after this side had closed the connection or its sending half; to `reconnecting` also: the peer has ended it, in good order.',
    remedy: 'Send before `close()` or `end()`; connect anew, which `reconnecting` does by itself.',
    closeCode: 1,
  },
  CLOSE_TIMEOUT: {
    fault: 'peer',
    closeCode: 4,
    when: 'A connection was closed and the peer did not take what was still queued in time: it is lost.',
    remedy: 'Find out why the peer does not read; `await flush()` before `close()` waits for as long as it takes.',
  },
  HANDLER_FAILED: {
    fault: 'local',
    when: 'The handler of a connection threw, so the connection was given up.',
    remedy: 'Mend the handler: `cause` has what it threw.',
    closeCode: 6,
  },
  INTERNAL: {
    fault: 'local',
    when: 'Something happened that must not: a defect in stalk. The connection is given up.',
    remedy: 'Report it with `cause`.',
    closeCode: 6,
  },
  SEND_QUEUE_FULL: {
    fault: 'local',
    when: 'More was sent than the peer took, up to `limits.maxQueuedBytes` or `maxQueuedMessages`. Nothing was sent, the connection goes on.',
    remedy: 'Wait for `await connection.flush()` when `send` answers false.',
  },
  RECONNECT_GAVE_UP: {
    fault: 'transport',
    when: 'A reconnecting connection failed as many times in a row as `backoff.maxAttempts` says; `cause` has the last reason.',
    remedy: 'See to the cause. `unsent` and `unconfirmed` have the messages that are left.',
  },
  IDLE_TIMEOUT: {
    fault: 'local',
    when: 'No message was sent either way for `idleTimeoutMs`.',
    remedy: 'Connect again when there is something to say, or raise `idleTimeoutMs`.',
    closeCode: 4,
  },
  LISTENER_BUSY: {
    fault: 'local',
    when: 'A peer was turned away: there are `maxConnections` connections, or it connects more often than `handshakeRate` allows.',
    remedy: 'Raise the limit if these are peers that you want; they are told that the listener is busy.',
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
