// How far a transfer is, on one line of a terminal that is drawn again and again.
import { describeBytes, drawThrough } from './output.js'

/** How far one direction is. */
interface Progress {
  readonly bytes: number
  /** Null: not known. */
  readonly size: number | null
}

/** How many bytes there were at some time. */
interface Sample {
  readonly atMs: number
  readonly bytes: number
}

type Direction = 'sent' | 'received'

const INTERVAL_MS = 200

/** The rate is that of the last three seconds. */
const MAX_SAMPLES = 15

/** Draws on a terminal until `end()`. */
export class ProgressLine {
  readonly #terminal: NodeJS.WriteStream
  readonly #directions = new Map<Direction, { progress: Progress; samples: Sample[] }>()
  readonly #start: Sample = { atMs: performance.now(), bytes: 0 }
  readonly #timer: NodeJS.Timeout

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal
    this.#timer = setInterval(() => {
      this.#sample()
      this.#draw()
    }, INTERVAL_MS).unref()
    drawThrough((draw) => {
      terminal.write(ERASE)
      draw()
      this.#draw()
    })
  }

  update(direction: Direction, bytes: number, size: number | null): void {
    const samples = this.#directions.get(direction)?.samples ?? [this.#start]
    this.#directions.set(direction, { progress: { bytes, size }, samples })
  }

  /** Leaves a line with the last state and the rate of the whole. */
  end(): void {
    clearInterval(this.#timer)
    drawThrough(null)
    for (const direction of this.#directions.values()) direction.samples = [this.#start]
    this.#draw()
    if (this.#directions.size > 0) this.#terminal.write('\n')
  }

  #sample(): void {
    for (const { progress, samples } of this.#directions.values()) {
      samples.push({ atMs: performance.now(), bytes: progress.bytes })
      if (samples.length > MAX_SAMPLES) samples.shift()
    }
  }

  #draw(): void {
    const parts = [...this.#directions].map(
      ([
        direction,
        {
          progress,
          samples: [oldest = this.#start],
        },
      ]) => {
        const seconds = (performance.now() - oldest.atMs) / 1000
        return `${direction} ${describeProgress(progress, (progress.bytes - oldest.bytes) / seconds)}`
      },
    )
    this.#terminal.write(`${ERASE}${parts.join(', ').slice(0, Math.max(0, this.#terminal.columns - 1))}`)
  }
}

/** To the left edge, and nothing from there on. */
const ERASE = '\r\u001b[K'

/** `12.0 MiB of 48.0 MiB 25% 4.0 MiB/s 0:09 left`. Without a size, or without any rate, what follows from it is left out. */
export function describeProgress({ bytes, size }: Progress, bytesPerSecond: number): string {
  const rate = `${describeBytes(bytesPerSecond)}/s`
  // a size is what the sender believed at the beginning
  if (size === null || bytes > size) return `${describeBytes(bytes)} ${rate}`
  const percentage = size === 0 ? 100 : Math.floor((bytes / size) * 100)
  const share = `${describeBytes(bytes)} of ${describeBytes(size)} ${percentage}% ${rate}`
  return bytes === size || bytesPerSecond <= 0
    ? share
    : `${share} ${describeTime((size - bytes) / bytesPerSecond)} left`
}

/** `0:05`, `12:00`, `3:00:00`. */
function describeTime(seconds: number): string {
  const whole = Math.ceil(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}
