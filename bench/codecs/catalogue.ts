import type { Codec } from './codec.js'

/** What is known of a codec without loading it. */
export interface CodecEntry {
  readonly name: string
  readonly module: string
  /** True: ours, and nothing that we are compared with. */
  readonly own?: true
  /** True: whoever decodes does not need to know the shape. */
  readonly selfDescribing: boolean
}

/** In the order of the tables. */
export const codecCatalogue: readonly CodecEntry[] = [
  { name: 'spack-schema', module: 'spack', own: true, selfDescribing: false },
  { name: 'spack', module: 'spack', own: true, selfDescribing: true },
  { name: 'spack-classic', module: 'spack', own: true, selfDescribing: true },
  { name: 'protobufjs', module: 'protobufjs', selfDescribing: false },
  { name: 'avsc', module: 'avsc', selfDescribing: false },
  { name: 'msgpackr', module: 'msgpackr', selfDescribing: true },
  { name: 'msgpackr-plain', module: 'msgpackr', selfDescribing: true },
  { name: 'cbor-x', module: 'cbor-x', selfDescribing: true },
  { name: '@msgpack/msgpack', module: 'msgpack', selfDescribing: true },
  { name: 'JSON', module: 'json', selfDescribing: true },
  { name: 'v8.serialize', module: 'v8', selfDescribing: true },
]

export async function loadCodec(name: string): Promise<Codec> {
  const entry = codecCatalogue.find((one) => one.name === name)!
  const { codecs } = (await import(`./${entry.module}.js`)) as { readonly codecs: readonly Codec[] }
  return codecs.find((codec) => codec.name === name)!
}
