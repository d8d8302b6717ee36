import { GatewayError } from '@tripline/core'

/** One environment variable that cannot be taken as it is. */
export interface ConfigProblem {
  readonly variable: string
  /** What is wrong with it, and what would be right. */
  readonly message: string
}

/** The environment does not configure the program. Names every problem at once. */
export class ConfigError extends GatewayError {
  readonly code = 'INVALID_CONFIGURATION'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`)
    super(`The configuration cannot be used:\n${lines.join('\n')}`)
    this.problems = problems
  }
}
