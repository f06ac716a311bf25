import type { Spack } from '@stalk/spack'
import type { StalkError } from '../errors.js'
import type { Sender } from './capture.js'
import type { CapturedStream } from './stream.js'

/** What a part of a connection says: a name, and bytes, a number, text or a message. */
export type InspectedDetail = readonly [name: string, value: Uint8Array | number | string | Spack]

/** A part of a captured connection: a message of the handshake, or a record. */
export interface InspectedPart {
  readonly from: Sender
  /** Where it begins in what this side sent, in bytes. */
  readonly offset: number
  /** How many bytes it has on the line. */
  readonly length: number
  readonly name: string
  readonly details: readonly InspectedDetail[]
}

/** What kept a side from being read further. */
export interface InspectedFault {
  readonly from: Sender
  /** Where in what this side sent. */
  readonly offset: number
  readonly error: StalkError
}

export interface Inspection {
  /** Whether the key log had anything about this connection. */
  readonly hasSecrets: boolean
  /** In the order in which they were complete. */
  readonly parts: readonly InspectedPart[]
  /** Damage, and ends in the middle of something; empty: all was read. */
  readonly faults: readonly InspectedFault[]
}

/** What has been found so far. */
export class InspectionBuilder {
  readonly #parts: { readonly place: number; readonly part: InspectedPart }[] = []
  readonly faults: InspectedFault[] = []

  /** Adds the part that begins at `offset` and ends where the stream has been read to. */
  part(stream: CapturedStream, offset: number, name: string, details: readonly InspectedDetail[]): void {
    const part = { from: stream.from, offset, length: stream.offset - offset, name, details }
    this.#parts.push({ place: stream.placeOf(stream.offset), part })
  }

  fault(stream: CapturedStream, offset: number, error: StalkError): void {
    this.faults.push({ from: stream.from, offset, error })
  }

  finish(hasSecrets: boolean): Inspection {
    const parts = this.#parts.toSorted((a, b) => a.place - b.place).map(({ part }) => part)
    return { hasSecrets, parts, faults: this.faults }
  }
}
