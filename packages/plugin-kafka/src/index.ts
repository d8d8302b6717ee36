export { kafkaStreams } from './kafka-streams.ts'
