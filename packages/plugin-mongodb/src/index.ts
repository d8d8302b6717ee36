export { mongodbStreams } from './mongodb-streams.ts'
