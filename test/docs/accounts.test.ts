import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountsFromEnvironment } from '../../src/huaweicloud';

const directory = mkdtempSync(join(tmpdir(), 'accounts-docs-'));
const secret = join(directory, 'archive-sk');
beforeAll(() => writeFileSync(secret, 'a secret key'));
afterAll(() => rmSync(directory, { recursive: true }));

it('the accounts file in docs/accounts.md is valid', () => {
  const docs = readFileSync(join(__dirname, '../../docs/accounts.md'), 'utf8');
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(docs) ?? [];
  const file = join(directory, 'accounts.json');
  writeFileSync(file, json.replace('/run/secrets/archive-sk', secret));
  const env = {
    IMS_EXPORT_CONFIG: file,
    HUAWEICLOUD_SDK_AK: 'ak',
    HUAWEICLOUD_SDK_SK: 'sk',
    ARCHIVE_AK: 'archive-ak',
  };
  const accounts = accountsFromEnvironment(env);
  expect(accounts.map(({ name, region }) => `${name} ${region}`)).toEqual([
    'default cn-north-4',
    'archive eu-west-101',
    'partner cn-north-4',
  ]);
  expect(accounts[1]).toMatchObject({
    api: { exportPath: 'v2.1', jobQuery: 'progress' },
    endpoints: { ims: 'https://ims.eu-west-101.myhuaweicloud.eu', obs: 'https://obs.eu-west-101.myhuaweicloud.eu' },
  });
});
