/** What a server is started with. Given on its command line, so that a new version of ours reaches old data too. */
export interface ServerSettings {
  readonly port: number
  /** Whether committed data survives a crash of the machine. Only tests do without. */
  readonly durable: boolean
}

/** The settings as arguments of `postgres`. */
export function toServerArguments({ port, durable }: ServerSettings): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // A socket's path may be 107 bytes at most, and data directories lie deeper.
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '128MB',
    // Compiling a plan costs more than our short statements take.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_line_prefix: '',
    log_startup_progress_interval: '2s',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
