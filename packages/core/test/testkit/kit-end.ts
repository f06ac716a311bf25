// What the runner needs of the peer that it tests: here our session.
import { decode, encode, type Spack } from '@stalk/spack'
import { x25519KeyPairFrom } from '#src/crypto/x25519.js'
import { StalkError, type PeerStatement } from '#src/errors.js'
import { expectPins, type PeerCheck } from '#src/identity/pins.js'
import { defaultLimits } from '#src/limits.js'
import { Stalk2Session } from '#src/session/stalk2-session.js'
import { suiteOf } from '#src/stalk2/suites.js'
import type { KitChannel, KitExpectation, KitStep, KitTranscript } from './files.js'
import { kitIdentities } from './kit-identities.js'

/** What a transcript led to. */
export interface Outcome {
  readonly established: boolean
  readonly messages: string[]
  readonly end: PeerStatement | null
  readonly channels: readonly KitChannel[]
  readonly error: string | null
  readonly stage: KitExpectation['stage']
}

/** One end of a transcript: takes its steps, gives what it says after each. */
export class KitEnd {
  readonly session: Stalk2Session
  readonly outcome: { -readonly [Key in keyof Outcome]: Outcome[Key] } = {
    established: false,
    messages: [],
    end: null,
    channels: [],
    error: null,
    stage: null,
  }
  readonly #channels = new Map<number, { -readonly [Key in keyof KitChannel]: KitChannel[Key] }>()
  readonly #sign: (message: Uint8Array) => Uint8Array
  readonly #isInitiator: boolean
  #decide: ((step: KitStep) => void) | null = null

  constructor(you: KitTranscript['you'], sign: (message: Uint8Array) => Uint8Array, keyLog?: (line: string) => void) {
    this.#sign = sign
    this.#isInitiator = you.role === 'initiator'
    const keys = [...you.x25519]
    const common = {
      suites: you.suites.map((id) => suiteOf(id)!),
      applicationProtocols: you.applicationProtocols,
      limits: {
        ...defaultLimits,
        maxMessageBytes: you.maxMessageBytes,
        maxChannels: you.channels?.maxChannels ?? 0,
        channelCreditBytes: you.channels?.creditBytes ?? 0,
      },
      keepalive: null,
      keyLog,
      generateKeyPair: () => x25519KeyPairFrom(fromHex(keys.shift()!)),
    }
    const identity = you.identity === null ? null : kitIdentities.get(you.identity)!
    this.session =
      you.role === 'initiator'
        ? Stalk2Session.initiator({ ...common, identity, checkServer: expected(you.pin) })
        : Stalk2Session.responder({ ...common, identity: identity!, allowAnonymous: you.allowAnonymous })
  }

  /** Does a step. An error of the protocol is part of the outcome, any other is thrown. */
  take(step: KitStep): void {
    try {
      if ('receive' in step) this.session.receive(fromHex(step.receive), 0)
      else if ('lineEnds' in step) this.session.receiveEnd()
      else if ('do' in step) this.#act(step)
    } catch (error) {
      if (!(error instanceof StalkError)) throw error
      this.outcome.error = error.code
      this.outcome.stage = this.#stage(error.code)
    }
    this.#listen()
  }

  /** What it has to say now. */
  said(): string {
    return Buffer.concat(this.session.takeOutput()).toString('hex')
  }

  /** Where the error was found. */
  #stage(error: string): Outcome['stage'] {
    switch (this.session.phase) {
      case 'awaitPreamble':
        return 'preamble'
      case 'awaitUnknownA':
      case 'awaitA':
        return 'A'
      case 'awaitReply':
        return 'reply'
      case 'awaitB':
        return 'B'
      case 'awaitC':
        return 'C'
      // the signature is there at once: what comes of it is part of the answer
      case 'signing':
        return this.#isInitiator ? 'B' : 'A'
      case 'authorizing':
      case 'awaitVerdict':
        return 'verdict'
      case 'established':
        return endings.has(error) ? 'end' : 'record'
    }
  }

  #act(step: Extract<KitStep, { readonly do: string }>): void {
    if (step.do === 'message') this.session.send(decode(fromHex(step.compact), { form: 'compact' }))
    else if (step.do === 'end') this.session.end()
    else if (step.do === 'open') {
      const channel = this.session.channels!.open(step.name, step.priority)
      this.#channels.set(channel, { channel, opened: null, messages: [], end: null })
    } else if (step.do === 'messageOn') {
      this.session.channels!.send(step.channel, decode(fromHex(step.compact), { form: 'compact' }))
    } else if (step.do === 'endChannel') this.session.channels!.end(step.channel)
    else if (step.do === 'reset') this.session.channels!.reset(step.channel, step)
    else this.#decide!(step)
  }

  #listen(): void {
    for (const event of this.session.takeEvents()) {
      if (event.type === 'sign' && this.outcome.error === null) {
        event.answer(this.#sign(event.message))
        this.#listen()
      }
      if (event.type === 'authorize') {
        this.#decide = (step) => {
          if ('do' in step && step.do === 'reject') event.reject(new StalkError('NOT_AUTHORIZED', 'no'), step)
          else event.accept(0)
        }
      }
      if (event.type === 'established') this.outcome.established = true
      if (event.type === 'messages') {
        const { left, costLeft } = event.run
        for (const { run } = event; run.next();) {
          this.#read(() => this.outcome.messages.push(toHex(this.session.coding.decode(run.view()))))
        }
        this.session.channels?.consume(left, costLeft)
      }
      if (event.type === 'channel') {
        const { id: channel, name, priority } = event
        this.#channels.set(channel, { channel, opened: { name, priority }, messages: [], end: null })
      }
      if (event.type === 'channelMessage') this.#readOn(event.id)
      if (event.type === 'channelEnd') this.#channels.get(event.id)!.end = event.isTruncated ? 'truncated' : 'end'
      if (event.type === 'channelReset') {
        const { code, reason } = event.error.peer!
        this.#channels.get(event.id)!.end = { code, reason }
      }
      if (event.type === 'end') this.outcome.end = event.statement
    }
    this.outcome.channels = [...this.#channels.values()].sort((one, another) => one.channel - another.channel)
  }

  #readOn(id: number): void {
    const channel = this.#channels.get(id)!
    const bytes = this.session.channels!.take(id)
    if (bytes === null) return
    this.#read(() => (channel.messages = [...channel.messages, toHex(this.session.coding.decode(bytes))]))
  }

  /** What is no message ends the session when it is read. */
  #read(read: () => unknown): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof StalkError)) throw error
      this.outcome.error ??= error.code
      this.outcome.stage ??= this.#stage(error.code)
    }
  }
}

/** Errors of how a connection ends. */
const endings: ReadonlySet<string> = new Set([
  'MESSAGE_TRUNCATED',
  'RECORD_AFTER_CLOSE',
  'CLOSED_BY_PEER',
  'CONNECTION_TRUNCATED',
])

function expected(pin: string | null): PeerCheck | null {
  return pin === null ? null : expectPins([kitIdentities.get(pin)!], 'stalk/2')
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function toHex(message: Spack): string {
  return Buffer.from(encode(message, { form: 'compact' })).toString('hex')
}
