/**
 * Runs projects that have the package installed, one after the other, on a Temporal server and one simulator of that
 * package: `node drive.mjs ADDRESS MODULE…`. Prints what came of each as JSON, by module.
 */
import { pathToFileURL } from 'node:url';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { startSimulator } from 'temporal-ims-export/testing';

const [address, ...modules] = process.argv.slice(2);
Runtime.install({
  logger: new DefaultLogger('WARN'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
});
const simulator = await startSimulator({ jobSeconds: 0.3 });
try {
  const outcomes = {};
  for (const module of modules) {
    const { archiveOneImage } = await import(pathToFileURL(module).href);
    outcomes[module] = await archiveOneImage(address, simulator);
  }
  console.log(JSON.stringify(outcomes));
} finally {
  await simulator.close();
}
