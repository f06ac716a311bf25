import { active } from './active.js'
import { churn } from './churn.js'
import { flood } from './flood.js'
import { idle } from './idle.js'
import type { Scenario } from './scenario.js'

/** In the order in which they run. */
export const catalogue: readonly Scenario[] = [idle, active, flood, churn]
