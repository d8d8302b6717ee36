import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, SyslogStreamMessage } from '@tripline/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkStreamTarget } from '../../src/streams/stream-targets.ts'
import { makeCertificate } from './certificates.ts'
import { describeOnDebian } from './debian-package.ts'
import { startStreamWorld, until } from './stream-world.ts'

const RSYSLOGD = '/usr/sbin/rsyslogd'
const TLS_DRIVER = '/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so'

/** A genuine rsyslog that writes what it receives to a file, as JSON lines. */
interface RunningRsyslog extends AsyncDisposable {
  readonly ports: { readonly tcp: number; readonly udp: number; readonly tls: number }
  readonly cert: string
  received(): Promise<readonly ReceivedMessage[]>
  stop(): Promise<void>
  start(): Promise<void>
}

interface ReceivedMessage {
  readonly pri: string
  readonly at: string
  readonly host: string
  readonly tag: string
  readonly msg: string
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startRsyslog(): Promise<RunningRsyslog> {
  const directory = await mkdtemp(join(tmpdir(), 'tripline-rsyslog-'))
  await chmod(directory, 0o755)
  const { key, cert } = await makeCertificate()
  const file = (name: string): string => join(directory, name)
  await writeFile(file('key.pem'), key)
  await writeFile(file('cert.pem'), cert)
  const ports = { tcp: await freePort(), udp: await freePort(), tls: await freePort() }
  await writeFile(
    file('rsyslog.conf'),
    `
global(workDirectory="${directory}" maxMessageSize="64k" net.enableDNS="off"
  defaultNetstreamDriverCAFile="${file('cert.pem')}" defaultNetstreamDriverCertFile="${file('cert.pem')}"
  defaultNetstreamDriverKeyFile="${file('key.pem')}")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
module(load="imptcp")
module(load="imudp")
template(name="json" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf")
  property(outname="at" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="tag" name="syslogtag" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}
ruleset(name="all") { action(type="omfile" file="${file('received')}" template="json" asyncWriting="off") }
input(type="imptcp" port="${ports.tcp}" address="127.0.0.1" ruleset="all")
input(type="imudp" port="${ports.udp}" address="127.0.0.1" ruleset="all")
input(type="imtcp" port="${ports.tls}" address="127.0.0.1" ruleset="all")
`,
  )
  let child: ReturnType<typeof spawn> | null = null
  const accepts = async (port: number): Promise<boolean> => {
    const socket = createConnection(port, '127.0.0.1')
    const ok = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    return ok
  }
  const rsyslog: RunningRsyslog = {
    ports,
    cert,
    async received() {
      const text = await readFile(file('received'), 'utf8').catch(() => '')
      return text
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as ReceivedMessage)
    },
    async start() {
      child = spawn(RSYSLOGD, ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')], { stdio: 'ignore' })
      await until(() => accepts(ports.tcp))
      await until(() => accepts(ports.tls))
    },
    async stop() {
      if (child === null || child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
    async [Symbol.asyncDispose]() {
      await rsyslog.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  await rsyslog.start()
  return rsyslog
}

const note = (message: string, severity = 5): SyslogStreamMessage => ({ kind: 'syslog', severity, message })

await describeOnDebian(
  {
    title: 'A genuine rsyslog',
    packages: ['rsyslog', 'rsyslog-gnutls', 'openssl'],
    programs: [RSYSLOGD, TLS_DRIVER],
  },
  () => {
    let rsyslog: RunningRsyslog
    beforeAll(async () => {
      rsyslog = await startRsyslog()
    })
    afterAll(async () => {
      await rsyslog[Symbol.asyncDispose]()
    })

    async function startTarget(settings: JsonObject) {
      const world = await startStreamWorld()
      const target = await world.target({ kind: 'syslog', settings: { host: '127.0.0.1', ...settings } })
      return { world, target, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
    }

    /** What arrived of the messages that name a test. */
    async function arrived(name: string, count: number): Promise<readonly ReceivedMessage[]> {
      let found: readonly ReceivedMessage[] = []
      await until(async () => {
        found = (await rsyslog.received()).filter(({ msg }) => msg.includes(name))
        return found.length >= count
      })
      return found
    }

    test.each(['rfc3164', 'rfc5424'])('understands %s over TCP, in lines', async (format) => {
      await using running = await startTarget({ port: rsyslog.ports.tcp, protocol: 'tcp', format })
      const { world, target } = running
      const name = `lines-${format}`
      await world.send(
        target,
        note(`${name} one`),
        note(`${name} two\nand its rest`, 3),
        note(`${name} ünïcode`, 0),
      )
      const [{ queued_at: queuedAt } = { queued_at: new Date(0) }] = await world.messages(target)
      await world.work()
      const found = await arrived(name, 3)
      expect(found.map(({ pri, msg }) => [pri, msg.trim()])).toEqual([
        ['13', `${name} one`],
        ['11', `${name} two and its rest`],
        ['8', `${name} ünïcode`],
      ])
      expect(found[0]).toMatchObject({ host: 'tripline' })
      expect(found[0]?.tag).toMatch(/^tripline/u)
      // The older form has no zone; here it is UTC's, whatever zone the receiver takes it for.
      const seconds = queuedAt.toISOString().slice(0, 19)
      expect(found[0]?.at.slice(0, 19)).toBe(seconds)
    })

    test('understands octet counting, with line breaks inside messages', async () => {
      await using running = await startTarget({
        port: rsyslog.ports.tcp,
        protocol: 'tcp',
        tcp_length_prefix_framing: true,
        format: 'rfc5424',
      })
      await running.world.send(running.target, note('octets one\ntwo'), note('octets three'))
      await running.world.work()
      const found = await arrived('octets', 2)
      // rsyslog writes control characters as #ooo.
      expect(found.map(({ msg }) => msg.trim())).toEqual(['octets one#012two', 'octets three'])
    })

    test('gets datagrams', async () => {
      await using running = await startTarget({ port: rsyslog.ports.udp, protocol: 'udp' })
      await running.world.send(running.target, note('datagram one'), note('datagram two'))
      await running.world.work()
      expect((await arrived('datagram', 2)).map(({ msg }) => msg.trim())).toEqual([
        'datagram one',
        'datagram two',
      ])
    })

    test('gets messages over TLS when its certificate is trusted, and none when it is not', async () => {
      const settings = { port: rsyslog.ports.tls, protocol: 'tls' }
      await using strict = await startTarget(settings)
      await strict.world.send(strict.target, note('untrusted'))
      await strict.world.work()
      await until(async () => (await strict.world.row(strict.target)).failures > 0)
      expect((await strict.world.row(strict.target)).last_fault?.reason).toContain('SELF_SIGNED')
      await using trusting = await startTarget({ ...settings, ca_certs: rsyslog.cert })
      await trusting.world.send(trusting.target, note('trusted'))
      await trusting.world.work()
      await arrived('trusted', 1)
      expect((await rsyslog.received()).some(({ msg }) => msg.includes('untrusted'))).toBe(false)
      expect(await checkStreamTarget(trusting.world.deps, trusting.target.targetId)).toMatchObject([
        { severity: 'ok' },
      ])
    })

    test('that was down gets what waited, once it is back', async () => {
      await using running = await startTarget({ port: rsyslog.ports.tcp, protocol: 'tcp' })
      const { world, target } = running
      await world.send(target, note('outage before'))
      await world.work()
      await arrived('outage', 1)
      await rsyslog.stop()
      await world.send(target, ...Array.from({ length: 50 }, (_, index) => note(`outage ${index}`)))
      await until(async () => (await world.row(target)).failures > 0)
      await rsyslog.start()
      await world.drained(target)
      const found = await arrived('outage', 51)
      expect(found.map(({ msg }) => msg.trim())).toEqual([
        'outage before',
        ...Array.from({ length: 50 }, (_, index) => `outage ${index}`),
      ])
    })
  },
)
