/**
 * `npm run temporal`: the Temporal dev server with its Web UI on the ports where all Temporal tools expect it, until
 * Ctrl-C. The Temporal CLI is found, or installed into the cache, as for demo and tests.
 *
 * @module
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { DevServerNotStarted, findTemporalCli, startDevServer } from '../src/dev-server';

const PORT = 7233;
const WEB_UI_PORT = 8233;

async function main(): Promise<void> {
  // It takes no arguments: any is an error.
  parseArgs();
  const { path: cli } = await findTemporalCli({ onProgress: (step) => console.log(step) });
  const server = await startDevServer({ cli, port: PORT, uiPort: WEB_UI_PORT });
  console.log(
    `ready: Temporal at ${server.address}, Web UI at ${server.webUi}; workflows are gone at its end, by Ctrl-C`,
  );
  // Neither the server nor a listener of signals keeps this process.
  const untilEnded = setInterval(() => {}, 2 ** 30);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(untilEnded);
  await server.stop();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof DevServerNotStarted && error.code === 'PORT_IN_USE') {
    console.error(`Something listens on port ${PORT} or ${WEB_UI_PORT}: if it is a Temporal server, it will do.`);
  }
  process.exitCode = 1;
});
