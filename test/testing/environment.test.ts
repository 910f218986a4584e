import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentOf, startSimulator, writeEnvFile } from '../../src/testing';

it('the env file of the simulator gives a shell the documented variables, and only its owner can read it', async () => {
  const simulator = await startSimulator();
  const directory = mkdtempSync(join(tmpdir(), 'env-file-'));
  const path = join(directory, 'simulator.env');
  writeEnvFile(path, simulator.info);
  const inChild = execFileSync('sh', ['-c', `. '${path}' && env`], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  const variables = Object.fromEntries(inChild.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  expect(variables).toMatchObject(environmentOf(simulator.info));
  expect(variables).toMatchObject({ SIMULATOR_IMAGE_linux: simulator.info.images.linux });
  expect(Object.keys(environmentOf(simulator.info)).sort()).toEqual([
    'HUAWEICLOUD_SDK_AK',
    'HUAWEICLOUD_SDK_IAM_ENDPOINT',
    'HUAWEICLOUD_SDK_PROJECT_ID',
    'HUAWEICLOUD_SDK_SK',
    'IMS_EXPORT_BUCKET',
    'IMS_EXPORT_IAM_DOMAIN',
    'IMS_EXPORT_IAM_PASSWORD',
    'IMS_EXPORT_IAM_USER',
    'IMS_EXPORT_IMS_ENDPOINT',
    'IMS_EXPORT_METADATA_ENDPOINT',
    'IMS_EXPORT_OBS_ENDPOINT',
    'IMS_EXPORT_OBS_PATH_STYLE',
    'IMS_EXPORT_REGION',
  ]);
  expect(statSync(path).mode & 0o077).toBe(0);
  await simulator.close();
  rmSync(directory, { recursive: true });
});

it('the env file of the simulator replaces an earlier or empty one, and no other file', async () => {
  const simulator = await startSimulator();
  const directory = mkdtempSync(join(tmpdir(), 'env-file-'));
  const path = join(directory, 'simulator.env');
  writeFileSync(path, '');
  writeEnvFile(path, { ...simulator.info, region: 'earlier' });
  writeEnvFile(path, simulator.info);
  expect(readFileSync(path, 'utf8')).not.toContain('earlier');

  const written = readFileSync(path, 'utf8');
  const foreign = [
    'export HUAWEICLOUD_SDK_AK=REAL\nexport IMS_EXPORT_IMS_ENDPOINT=https://ims.example.com\n',
    `${written}export MY_TOKEN=mine\n`,
    `# mine\n${written}`,
    `${written}npm run worker\n`,
    written.replace('export HUAWEICLOUD_SDK_AK=', 'HUAWEICLOUD_SDK_AK='),
  ];
  symlinkSync(path, join(directory, 'link'));
  for (const text of foreign) {
    writeFileSync(path, text);
    for (const refused of [path, join(directory, 'link')]) {
      expect(() => writeEnvFile(refused, simulator.info)).toThrow(`${refused} has content that no simulator wrote`);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  expect(() => writeEnvFile(join(directory, 'nowhere/simulator.env'), simulator.info)).toThrow('cannot be written to');
  await simulator.close();
  rmSync(directory, { recursive: true });
});

it('the first output line of the simulator is its info, with every image by its documented name', async () => {
  const simulator = await startSimulator();
  expect(Object.keys(simulator.info)).toEqual([
    'imsEndpoint',
    'obsEndpoint',
    'iamEndpoint',
    'metadataEndpoint',
    'region',
    'projectId',
    'accessKey',
    'secretKey',
    'iamUser',
    'iamPassword',
    'iamDomain',
    'bucket',
    'images',
  ]);
  const named =
    'linux large huge tooLarge windowsPublic windowsFromPublic suseFromPublic windowsFromFile fullEcs iso encrypted ' +
    'fromBackup fromMarketplaceEcs public shared queued';
  expect(Object.keys(simulator.info.images)).toEqual(expect.arrayContaining(named.split(' ')));
  await simulator.close();
});
