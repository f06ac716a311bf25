import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What one side of mutual TLS needs. */
export interface Credentials {
  readonly key: Buffer
  readonly cert: Buffer
  /** The other side’s certificate, which is all that is trusted: pinned, so no chain has to be verified. */
  readonly ca: Buffer
}

/** Makes a key on P-256, the fastest curve for signing and verifying there is in OpenSSL, and a certificate for each side. */
export async function makeCertificates(directory: string): Promise<void> {
  const folder = join(directory, 'tls')
  if (existsSync(folder)) return
  mkdirSync(folder)
  for (const side of ['server', 'client']) {
    const out = ['-keyout', keyFile(directory, side), '-out', certificateFile(directory, side)]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const name = ['-subj', `/CN=${side}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...key, ...out, ...name])
  }
}

export function credentials(directory: string, side: 'server' | 'client'): Credentials {
  return {
    key: readFileSync(keyFile(directory, side)),
    cert: readFileSync(certificateFile(directory, side)),
    ca: readFileSync(certificateFile(directory, side === 'server' ? 'client' : 'server')),
  }
}

export function keyFile(directory: string, side: string): string {
  return join(directory, 'tls', `${side}-key.pem`)
}

export function certificateFile(directory: string, side: string): string {
  return join(directory, 'tls', `${side}.pem`)
}
