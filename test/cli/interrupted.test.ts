import { afterEach, describe, expect, it, vi } from 'vitest';
import { program } from '../../src/cli';
import { endAtInterrupt } from '../../src/cli/interrupted';
import { retune } from '../../src/cli/retune';
import { searchAttributes } from '../../src/cli/search-attributes';
import { temporal as temporalCli } from '../../src/cli/temporal';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { printedBy } from '../rigs/command-here';
import { namespaceOfThisFile } from '../rigs/namespace';

const temporal = namespaceOfThisFile();

/** What Ctrl-C says at this moment. */
async function interrupt(listen = endAtInterrupt): Promise<string> {
  const before = process.listeners('SIGINT');
  listen();
  const [ctrlC] = process.listeners('SIGINT').filter((listener) => !before.includes(listener));
  if (ctrlC === undefined) throw new Error('nothing listens to Ctrl-C');
  process.off('SIGINT', ctrlC);
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  vi.spyOn(process, 'listenerCount').mockReturnValue(1);
  const { stderr } = await printedBy(() => ctrlC('SIGINT'));
  expect(exit.mock.calls).toEqual([[130]]);
  vi.restoreAllMocks();
  return stderr;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('Ctrl-C', () => {
  it('does not claim that nothing was changed, of a command that says nothing of it', async () => {
    // As a process has it that begins: commands of other tests have said something.
    const module = '../../src/cli/interrupted?begun';
    const begun = (await import(module)) as { endAtInterrupt: () => void };
    expect(await interrupt(begun.endAtInterrupt)).toBe('Interrupted.\n');
  });

  it('says that nothing was changed, of a command that only reads', async () => {
    await printedBy(() => program.parseAsync(['options'], { from: 'user' }));
    expect(await interrupt()).toBe('Interrupted. Nothing was changed.\n');
  });

  it('says that a retune that was sent may still take effect', async () => {
    const workflowId = exportWorkflowId('ims-image:interrupted.vhd');
    await temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, { workflowId, taskQueue: 'nobody', args: [{}] });
    const sent = new Promise<void>((done) => {
      const executeUpdate = () => {
        done();
        return new Promise(() => {});
      };
      vi.spyOn(temporal.client.workflow, 'getHandle').mockReturnValue({ executeUpdate } as never);
    });
    void retune(temporal.client, workflowId, { deadline: '+6h' });
    await sent;
    expect(await interrupt()).toBe(
      `Interrupted. The request may still take effect: \`ims-export status ${workflowId}\` shows it.\n`,
    );
  });

  it('says that search attributes may be registered', async () => {
    await printedBy(() => searchAttributes(temporal.client, { register: true }));
    expect(await interrupt()).toBe(
      'Interrupted. Some of them may be registered: `ims-export search-attributes` shows them.\n',
    );
  });

  it("says what the installation of Temporal's CLI may leave", async () => {
    vi.stubEnv('TEMPORAL_CLI_PATH', '/nonexistent/temporal');
    await expect(temporalCli(['--version'])).rejects.toThrow();
    expect(await interrupt()).toBe(
      'Interrupted. A download that was not finished may stay in the cache until a later one removes it.\n',
    );
  });
});
