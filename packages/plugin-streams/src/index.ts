export { httpStreams } from './http/http-streams.ts'
export { rawStreams } from './raw/raw-streams.ts'
export { syslogStreams } from './syslog/syslog-streams.ts'
