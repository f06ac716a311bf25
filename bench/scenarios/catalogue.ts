import type { Scenario } from '../harness/scenario.js'

/** Where each scenario is; a process loads only its own. */
const modules: Readonly<Record<string, string>> = {
  'handshakes-1': 'handshakes',
  'handshakes-16': 'handshakes',
  small: 'one-way',
  '1k': 'one-way',
  '64k': 'one-way',
  '1m': 'one-way',
  'round-trip': 'round-trips',
  'round-trips-64': 'round-trips',
  idle: 'idle',
  codec: 'codec',
  'grow-connections': 'grow-connections',
  'grow-sizes': 'grow-sizes',
  'grow-processes': 'grow-processes',
}

export const scenarioNames: readonly string[] = Object.keys(modules)

export async function findScenario(name: string): Promise<Scenario> {
  const { scenarios } = (await import(`./${modules[name]}.js`)) as { readonly scenarios: readonly Scenario[] }
  return scenarios.find((scenario) => scenario.name === name)!
}
