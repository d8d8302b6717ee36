/** How the program ends. */
export const exitCodes = {
  /** Everything was done. */
  done: 0,
  /** It could not be done. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** It was done, but some records were rejected. */
  rejected: 3,
} as const

/** Shown at the end of the help. */
export const exitCodesHelp = `
Exit codes: 0 done; 1 it could not be done; 2 the command line or the configuration is wrong; 3 some records were rejected.`
