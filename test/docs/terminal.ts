import { type ChildProcess, spawn } from 'node:child_process';

/** A shell that keeps its folder and its variables from command to command, as the terminal of a reader does. */
export class Terminal {
  readonly #shell: ChildProcess;
  #said = '';
  #answered: (() => void) | undefined;
  #count = 0;

  constructor(
    cwd: string,
    env: NodeJS.ProcessEnv,
    private readonly heard: (text: string) => void = () => {},
  ) {
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#said += chunk;
        this.heard(chunk.replace(/\n?ended-\d+ \d+\n/, ''));
        this.#answered?.();
      });
    }
    this.#shell.once('exit', () => this.#answered?.());
    process.once('exit', () => this.close());
  }

  /**
   * @throws Error when it has not ended in time; the terminal is of no use then
   */
  async run(text: string, limitMs: number): Promise<{ exitCode: number; said: string }> {
    this.#said = '';
    this.#count += 1;
    const end = new RegExp(`\\n?ended-${this.#count} (\\d+)\\n`);
    // In braces, so that nothing reads what is typed next; not in a shell of its own, so that \`cd\` counts.
    this.#shell.stdin?.write(`{ ${text}\n} </dev/null; printf '\\nended-${this.#count} %d\\n' $?\n`);
    await this.#until(() => end.test(this.#said) || this.#shell.exitCode !== null, limitMs, text);
    const exitCode = Number(end.exec(this.#said)?.[1] ?? this.#shell.exitCode ?? -1);
    return { exitCode, said: this.#said.replace(end, '') };
  }

  async folder(): Promise<string> {
    return (await this.run('pwd', 10_000)).said.trim();
  }

  close(): void {
    try {
      if (this.#shell.pid !== undefined && this.#shell.exitCode === null) process.kill(-this.#shell.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }

  async #until(holds: () => boolean, limitMs: number, text: string): Promise<void> {
    await new Promise<void>((settle, reject) => {
      const timer = setTimeout(() => {
        this.close();
        reject(new Error(`\`${text}\` had not ended after ${limitMs / 1000} s. It said:\n${this.#said.slice(-4_000)}`));
      }, limitMs);
      this.#answered = () => {
        if (!holds()) return;
        clearTimeout(timer);
        settle();
      };
      this.#answered();
    });
    this.#answered = undefined;
  }
}
