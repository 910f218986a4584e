import { execFile } from 'node:child_process';

/** Runs a program to its end and answers what it printed. @throws Error with all that it said, when it fails */
export function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, failed) => {
    execFile(program, args, { cwd, env: environment(), maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      failed(new Error(`${program} ${args.join(' ')} in ${cwd} failed.\n${stdout}\n${stderr}`, { cause: error }));
    });
  });
}

/** That of whoever runs this, without what npm and vitest say of this repository. */
function environment(): NodeJS.ProcessEnv {
  const ofRepository = /^(npm_(package|lifecycle|execpath|command)|npm_config_local_prefix$|INIT_CWD$|VITEST|NODE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofRepository.test(name)));
}
