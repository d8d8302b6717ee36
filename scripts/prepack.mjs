// Runs before a package is packed or published: compiles it, and refuses a package manager that would leave the manifest
// as it is in the workspace, with the sources as its entry points and versions that exist only here.
if (!(process.env.npm_config_user_agent ?? '').startsWith('pnpm/')) {
  process.stderr.write('Pack and publish with pnpm, which puts publishConfig and the versions in place.\n')
  process.exit(1)
}
await import('./build-packages.mjs')
