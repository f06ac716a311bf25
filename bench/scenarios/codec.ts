// Codecs alone, each in a process of its own: the time to encode and to decode a value.
import { codecCatalogue } from '../codecs/catalogue.js'
import { subjects } from '../codecs/subjects.js'
import { CodecGroup } from '../harness/codec-group.js'
import type { Contestant, Scenario } from '../harness/scenario.js'

export const steps = ['encode', 'decode'] as const

const contestants = codecCatalogue.map(({ name, own, selfDescribing }): Contestant => {
  return { name, tags: new Set([...(own ? ['own'] : []), ...(selfDescribing ? ['self-describing'] : [])]) }
})

const codec: Scenario = {
  name: 'codec',
  title: 'codec',
  cases: subjects.flatMap(({ name }) => steps.map((step) => ({ label: `${name}, ${step}` }))),
  metrics: [{ name: 'rate', unit: 'ns', better: 'less', of: ({ count, seconds }) => (seconds * 1e9) / count }],
  references: [
    { label: 'best', includes: ({ tags }) => !tags.has('own') },
    { label: 'best self-describing', includes: ({ tags }) => !tags.has('own') && tags.has('self-describing') },
  ],
  contestants,
  seconds: 0.04,
  keepsProcesses: true,
  start: (contestant, caseIndex, directory) => CodecGroup.start(contestant, codec.name, caseIndex, directory),
}

export const scenarios = [codec]
