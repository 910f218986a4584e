import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TemporalAddressError, temporalOfEnvironment } from '../../src/temporal/place';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-profile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function profileFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('where Temporal is', () => {
  it('is the place of the dev server where nothing else says so', () => {
    const TEMPORAL_CONFIG_FILE = profileFile('empty.toml', '[profile.default]\n');
    expect(temporalOfEnvironment({ TEMPORAL_CONFIG_FILE })).toMatchObject({
      address: 'localhost:7233',
      namespace: 'default',
    });
  });

  it('is said by the profile, and by variables before the profile', () => {
    const TEMPORAL_CONFIG_FILE = profileFile(
      'two.toml',
      '[profile.default]\naddress = "one:7233"\nnamespace = "n1"\n[profile.other]\naddress = "two:7233"\n',
    );
    const { address, namespace } = temporalOfEnvironment({ TEMPORAL_CONFIG_FILE });
    expect({ address, namespace }).toEqual({ address: 'one:7233', namespace: 'n1' });
    expect(temporalOfEnvironment({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'other' }).address).toBe('two:7233');
    expect(temporalOfEnvironment({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS: 'three:7233' }).address).toBe('three:7233');
  });

  it.each([
    ...['localhost:99999', 'a b:7233', '::1', 'http://temporal.example:7233', 'dns:///temporal.example:7233'],
    ...['user@temporal.example:7233', 'unix:/run/temporal'],
  ])('is not %s, with or without a proxy', (TEMPORAL_ADDRESS) => {
    const TEMPORAL_CONFIG_FILE = profileFile('empty.toml', '[profile.default]\n');
    for (const env of [{}, { https_proxy: 'http://proxy.example:3128' }]) {
      expect(() => temporalOfEnvironment({ ...env, TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS })).toThrow(
        expect.objectContaining({
          name: 'TemporalAddressError',
          message: expect.stringMatching(/^The address of Temporal is ".+"; expected host:port alone, such as /),
        }),
      );
    }
  });

  it.each(['localhost', '127.0.0.1:1', '[::1]', '[fd00::1]:7233', 'Temporal_1.Example:7233'])(
    'may be %s',
    (TEMPORAL_ADDRESS) => {
      const TEMPORAL_CONFIG_FILE = profileFile('empty.toml', '[profile.default]\n');
      expect(temporalOfEnvironment({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS }).address).toContain(TEMPORAL_ADDRESS);
    },
  );

  it('cannot be said by a file that is none', () => {
    const TEMPORAL_CONFIG_FILE = profileFile('broken.toml', '[profile.default\n');
    expect(() => temporalOfEnvironment({ TEMPORAL_CONFIG_FILE })).toThrow(
      expect.objectContaining({
        name: 'TemporalConfigurationError',
        message: expect.stringContaining('cannot be read from the environment or its profile'),
      }),
    );
  });

  /** What reads it shows the message, and with --verbose the stacks of the error and its cause. */
  const shownOf = (env: NodeJS.ProcessEnv): string => {
    try {
      temporalOfEnvironment(env);
    } catch (error) {
      const { message, stack, cause } = error as Error;
      return inspect([message, stack, cause], { showHidden: true });
    }
    throw new Error('it was read');
  };

  it.each([
    ['on', 'api_key = "SECRET-KEY\n', 'line 2, column 22'],
    ['before', 'api_key = "SECRET-KEY"\naddress = one:7233\n', 'line 3, column 11'],
    ['after', 'address = one:7233\napi_key = "SECRET-KEY"\n', 'line 2, column 11'],
  ])('shows where a file is broken, and no key on a line %s the broken one', (where, lines, place) => {
    const TEMPORAL_CONFIG_FILE = profileFile(`key-${where}.toml`, `[profile.default]\n${lines}`);
    const shown = shownOf({ TEMPORAL_CONFIG_FILE });
    expect(shown).not.toContain('SECRET');
    expect(shown).toMatch(new RegExp(`Invalid TOML document: [^\n]+ \\(${place} of ${TEMPORAL_CONFIG_FILE}\\)`));
  });

  it.each([
    [{ TEMPORAL_API_KEY: 'SECRET-KEY\n' }, 'The API key (TEMPORAL_API_KEY, or api_key of the profile)'],
    [
      { TEMPORAL_GRPC_META_TOKEN: 'SECRET-\u2603' },
      'The header token (TEMPORAL_GRPC_META_*, or grpc_meta of the profile)',
    ],
  ])('shows no secret that no header can carry: %j', (env, name) => {
    const shown = shownOf({ TEMPORAL_CONFIG_FILE: profileFile('empty.toml', '[profile.default]\n'), ...env });
    expect(shown).not.toContain('SECRET');
    expect(shown).toContain(`${name} has a character that no header can carry`);
  });

  it.each([
    ['client certificate', 'client_cert_path', 'TEMPORAL_TLS_CLIENT_CERT_PATH'],
    ["client certificate's key", 'client_key_path', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
    ["certificate of the server's authority", 'server_ca_cert_path', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'],
  ])('cannot be said where the file of the %s is not there: its setting is named', (what, field, variable) => {
    const TEMPORAL_CONFIG_FILE = profileFile(`${field}.toml`, `[profile.prod.tls]\n${field} = "/nowhere/a.pem"\n`);
    const inProfile = { TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'prod' };
    const message = (setting: string) =>
      `The ${what} for Temporal cannot be read: ${setting} is "/nowhere/a.pem" (ENOENT: no such file or directory). Set it to an existing file that this user may read.`;
    expect(() => temporalOfEnvironment(inProfile)).toThrow(
      expect.objectContaining({
        name: 'TemporalConfigurationError',
        message: message(`tls.${field} of the profile prod in ${TEMPORAL_CONFIG_FILE}`),
      }),
    );
    const byVariable = { TEMPORAL_CONFIG_FILE: '/nowhere.toml', [variable]: '/nowhere/a.pem' };
    expect(() => temporalOfEnvironment(byVariable)).toThrow(message(variable));
    expect(temporalOfEnvironment({ ...inProfile, TEMPORAL_TLS: 'false' }).connectionOptions.tls).toBe(false);
    const pem = '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n';
    const shown = shownOf({ TEMPORAL_CONFIG_FILE: '/nowhere.toml', [variable]: pem });
    expect(shown).toContain(`${variable} has the content of a file; it must be the path of one.`);
    expect(shown).not.toContain('SECRET');
  });

  it.each([
    ['http://localhost:7233', 'localhost:7233', 'Set it by --address'],
    ['https://user:secret@temporal.example.com/ui', 'temporal.example.com:7233', 'For TLS, set TEMPORAL_TLS=true.'],
    ['temporal.example.com:7233/', 'temporal.example.com:7233', 'Set it by --address'],
  ])('is no URL: %s is answered with the right form', (TEMPORAL_ADDRESS, right, next) => {
    const said = () => temporalOfEnvironment({ TEMPORAL_ADDRESS, TEMPORAL_CONFIG_FILE: '/nowhere.toml' });
    expect(said).toThrow(TemporalAddressError);
    expect(said).toThrow(`expected host:port alone, such as ${right}: `);
    expect(said).toThrow(next);
    expect(said).not.toThrow('secret');
  });
});
