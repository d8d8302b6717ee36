import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'

/** What stands where a proxy that does TLS would stand. */
interface TlsListener extends AsyncDisposable {
  readonly port: number
  /** The file with the certificate that clients have to trust. */
  readonly certificateFile: string
}

/** Listens on loopback under a name with a certificate of its own, and passes on what comes to a server. */
export async function startTlsListener(name: string, target: string): Promise<TlsListener> {
  const folder = await mkdtemp(join(tmpdir(), 'tripline-tls-'))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=DNS:${name}`,
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
  ])
  const { hostname, port } = new URL(target)
  const certificate = { key: await readFile(keyFile), cert: await readFile(certificateFile) }
  const server = createServer(certificate, (client) => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    certificateFile,
    async [Symbol.asyncDispose]() {
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
