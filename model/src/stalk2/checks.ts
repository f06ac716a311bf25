// What is asked of stalk/2, and of stalk/2 with something taken out.
import type { Check } from '../check.js'
import type { Property } from '../explore.js'
import {
  agreement,
  bestSuite,
  everything,
  hiding,
  hidingFromAll,
  identityBinding,
  injectivity,
  secrecy,
} from '../properties.js'
import { scenario, type Setting } from './scenarios.js'
import { asSpecified, unsigned, type Variant } from './variant.js'

const bothSuites = [[1, 2], [2, 1], [1], [2]]
const protocols = {
  initiators: [{ offer: ['x', 'y'] }],
  responders: [{ protocols: ['y', 'x'] }],
  offers: [[], ['x', 'y'], ['y', 'x'], ['y']],
}
const crossing = [{}, { self: 'Bob', pin: 'Alice' }]
const toMallory = { pin: 'Mallory' }

function holds(setting: Setting, isLong = false): Check {
  const sessions = scenario(setting).sessions.map(({ name }) => name)
  return { ...check(setting, everything, []), completes: sessions, isLong }
}

function breaks(setting: Setting, ...broken: readonly Property[]): Check {
  return check(setting, broken, broken)
}

function check(setting: Setting, properties: readonly Property[], broken: readonly Property[]): Check {
  return { name: setting.name, scenario: scenario(setting), properties, breaks: broken, completes: [] }
}

/** As specified. Every property must hold in every state. */
export const specified: readonly Check[] = [
  holds({ name: 'an eavesdropper, nobody’s name known', isPassive: true, hidden: ['Alice', 'Bob'] }),
  holds({ name: 'one connection, Alice’s name unknown', hidden: ['Alice'], responders: [{}, {}] }),
  holds({ name: 'the same two sides several times', initiators: [{}, {}], responders: [{}, {}] }),
  holds({ name: 'three responders', responders: [{}, {}, {}] }, true),
  holds({ name: 'an initiator that wants Mallory', initiators: [{}, toMallory] }),
  holds({ name: 'the same, two responders', initiators: [{}, toMallory], responders: [{}, {}] }, true),
  holds({ name: 'an initiator that takes anybody', initiators: [{}, { pin: null }] }),
  holds({ name: 'the same, two responders', initiators: [{}, { pin: null }], responders: [{}, {}] }, true),
  holds({
    name: 'an anonymous initiator',
    initiators: [{ self: null }, {}],
    responders: [{ allowsAnonymous: true }, {}],
  }),
  holds({
    name: 'both in both roles, one to herself',
    initiators: [...crossing, { pin: 'Alice' }],
    responders: [{}, { self: 'Alice' }],
  }),
  holds({ name: 'both keys leak at any time', leaks: ['Alice', 'Bob'] }),
  holds({ name: 'the same, two responders', responders: [{}, {}], leaks: ['Alice', 'Bob'] }, true),
  holds({ name: 'the same, and one takes anybody', initiators: [{}, { pin: null }], leaks: ['Alice', 'Bob'] }, true),
  holds(
    {
      name: 'Alice’s key leaks at any time, both in both roles',
      initiators: crossing,
      responders: [{}, { self: 'Alice' }],
      leaks: ['Alice'],
    },
    true,
  ),
  holds({ name: 'an old connection was recorded', old: 'recorded', responders: [{}, {}] }),
  holds({ name: 'all X25519 keys of an old connection leaked', old: 'leaked' }),
  holds(
    {
      name: 'two suites, and a responder that has one',
      initiators: [{ suites: [1, 2] }],
      responders: [{ suites: [1, 2] }, { suites: [2] }],
      preambles: bothSuites,
    },
    true,
  ),
  holds({
    name: 'two suites, each preferred once',
    initiators: [{ suites: [1, 2] }, { suites: [2, 1] }],
    responders: [{ suites: [1, 2] }],
    preambles: [...bothSuites, [9, 1], [9, 2]],
  }),
  holds({
    name: 'two suites, the AEAD of the second broken',
    initiators: [{ suites: [1, 2] }],
    responders: [{ suites: [1, 2] }],
    preambles: bothSuites,
    brokenSuites: [2],
    hidden: ['Alice'],
  }),
  holds({ name: 'application protocols', ...protocols, responders: [{ protocols: ['y', 'x'] }, { protocols: ['y'] }] }),
  holds({ name: 'e of Alice’s and s of Bob’s side of a connection known', scalars: ['I1.e', 'R1.s'] }),
  holds({ name: 's of Alice’s and e of Bob’s side known', scalars: ['I1.s', 'R1.e'] }),
  holds({ name: 'both s of a connection known', scalars: ['I1.s', 'R1.s'] }),
  holds({ name: 'an attacker with two keys of its own', own: ['m', 'n'], initiators: [{}, toMallory] }),
]

/** As specified, but so much that it takes a minute. */
export const deep: readonly Check[] = [
  holds(
    { name: 'three initiators, two responders', initiators: [{}, { pin: null }, toMallory], responders: [{}, {}] },
    true,
  ),
]

/** As specified. What stalk/2 does not promise: the attack must be found. */
export const limits: readonly Check[] = [
  breaks({ name: 'whoever connects sees the server’s identity', hidden: ['Bob'] }, hiding),
  breaks(
    { name: 'without a pin whoever answers sees the client’s', initiators: [{ pin: null }], hidden: ['Alice'] },
    hidingFromAll,
  ),
  breaks({ name: 'both e of a connection known', scalars: ['I1.e', 'R1.e'] }, secrecy),
  breaks({ name: 'e and s of one side known', scalars: ['I1.e', 'I1.s'] }, secrecy),
]

function without(name: string, change: Partial<Variant>, setting: Omit<Setting, 'name' | 'variant'>): Setting {
  return { name, variant: { ...asSpecified, ...change }, ...setting }
}

const anywhere = { initiators: [...crossing, toMallory], responders: [{}] }

/** With something taken out. The attack must be found. */
export const weakened: readonly Check[] = [
  breaks(without('neither handshake nor s is signed', unsigned('hash', 'static'), {}), secrecy, agreement),
  breaks(
    without('the handshake is not signed, keys of an old connection leaked', unsigned('hash'), {
      old: 'leaked',
      responders: [],
    }),
    secrecy,
    agreement,
  ),
  breaks(
    without('handshake, s and server are not signed', unsigned('hash', 'static', 'server'), {
      initiators: [toMallory],
    }),
    secrecy,
    agreement,
  ),
  breaks(
    without('nor is the role, of a client that never listens', unsigned('hash', 'static', 'server', 'role'), {
      initiators: [toMallory, { self: 'Bob', pin: 'Alice' }],
      responders: [],
    }),
    secrecy,
    agreement,
  ),
  breaks(without('an identity needs no signature', { needsProof: false }, {}), secrecy, agreement),
  breaks(without('the payload of C is not encrypted', { sealsC: false }, {}), identityBinding, agreement),
  breaks(
    without('shared secrets of zeros are taken', { refusesZero: false }, { initiators: [toMallory] }),
    identityBinding,
  ),
  breaks(
    without(
      'preamble and retry are not in the prologue',
      { hasPrologue: false },
      { initiators: [{ suites: [1, 2] }], responders: [{ suites: [1, 2] }], preambles: bothSuites },
    ),
    bestSuite,
    agreement,
  ),
  breaks(
    without(
      'the same, and the AEAD of the second suite is broken',
      { hasPrologue: false },
      {
        initiators: [{ suites: [1, 2] }],
        responders: [{ suites: [1, 2] }],
        preambles: bothSuites,
        brokenSuites: [2],
        hidden: ['Alice'],
      },
    ),
    hiding,
  ),
  breaks(without('the offer of protocols is beside C', { sealsOffer: false }, protocols), agreement),
  breaks(without('the initiator does not wait for ACCEPT', { waitsForVerdict: false }, {}), agreement),
  breaks(
    without('e and s are not fresh, and leak with the identity', { hasFreshKeys: false }, { leaks: ['Bob'] }),
    secrecy,
  ),
  breaks(
    without('e and s are not fresh, two responders', { hasFreshKeys: false }, { responders: [{}, {}] }),
    injectivity,
  ),
  breaks(
    without(
      'e and s are not fresh, a recorded connection',
      { hasFreshKeys: false },
      { initiators: [], old: 'recorded' },
    ),
    agreement,
  ),
  breaks(without('the initiator makes C before it checks B', { checksBeforeC: false }, { hidden: ['Alice'] }), hiding),
  breaks(
    without('the identity is in A, an eavesdropper', { hidesIdentity: false }, { hidden: ['Alice'], isPassive: true }),
    hiding,
  ),
]

/** With one thing taken out that something else makes up for: everything must hold. */
export const redundant: readonly Check[] = [
  holds(without('the role is not signed', unsigned('role'), anywhere)),
  holds(
    without('the suite is not signed', unsigned('suite'), {
      initiators: [{ suites: [1, 2] }],
      responders: [{ suites: [1, 2] }],
      preambles: bothSuites,
      brokenSuites: [2],
    }),
  ),
  holds(without('the handshake is not signed, no keys leak', unsigned('hash'), anywhere)),
  holds(without('s is not signed', unsigned('static'), { old: 'leaked' })),
  holds(without('the server is not signed', unsigned('server'), anywhere)),
  holds(without('the payload is not signed', unsigned('payload'), anywhere)),
].map((one) => ({ ...one, completes: one.completes.filter((name) => name === 'I1' || name === 'R1') }))
