// Two hosts with a cable between them: network namespaces, which the command makes and removes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { killPrograms, Program } from './program.js'

export type Host = 'near' | 'far'

/** Addresses on the cable. */
export const addresses: Readonly<Record<Host, string>> = { near: '10.203.0.1', far: '10.203.0.2' }

/** What the cable does to packets. */
export interface CableFaults {
  readonly loss?: number
  readonly duplicate?: number
  readonly reorder?: number
  readonly corrupt?: number
  readonly delayMs?: number
  readonly cut?: boolean
}

/** What the cable has done. */
export interface CableCounts {
  readonly packets: number
  readonly bytes: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  readonly corrupted: number
  readonly resets: number
  readonly damaged: number
}

const python: string = process.env['PYTHON'] ?? 'python3'
/** Compiled, as this file is; the cable is beside its source. */
const programs = path.resolve(import.meta.dirname, '../programs')
const cable = path.resolve(import.meta.dirname, '../../programs/cable.py')
const namePrefix = 'stalk-faults-'
const namespaces = '/run/netns'
const made = new Set<Hosts>()

/** Null if hosts can be made on this machine, or why they cannot. */
export function whyNoHosts(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (spawnSync('ip', ['-V']).status !== 0) return 'there is no ip: on Debian and Ubuntu, apt install iproute2'
  if (spawnSync(python, ['--version']).status !== 0) return `there is no ${python}, which the cable runs in`
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun'
  const name = `${namePrefix}${process.pid}-try`
  const { status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (status !== 0) return `network namespaces cannot be made: ${stderr.trim()}`
  run('ip', 'netns', 'del', name)
  return null
}

/** Removes what commands left behind that were killed. */
export function removeLeftovers(): void {
  for (const folder of [namespaces, tmpdir()]) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const pid = new RegExp(`^${namePrefix}(\\d+)-`, 'u').exec(name)?.[1]
      if (pid === undefined || existsSync(`/proc/${pid}`)) continue
      if (folder === namespaces) run('ip', 'netns', 'del', name)
      else rmSync(path.join(folder, name), { recursive: true, force: true })
    }
  }
}

/** However the command ends, nothing is left of its hosts. */
export function removeAllHosts(): void {
  killPrograms()
  for (const hosts of made) hosts.remove()
}

export class Hosts {
  /** For identities and whatever else the programs share. */
  readonly directory: string = mkdtempSync(path.join(tmpdir(), `${namePrefix}${process.pid}-`))
  readonly #mtu: number
  readonly #cable: Program
  readonly #programs: Program[] = []

  private constructor(mtu: number) {
    this.#mtu = mtu
    made.add(this)
    for (const host of ['near', 'far'] as const) run('ip', 'netns', 'add', this.#namespace(host))
    const seed = '1'
    this.#cable = new Program('cable', [python, cable, this.#namespace('near'), this.#namespace('far'), seed])
  }

  /** @param mtu of the cable, 68 at least */
  static async make(mtu = 1500): Promise<Hosts> {
    const hosts = new Hosts(mtu)
    await hosts.#cable.next('ready')
    for (const host of ['near', 'far'] as const) hosts.#configure(host)
    return hosts
  }

  /** Starts a program of `programs/` on a host. */
  start(host: Host, program: string, config: object, { env = {}, prepare = '' }: StartOptions = {}): Program {
    const node = [process.execPath, path.join(programs, `${program}.js`), JSON.stringify(config)]
    const command = prepare === '' ? node : ['sh', '-c', `${prepare} && exec "$@"`, 'sh', ...node]
    const started = new Program(program, ['ip', 'netns', 'exec', this.#namespace(host), ...command], env)
    this.#programs.push(started)
    return started
  }

  /** What happens to packets from now on. */
  async setCable(faults: CableFaults): Promise<void> {
    await this.#tellCable({ faults })
  }

  /** What the cable has done so far. */
  counts(): Promise<CableCounts> {
    return this.#tellCable({})
  }

  /** Puts a TCP reset in the place of the next segment from each of these ports. */
  async reset(ports: readonly number[]): Promise<void> {
    await this.#tellCable({ reset: ports })
  }

  /** Changes the next segment from each of these ports so that its checksum stays right. */
  async damage(ports: readonly number[]): Promise<void> {
    await this.#tellCable({ damage: ports })
  }

  /** Takes the interface of a host down, or puts it up again. */
  setInterface(host: Host, state: 'up' | 'down'): void {
    run('ip', '-n', this.#namespace(host), 'link', 'set', 'cable', state)
  }

  /** A counter of the host’s TCP, such as RetransSegs or InCsumErrors. */
  tcpCounter(host: Host, name: string): number {
    const text = run('ip', 'netns', 'exec', this.#namespace(host), 'cat', '/proc/net/snmp')
    const [names = [], values = []] = text
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '))
    return Number(values[names.indexOf(name)] ?? 0)
  }

  /** Ends all programs, and removes the hosts. */
  async end(): Promise<void> {
    await Promise.all([...this.#programs, this.#cable].map((program) => program.kill()))
    this.remove()
  }

  /** Removes the hosts, whose programs have been killed. */
  remove(): void {
    if (!made.delete(this)) return
    for (const host of ['near', 'far'] as const) spawnSync('ip', ['netns', 'del', this.#namespace(host)])
    rmSync(this.directory, { recursive: true, force: true })
  }

  #configure(host: Host): void {
    const inside = ['ip', '-n', this.#namespace(host)] as const
    run(...inside, 'link', 'set', 'lo', 'up')
    run(...inside, 'link', 'set', 'cable', 'mtu', String(this.#mtu), 'txqueuelen', '5000')
    run(...inside, 'address', 'add', `${addresses[host]}/30`, 'dev', 'cable')
    run(...inside, 'link', 'set', 'cable', 'up')
  }

  async #tellCable(command: object): Promise<CableCounts> {
    return (await this.#cable.ask(JSON.stringify(command), 'done')) as unknown as CableCounts
  }

  #namespace(host: Host): string {
    return `${path.basename(this.directory)}-${host}`
  }
}

interface StartOptions {
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Shell commands that run before it on its host, where what they mount is seen by this program alone. */
  readonly prepare?: string
}

function run(file: string, ...parameters: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, parameters, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ${parameters.join(' ')}: ${error?.message ?? stderr.trim()}`)
  return stdout
}
