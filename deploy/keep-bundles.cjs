/** Makes the workflow bundles of a worker, without and with traces, so that none is made when a container starts. */
const { startTracing } = require('./lib/worker/tracing');
const { exportWorkflowBundle } = require('./lib/worker/workflow-bundle');

async function main() {
  await exportWorkflowBundle();
  const { plugin, bundledPackage, close } = await startTracing();
  await exportWorkflowBundle({ plugins: [plugin], besides: [bundledPackage] });
  await close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
