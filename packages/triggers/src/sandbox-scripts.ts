import { readFileSync } from 'node:fs'

// Text, not modules: they run in another JavaScript engine.
const read = (name: string): string => readFileSync(new URL(`./sandbox/${name}.js`, import.meta.url), 'utf8')

/**
 * The program that makes a new engine into a sandbox: an expression whose value takes `hostCall` and returns what
 * begins a run, and what describes an error.
 */
export function sandboxProgram(): string {
  return `(hostCall => {
    const sandbox = ${expression('start')}(hostCall);
    const bytes = ${expression('buffer')}(sandbox);
    ${expression('globals')}(sandbox, bytes);
    ${expression('remote')}(sandbox, bytes);
    ${expression('detection')}(sandbox);
    ${expression('absent-classes')}(sandbox);
    return { begin: sandbox.begin, describe: sandbox.describe }
  })`
}

/** The file's function in parentheses, without the comments before it and the semicolon that guards it. */
function expression(name: string): string {
  const text = read(name)
  return text.slice(text.indexOf(';(') + 1, text.lastIndexOf(')') + 1)
}
