import { defineStreamPlugin, streamContractVersion } from '@tripline/core'
import { openMongodbTarget } from './mongodb-target.ts'
import { mongodbSettings } from './settings.ts'

/** Writes to collections of MongoDB. */
export const mongodbStreams = defineStreamPlugin({
  kind: 'mongodb',
  title: 'MongoDB',
  streamContractVersion,
  settings: mongodbSettings,
  open: openMongodbTarget,
})
