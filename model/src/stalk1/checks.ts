// The attacks on the seed protocol, by their names in docs/THREATS.md: the same search must find them.
import type { Check } from '../check.js'
import type { Property } from '../explore.js'
import { agreement, hiding, identityBinding, injectivity, integrity, roles, secrecy } from '../properties.js'
import { scenario, type Setting } from './scenarios.js'

function check(setting: Setting, properties: readonly Property[], broken: readonly Property[]): Check {
  return { name: setting.name, scenario: scenario(setting), properties, breaks: broken, completes: [] }
}

function breaks(isOriginal: boolean, setting: Omit<Setting, 'isOriginal'>, ...broken: readonly Property[]): Check {
  return check({ ...setting, isOriginal }, broken, broken)
}

/** What succeeds on both: the format leaves no way to refuse it. */
function attacksOnEither(isOriginal: boolean): readonly Check[] {
  const crossed = [{}, { self: 'Bob', pin: 'Alice' }]
  return [
    breaks(isOriginal, { name: 'b: a message whose content is known is changed' }, integrity),
    breaks(
      isOriginal,
      { name: 'd: an ack of a recorded connection is played again', old: 'recorded', responders: [] },
      agreement,
    ),
    breaks(
      isOriginal,
      { name: 'd: the same, once its ephemeral key is known', old: 'leaked', responders: [] },
      secrecy,
    ),
    breaks(isOriginal, { name: 'e: another name on the client’s ephemeral key' }, identityBinding),
    breaks(
      isOriginal,
      { name: 'e: another name on the server’s, towards a client that wants it', initiators: [{ pin: 'Mallory' }] },
      identityBinding,
    ),
    breaks(isOriginal, { name: 'e2: two clients are crossed', initiators: crossed, responders: [] }, roles),
    breaks(
      isOriginal,
      { name: 'other: names are in clear, an eavesdropper', isPassive: true, hidden: ['Alice'] },
      hiding,
    ),
  ]
}

export const original: readonly Check[] = [
  breaks(true, { name: 'a1: a server of zeros, with a pinned client', responders: [] }, secrecy, agreement),
  breaks(true, { name: 'a4: a client of zeros', initiators: [] }, secrecy, agreement),
  ...attacksOnEither(true),
  breaks(true, { name: 'e2: a hello comes back as an ack', initiators: [{ pin: 'Alice' }], responders: [] }, agreement),
]

export const here: readonly Check[] = [
  check({ name: 'a1: refused', isOriginal: false, responders: [] }, [secrecy, agreement], []),
  check({ name: 'a4: refused', isOriginal: false, initiators: [] }, [secrecy, agreement], []),
  ...attacksOnEither(false),
  check(
    { name: 'e2: a hello as an ack, refused', isOriginal: false, initiators: [{ pin: 'Alice' }], responders: [] },
    [agreement],
    [],
  ),
  check(
    {
      name: 'keys of a pinned client stay secret, whatever leaks later',
      isOriginal: false,
      leaks: ['Alice', 'Bob'],
    },
    [secrecy, injectivity],
    [],
  ),
]
