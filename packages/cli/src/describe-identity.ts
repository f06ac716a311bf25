import type { Identity } from '@stalk/core'

/** How the public half of an identity is printed. */
export type IdentityForm = 'lines' | 'json' | 'fingerprint' | 'identity'

/**
 * The public half of an identity: two labelled lines, one line of JSON, or only one of the two values.
 *
 * @param extra more members for the JSON
 */
export function describeIdentity(
  identity: Identity,
  form: IdentityForm,
  extra: Readonly<Record<string, string>> = {},
): string {
  const { fingerprint, protocol, type, keysize } = identity
  const text = identity.toString()
  switch (form) {
    case 'lines':
      return `fingerprint  ${fingerprint}\nidentity     ${text}`
    case 'json':
      return JSON.stringify({ protocol, type, bits: keysize, fingerprint, identity: text, ...extra })
    case 'fingerprint':
      return fingerprint
    case 'identity':
      return text
  }
}
