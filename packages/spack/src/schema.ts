import { checkPacketBytes } from './classic.js'
import { compilePacket, type CompiledPacket } from './compile-packet.js'
import { dataStartOf, typesStartOf } from './compact.js'
import { anyBytes, checkRange, decode, plainBytes } from './decode.js'
import { expectEnd, readElement } from './decode-elements.js'
import { encode } from './encode.js'
import type { Kind } from './kind.js'
import { resolveLimits, type SpackLimits } from './limits.js'
import { PacketBuffer } from './packet-buffer.js'
import { PacketPool } from './packet-pool.js'
import { placed } from './path.js'
import { Reader } from './reader.js'
import { resolveSha256, type Sha256 } from './sha256.js'
import type { Spack } from './spack.js'
import { StructLayout, type Fields, type StructValue } from './struct-kind.js'

export { any, enumeration, list, map, nothing, nullable, union } from './container-kinds.js'
export type { UnionValue, Variants } from './container-kinds.js'
export type { Kind, KindForm, KindValue } from './kind.js'
export { kindOf } from './kind-of.js'
export {
  bigint,
  boolean,
  byte,
  bytes,
  date,
  float32,
  float32Array,
  float64,
  float64Array,
  integer,
  integerArray,
  string,
} from './scalar-kinds.js'
export { optional, struct } from './struct-kind.js'
export type { Fields, OptionalField, StructValue } from './struct-kind.js'

/** Options of {@link schema}. */
export interface SchemaOptions {
  /** Over the defaults: see {@link SpackLimits}. */
  readonly limits?: Partial<SpackLimits>
  /** For fingerprints on platforms without a synchronous SHA-256 of their own (browsers). */
  readonly sha256?: Sha256
}

/** The type of the values of a schema or of a kind: `type Reading = Infer<typeof Reading>`. */
export type Infer<S> = S extends Schema<infer T> ? T : S extends Kind<infer T> ? T : never

// Nothing can come between the beginning and the end of reading, so all of it uses the same two readers. Writing may meet a
// getter that writes as well: it finds no buffer and makes another.
const types = new Reader('types')
const data = new Reader('data')
let idleBuffer: PacketBuffer | null = new PacketBuffer()
// what is decoded at once can stand in the same place every time
const scratch = new PacketPool()

/**
 * What a packet is made of: its fields, each one element, in order. A packet with a schema is a packet like others, so that
 * whoever has no schema reads its elements; in the compact form.
 *
 * ```ts
 * const Reading = schema({ seq: integer, at: float64, name: string, tags: optional(list(string)) })
 * type Reading = Infer<typeof Reading>
 * const bytes = Reading.encode({ seq: 1, at: 0.5, name: 'a' })
 * ```
 *
 * @throws TypeError for what is no kind and for names that fields cannot have.
 * @see SPEC, spack §schemas
 */
export function schema<const F extends Fields>(fields: F, options: SchemaOptions = {}): Schema<StructValue<F>> {
  return new Schema(fields, options)
}

/** The fields of packets: see {@link schema}. */
export class Schema<T> {
  readonly #layout: StructLayout
  readonly #limits: SpackLimits
  readonly #sha256: Sha256 | undefined
  readonly #headBytes: number
  /** What the types and their size took last, and take the next time as a rule. */
  #lastHeadBytes: number
  /** Null: there is only the thorough way. */
  readonly #compiled: CompiledPacket | null
  #fingerprint: string | null = null

  constructor(fields: Fields, options: SchemaOptions = {}) {
    this.#layout = new StructLayout(fields)
    this.#limits = Object.freeze({ ...resolveLimits(options.limits) })
    this.#sha256 = options.sha256
    // the size of the types, and for each a code or two and a length, if it is a short one
    this.#headBytes = 4 + 4 * this.#layout.fields.length
    this.#lastHeadBytes = this.#headBytes
    this.#compiled = compilePacket(this.#layout.fields, this.#limits)
  }

  /**
   * A value as a compact packet: bytes that nobody writes to any more. Small ones are views of a buffer that they share.
   * @throws TypeError, RangeError for a value that the schema does not fit, with the path: `place.lat: expected a number, …`.
   * @throws SpackError for what exceeds the limits, with the same path: see `encode`.
   */
  encode(value: T): Uint8Array {
    const buffer = idleBuffer ?? new PacketBuffer()
    idleBuffer = null
    const layout = this.#layout
    try {
      const end = this.#compiled?.write(value, buffer.shared, buffer.used) ?? -1
      if (end >= 0) return buffer.take(end)
      const count = layout.count(value)
      buffer.begin(this.#headBytes, this.#limits)
      buffer.data.countElements(count)
      layout.compiled.write(buffer.types, buffer.data, value as Record<string, unknown>, count)
      return buffer.finish()
    } catch (error) {
      throw placed(error)
    } finally {
      idleBuffer = buffer
    }
  }

  /**
   * The same into `target`, whose bytes from `offset` on are ours: where the packet ends; or the packet, if that has no room for it. Of
   * what is after the end, and of all of it if this throws, nobody knows what it is.
   * @throws RangeError for an offset that is none in `target`; what {@link encode} throws
   */
  encodeInto(value: T, target: Uint8Array, offset: number): number | Uint8Array {
    if (!Number.isInteger(offset) || offset < 0 || offset > target.length) {
      throw new RangeError(`there is no offset ${offset} in ${target.length} bytes`)
    }
    const end = this.#compiled?.write(value, target, offset) ?? -1
    if (end >= 0) return end
    const buffer = idleBuffer ?? new PacketBuffer()
    idleBuffer = null
    const layout = this.#layout
    try {
      const count = layout.count(value)
      buffer.beginAt(target, offset, this.#lastHeadBytes, this.#limits)
      buffer.data.countElements(count)
      layout.compiled.write(buffer.types, buffer.data, value as Record<string, unknown>, count)
      this.#lastHeadBytes = 1 + buffer.types.offset
      return buffer.finishAt(target)
    } catch (error) {
      throw placed(error)
    } finally {
      idleBuffer = buffer
    }
  }

  /**
   * The value of a compact packet. It shares no memory with the bytes. Elements after those of the schema are read and left out.
   * @throws SpackError for what is no packet (see `decode`), and SPACK_SCHEMA_MISMATCH, SPACK_FIELD_MISSING,
   * SPACK_INTEGER_UNSAFE, SPACK_VALUE_UNKNOWN for a packet that the schema does not fit; with the path of the value.
   */
  decode(bytes: Uint8Array): T {
    const input = plainBytes(bytes)
    return this.#read(input, 0, input.length, true)
  }

  /**
   * The same of the packet from `start` to `end` in `bytes`.
   *
   * @param copy false: byte arrays of the value are views of `bytes`, which then must not change
   * @throws RangeError for a part that there is not; what {@link decode} throws
   */
  decodeFrom(bytes: Uint8Array, start: number, end: number, copy = true): T {
    const input = copy ? plainBytes(bytes) : anyBytes(bytes)
    checkRange(input, start, end)
    return this.#read(input, start, end, copy)
  }

  /** A value as a packet of elements, such as `connection.send` takes. Throws as {@link encode}. */
  toSpack(value: T): Spack {
    return decode(this.encode(value), { form: 'compact', limits: this.#limits })
  }

  /** The value of a packet of elements, such as `connection.receive` gives. Throws as {@link decode}. */
  fromSpack(spack: Spack): T {
    scratch.reuse()
    return this.decode(encode(spack, { form: 'compact', limits: this.#limits, pool: scratch }))
  }

  /** The schema in its canonical form, a line of JSON (SPEC, spack §schemas). */
  get form(): string {
    return JSON.stringify(this.#layout.form)
  }

  /**
   * SHA-256 of the canonical form, in hexadecimal: equal for equal schemas, in every process and language.
   * @throws TypeError on a platform without a SHA-256 if none was given.
   */
  get fingerprint(): string {
    if (this.#fingerprint === null) {
      const hash = resolveSha256(this.#sha256)(new TextEncoder().encode(this.form))
      this.#fingerprint = Array.from(hash, (part) => part.toString(16).padStart(2, '0')).join('')
    }
    return this.#fingerprint
  }

  #read(input: Uint8Array, start: number, end: number, copies: boolean): T {
    const quick = this.#compiled?.read(input, start, end, copies)
    if (quick !== undefined) return quick as T
    const limits = this.#limits
    const layout = this.#layout
    checkPacketBytes(end - start, limits)
    const typesStart = typesStartOf(input, start, end)
    const dataStart = dataStartOf(input, start, typesStart, end)
    types.begin(input, typesStart, dataStart, limits, copies)
    data.begin(input, dataStart, end, limits, copies)
    try {
      data.countElements(layout.required)
      const value = layout.compiled.read(types, data, 0)
      while (types.left > 0) {
        data.countElements(1)
        readElement(types, data, true)
      }
      expectEnd(data)
      return value as T
    } catch (error) {
      throw placed(error)
    } finally {
      types.release()
      data.release()
    }
  }
}
