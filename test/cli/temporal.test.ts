import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningProcess } from '../rigs/processes';
import { SOON_MS } from '../rigs/run-command';

let folder: string;
let cli: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temporal-cli-'));
  cli = join(folder, 'temporal');
  const script = `#!/bin/sh
if [ "$*" = --version ]; then echo 'temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)'; exit; fi
echo "$# arguments: $*"
echo "address $TEMPORAL_ADDRESS, key of the cloud $HUAWEICLOUD_SDK_SK"
exit 7
`;
  await writeFile(cli, script);
  await chmod(cli, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('ims-export temporal', () => {
  it("runs Temporal's CLI with every argument as it is, without the keys of the cloud, and ends with its exit code", async () => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, TEMPORAL_CLI_PATH: cli, TEMPORAL_ADDRESS: 'here:7233', HUAWEICLOUD_SDK_SK: 'secret-key' };
    const args = [
      'temporal',
      'workflow',
      'start',
      '--help',
      '--input',
      '"a b"',
      '--verbose',
      '--address',
      'there:7233',
    ];
    const { exitCode, stdout, stderr } = await new RunningProcess('temporal', args, env).endsWithin(SOON_MS);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 7,
      stdout:
        '8 arguments: workflow start --help --input "a b" --verbose --address there:7233\naddress here:7233, key of the cloud \n',
      stderr: '',
    });
  });
});
