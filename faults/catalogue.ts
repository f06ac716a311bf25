import { clockFault } from './cases/clock.js'
import { controlFaults } from './cases/controls.js'
import { diskFault } from './cases/disk.js'
import { endingFaults } from './cases/ending-faults.js'
import type { Fault } from './cases/fault.js'
import { lastingFaults } from './cases/lasting-faults.js'

/** All faults, in the order in which they are tried. */
export const catalogue: readonly Fault[] = [...lastingFaults, diskFault, clockFault, ...endingFaults, ...controlFaults]
