// stalk-rpc/1: what travels on the channel of a call (SPEC, stalk-rpc/1).
import { SpackError, type MessageDecoder, type MessageEncoder } from '@stalk/core'
import {
  any,
  integer,
  map,
  nothing,
  optional,
  schema,
  string,
  struct,
  union,
  type Kind,
  type Schema,
} from '@stalk/spack/schema'
import type { Method } from './contract.js'

/** With which codes either side gives a call up. */
export const resetCodes = {
  /** Nobody wants it any more. */
  cancelled: 0,
  /** Nobody looked at it. */
  refused: 1,
  /** A side that cannot say more has failed. */
  internal: 2,
  /** There is no such method. */
  methodUnknown: 0x4000,
  /** Its time is over. */
  deadlineExceeded: 0x4001,
} as const

/** The name of the channel of a call. @param method `service.method` */
export function channelName(method: string): string {
  return `${prefix}${method}`
}

/** The method that a channel is a call of; null: it is no call. */
export function methodOf(name: string): string | null {
  return name.startsWith(prefix) ? name.slice(prefix.length) : null
}

const prefix = 'rpc '

/** What a caller says first. */
export interface Head {
  /** How many milliseconds are left; a number of them, so that clocks need not agree. */
  readonly deadlineMs?: number | undefined
  readonly metadata?: Record<string, string> | undefined
}

/** The first message of a call, whose metadata have so many bytes and entries at most. */
export function headSchema(maxBytes: number, maxEntries: number): Schema<Head> {
  const limits = { maxPacketBytes: maxBytes + HEAD_BYTES, maxElements: 2 * maxEntries + HEAD_ELEMENTS }
  return schema({ deadlineMs: optional(integer), metadata: optional(map(string)) }, { limits })
}

/** A head without metadata, with room for fields that are added one day. */
const HEAD_BYTES = 64
const HEAD_ELEMENTS = 8

/** Why a call fails, as it travels. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** Undefined for none. */
  readonly details: unknown
}

/** What an answering side says, once or many times. */
export type Answer =
  { readonly type: 'item'; readonly value: unknown } | { readonly type: 'error'; readonly value: Failure }

/** A message that is encoded already. */
export const encoded: MessageEncoder<Uint8Array> = { encode: (message) => message }

/** How the values of one method travel, as encoded messages. What cannot be written is an error that names the method and the place. */
export class MethodWire {
  readonly #name: string
  readonly #answer: AnswerSchema
  /** For errors whose details have a kind. */
  readonly #errors: ReadonlyMap<string, AnswerSchema>
  /** What the caller says. */
  readonly requests: Schema<{ request: unknown }>
  /** Reads what the answering side says. */
  readonly answers: MessageDecoder<Answer>

  /** @param name `service.method` */
  constructor(name: string, { request, response, errors }: Method) {
    this.#name = name
    this.requests = schema({ request })
    this.answers = { decode: (message) => this.#readAnswer(message) }
    this.#answer = answerSchema(response, any)
    const kinds = Object.entries(errors).flatMap(([code, kind]) => (kind === undefined ? [] : [[code, kind] as const]))
    this.#errors = new Map(kinds.map(([code, kind]) => [code, answerSchema(response, kind)]))
  }

  /** Throws TypeError, RangeError for what is none of the kind; SpackError for what exceeds the limits. */
  writeRequest(request: unknown): Uint8Array {
    return this.#write(this.requests, { request })
  }

  /** Throws as {@link writeRequest}. */
  writeItem(value: unknown): Uint8Array {
    return this.#write(this.#answer, { answer: { type: 'item', value } })
  }

  /** Throws as {@link writeRequest}: the details may be none of their kind. */
  writeFailure(failure: Failure): Uint8Array {
    const ofCode = this.#errors.get(failure.code)
    if (ofCode === undefined) return writePlainFailure(failure.code, failure.message)
    return this.#write(ofCode, { answer: { type: 'error', value: failure } })
  }

  #readAnswer(message: Uint8Array): Answer {
    const { answer } = this.#answer.decode(message)
    if (answer.type === 'item') return answer
    // read again, now that the kind of its details is known; details of no kind are of no use
    const ofCode = this.#errors.get(answer.value.code)
    return ofCode?.decode(message).answer ?? { type: 'error', value: { ...answer.value, details: undefined } }
  }

  #write<T>(schema: Schema<T>, value: T): Uint8Array {
    try {
      return schema.encode(value)
    } catch (error) {
      if (error instanceof SpackError) throw new SpackError(error.code, `${this.#name}: ${error.message}`, error.path)
      if (error instanceof TypeError) throw new TypeError(`${this.#name}: ${error.message}`, { cause: error })
      if (error instanceof RangeError) throw new RangeError(`${this.#name}: ${error.message}`, { cause: error })
      throw error
    }
  }
}

type AnswerSchema = Schema<{ answer: Answer }>

function answerSchema(response: Kind<unknown>, details: Kind<unknown>): AnswerSchema {
  const error = struct({ code: string, message: string, details })
  return schema({ answer: union({ item: response, error }) })
}

/** For a failure without details, of whichever method. */
const plainAnswer = answerSchema(nothing, nothing)

/** The answer that a call fails, of a code without details. */
export function writePlainFailure(code: string, message: string): Uint8Array {
  return plainAnswer.encode({ answer: { type: 'error', value: { code, message, details: null } } })
}
