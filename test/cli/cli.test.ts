/** What all commands have in common: wrong arguments, `--json`, `--verbose`, and no Temporal. */
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { casesOf, itInLongForm } from '../rigs/long-form';
import { RunningProcess } from '../rigs/processes';
import { expectRefusal, SOON_MS } from '../rigs/run-command';

/** What *within seconds* means: the connection's own limit is 5 s, a machine may be busy. */
const SECONDS_MS = 25_000;

/** A cloud that is configured, and is nowhere, as Temporal is. */
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  const { PATH, HOME } = process.env;
  env = {
    PATH,
    HOME,
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    IMS_EXPORT_REGION: 'cn-north-4',
    HUAWEICLOUD_SDK_AK: 'access-key',
    HUAWEICLOUD_SDK_SK: 'secret-key',
  };
});

const launch = (...args: string[]) => new RunningProcess(`ims-export ${args[0]}`, args, env);
const IMAGE = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';

describe.concurrent('ims-export', () => {
  const WRONG: Array<[what: string, says: RegExp, args: string[]]> = [
    ['an unknown command', /unknown command 'frobnicate'/, ['frobnicate']],
    ['an unknown option', /unknown option '--nonsense'/, ['list', '--nonsense']],
    ['a missing option', /required option '--image <id>'/, ['start', '--to', 'bucket:key']],
    ['a misspelled option before a missing one', /unknown option '--img'\n.*--image/, ['start', '--img', 'x']],
    ['an address with a scheme', /expected host:port alone/, ['list', '--address', 'http://localhost:7233']],
  ];
  it.each(casesOf(WRONG, 2))('refuses with 2, and says what is right, %s', async (_what, says, args) => {
    const { stderr } = await expectRefusal(launch(...args), 2, '');
    expect(stderr).toMatch(says);
  });

  itInLongForm('prints one JSON document on stdout for a usage error with --json', async () => {
    const { exitCode, stdout } = await launch('start', '--json').endsWithin(SOON_MS);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'InvalidArguments', message: expect.stringContaining('--image') },
    });
  });

  it.each([
    ['list', ['list']],
    ['worker', ['worker']],
    ['start', ['start', '--image', IMAGE, '--to', 'ims-image:a', '--quick', '--wait']],
  ])('gives up within seconds, with 5, where no Temporal server answers: %s', async (_command, args) => {
    const { stderr, tookMs } = await expectRefusal(launch(...args), 5, 'TemporalUnreachable');
    expect(stderr).toContain(env.TEMPORAL_ADDRESS);
    expect(tookMs).toBeLessThan(SECONDS_MS);
  });

  it.each([
    ['no Temporal server answers', 5, 'TemporalUnreachable', ['watch', 'ims-export:nowhere:a', '--json']],
    ['an argument is wrong', 2, 'InvalidArguments', ['watch', '--json']],
  ])('prints one document on a line for watch --json where %s', async (_what, expected, code, args) => {
    const { exitCode, stdout } = await launch(...args).endsWithin(SOON_MS);
    expect(exitCode).toBe(expected);
    const documents = stdout.trimEnd().split('\n');
    expect(documents.map((line) => JSON.parse(line))).toMatchObject([{ type: 'error', error: { code } }]);
  });

  itInLongForm('prints a stack only with --verbose', async () => {
    const { stderr } = await launch('status', 'ims-export:nowhere:a', '--verbose').endsWithin(SOON_MS);
    expect(stderr).toMatch(/\n {4,}at /);
  });
});
